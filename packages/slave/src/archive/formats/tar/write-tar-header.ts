import type { ArchiveMember } from '../../ports.ts';
import { blockBytes } from './tar-header.ts';

const maxOctalSize = 0o77777777777;

/** What a header says of a member. */
export type TarMember = Pick<ArchiveMember, 'kind' | 'path' | 'modifiedAtMs' | 'mode'> & {
  readonly sizeBytes: number;
};

export const tarMember = (member: ArchiveMember): TarMember => ({
  kind: member.kind,
  path: member.path,
  modifiedAtMs: member.modifiedAtMs,
  mode: member.mode,
  sizeBytes: member.kind === 'folder' ? 0 : member.source.sizeBytes,
});

/** The header blocks of a member: ustar, with a pax header in front where ustar has no room for it. */
export function writeTarHeader(member: TarMember): Buffer {
  const isFolder = member.kind === 'folder';
  const path = isFolder ? `${member.path}/` : member.path;
  const { sizeBytes } = member;
  const seconds = Math.floor(member.modifiedAtMs / 1000);
  const fields = splitPath(path);
  const records: string[] = [];
  if (fields === null) records.push(paxRecord('path', path));
  if (sizeBytes > maxOctalSize) records.push(paxRecord('size', String(sizeBytes)));
  if (seconds < 0 || seconds > maxOctalSize) records.push(paxRecord('mtime', String(seconds)));

  const main = headerBlock({
    ...(fields ?? { name: shortName(path, isFolder), prefix: Buffer.alloc(0) }),
    mode: member.mode & 0o777,
    sizeBytes: Math.min(sizeBytes, maxOctalSize),
    seconds: Math.min(Math.max(seconds, 0), maxOctalSize),
    type: isFolder ? '5' : '0',
  });
  if (records.length === 0) return main;
  const body = Buffer.from(records.join(''));
  return Buffer.concat([paxHeader('x', body.length), body, padding(body.length), main]);
}

/**
 * A header for all that follows which says nothing, in its two halves: a tar that ends between them has been cut off,
 * where one that ends between two members may be whole.
 */
export function writeTarSeam(): { head: Buffer; rest: Buffer } {
  const body = Buffer.from(paxRecord('comment', ''));
  return { head: paxHeader('g', body.length), rest: Buffer.concat([body, padding(body.length)]) };
}

const paxHeader = (type: 'x' | 'g', bodyBytes: number): Buffer =>
  headerBlock({
    name: Buffer.from('PaxHeader'),
    prefix: Buffer.alloc(0),
    mode: 0o644,
    sizeBytes: bodyBytes,
    seconds: 0,
    type,
  });

/** How many zeros there are from `length` to the next block. */
export const paddingBytes = (length: number): number => (blockBytes - (length % blockBytes)) % blockBytes;

export const padding = (length: number): Buffer => Buffer.alloc(paddingBytes(length));

/** Two blocks of zeros end a tar. */
export const tarEnd = (): Buffer => Buffer.alloc(blockBytes * 2);

/** What programs see that know no pax. A slash at its end would make a folder of a file, as it did in V7. */
function shortName(path: string, isFolder: boolean): Buffer {
  const name = Buffer.from(path).subarray(0, 100);
  return !isFolder && name.at(-1) === 0x2f ? name.subarray(0, -1) : name;
}

/** A path as ustar has room for it, or null. Names beyond ASCII go to pax, which says that they are UTF-8. */
function splitPath(path: string): { name: Buffer; prefix: Buffer } | null {
  if (!/^[\x20-\x7e]*$/.test(path)) return null;
  const bytes = Buffer.from(path);
  if (bytes.length <= 100) return { name: bytes, prefix: Buffer.alloc(0) };
  if (bytes.length > 256) return null;
  const slash = bytes.indexOf(0x2f, bytes.length - 101);
  if (slash === -1 || slash > 155 || slash === 0 || slash === bytes.length - 1) return null;
  return { name: bytes.subarray(slash + 1), prefix: bytes.subarray(0, slash) };
}

/** The length in front counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + 1;
  while (String(length).length + rest !== length) length = String(length).length + rest;
  return `${length} ${key}=${value}\n`;
}

function headerBlock(fields: {
  name: Buffer;
  prefix: Buffer;
  mode: number;
  sizeBytes: number;
  seconds: number;
  type: string;
}): Buffer {
  const block = Buffer.alloc(blockBytes);
  const octal = (value: number, at: number, digits: number) =>
    block.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
  block.set(fields.name, 0);
  octal(fields.mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(fields.sizeBytes, 124, 11);
  octal(fields.seconds, 136, 11);
  block.fill(0x20, 148, 156);
  block.write(fields.type, 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  octal(0, 329, 7);
  octal(0, 337, 7);
  block.set(fields.prefix, 345);
  let sum = 0;
  // By index: an iterator over each of ten thousand headers takes longer than compressing them.
  for (let at = 0; at < blockBytes; at += 1) sum += block[at] as number;
  octal(sum, 148, 6);
  block[154] = 0;
  return block;
}
