import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { AppError } from '@longshore/protocol';
import type { ArchiveEntry } from '../../archive-entry.ts';

/** An entry as 7-Zip describes it, with what an extraction needs to know beyond a listing. */
export type SevenZipEntry = ArchiveEntry & {
  /** Bytes that 7-Zip writes for this entry when it extracts to standard output. */
  readonly outputBytes: number;
  /** It began in a volume before the first that was given. */
  readonly continuesEarlier: boolean;
};

/** Parses `7zz l -slt`: blocks of "Key = value" lines behind a line of dashes, an empty line between them. */
export async function* readSevenZipListing(output: Readable): AsyncGenerator<SevenZipEntry, void> {
  let block = new Map<string, string>();
  let inEntries = false;
  let index = 0;
  for await (const line of createInterface({ input: output, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (!inEntries) {
      inEntries = line.startsWith('----------');
      continue;
    }
    if (line === '') {
      if (block.has('Path')) {
        yield describe(block, index);
        index += 1;
      }
      block = new Map();
      continue;
    }
    const equals = line.indexOf(' =');
    if (equals === -1) continue;
    const key = line.slice(0, equals);
    if (block.has(key) && key === 'Path')
      throw new AppError('ARCHIVE_CORRUPT', 'an entry of the archive has two names');
    block.set(key, line.slice(equals + 3));
  }
  if (block.has('Path')) yield describe(block, index);
}

function describe(block: ReadonlyMap<string, string>, index: number): SevenZipEntry {
  const field = (key: string) => block.get(key) ?? '';
  const attributes = field('Attributes');
  const unix = /(?:^|\s)([-dlbcps])([-rwxsStT]{9})(?:\s|$)/.exec(attributes);
  const isFolder = field('Folder') === '+' || attributes.startsWith('D') || unix?.[1] === 'd';
  const size = /^\d+$/.test(field('Size')) ? Number(field('Size')) : null;
  const crc = /^[0-9A-F]{8}$/.test(field('CRC')) ? Number.parseInt(field('CRC'), 16) : null;
  const isEncrypted = field('Encrypted') === '+';
  // RAR 5 hides the checksum of encrypted content behind the password: it cannot be compared.
  const isHiddenCrc = isEncrypted && block.has('Host OS');
  const linkTarget = field('Symbolic Link') || field('Hard Link') || field('Copy Link') || null;
  return {
    index,
    name: field('Path'),
    type: typeOf(block, isFolder, unix?.[1] ?? '-'),
    sizeBytes: size,
    compressedBytes: /^\d+$/.test(field('Packed Size')) ? Number(field('Packed Size')) : null,
    modifiedAtMs: timeOf(field('Modified')),
    mode: unix?.[2] === undefined ? null : modeBits(unix[2]),
    encrypted: isEncrypted,
    crc32: isHiddenCrc ? null : crc,
    linkTarget,
    outputBytes: isFolder ? 0 : (size ?? 0),
    continuesEarlier: field('Split Before') === '+',
  };
}

function typeOf(
  block: ReadonlyMap<string, string>,
  isFolder: boolean,
  unixType: string,
): ArchiveEntry['type'] {
  const has = (key: string) => (block.get(key) ?? '') !== '';
  if (has('Symbolic Link') || unixType === 'l') return 'symlink';
  if (has('Hard Link')) return 'hardlink';
  if (block.get('Alternate Stream') === '+' || block.get('Anti') === '+') return 'special';
  if (isFolder) return 'folder';
  return 'bcps'.includes(unixType) ? 'special' : 'file';
}

const modeBits = (text: string): number =>
  [...text].reduce(
    (mode, letter) => mode * 2 + (letter === '-' || letter === 'S' || letter === 'T' ? 0 : 1),
    0,
  );

/** It prints local time; the child runs without TZ, so that is UTC. */
function timeOf(text: string): number | null {
  const time = Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`);
  return Number.isNaN(time) ? null : time;
}
