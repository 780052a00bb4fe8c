import { crc32 } from 'node:zlib';

type RarFile = {
  readonly name: string;
  readonly content?: string;
  /** A hard link or a copy of an earlier file, with the size that it declares. */
  readonly link?: { readonly kind: 'hard' | 'copy'; readonly to: string; readonly sizeBytes: number };
};

const redirections = { hard: 4, copy: 5 };

/** A RAR 5 with stored files (rarlab.com/technote.htm): no free program writes one. */
export const makeRar5 = (files: readonly RarFile[]): Buffer =>
  Buffer.concat([
    Buffer.from('Rar!\x1a\x07\x01\x00', 'latin1'),
    block(Buffer.from([1, 0, 0])),
    ...files.map(fileBlock),
    block(Buffer.from([5, 0, 0])),
  ]);

function fileBlock({ name, content = '', link }: RarFile): Buffer {
  const data = Buffer.from(content);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(data));
  const extra = link === undefined ? Buffer.alloc(0) : record([5, redirections[link.kind], 0], link.to);
  const header = Buffer.concat([
    Buffer.from([2, 3, extra.length, ...vint(data.length), 4, ...vint(link?.sizeBytes ?? data.length), 0o44]),
    checksum,
    Buffer.from([0, 1]),
    text(name),
    extra,
  ]);
  return Buffer.concat([block(header), data]);
}

const text = (value: string): Buffer =>
  Buffer.concat([Buffer.from([Buffer.byteLength(value)]), Buffer.from(value)]);

function record(fields: readonly number[], value: string): Buffer {
  const body = Buffer.concat([Buffer.from(fields), text(value)]);
  return Buffer.concat([Buffer.from([body.length]), body]);
}

/** Seven bits to a byte, the lowest first. */
const vint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) | 128, ...vint(Math.floor(value / 128))];

/** The lengths here are below 128 and take one byte, those of contents aside. */
function block(header: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from([header.length]), header]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(body));
  return Buffer.concat([checksum, body]);
}
