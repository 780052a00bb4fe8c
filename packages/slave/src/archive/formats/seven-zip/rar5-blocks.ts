/**
 * The blocks of which a RAR 5 is made (rarlab.com/technote.htm, "General archive block format"): a header with a checksum,
 * and data behind it.
 */
import { crc32 } from 'node:zlib';

/** Up to so many bytes from a position on; fewer only at the end. */
export type ReadAt = (position: number, length: number) => Promise<Buffer>;

export type Rar5Block = {
  readonly type: number;
  readonly flags: number;
  /** From the size on, without it and the checksum before. */
  readonly header: Buffer;
  /** Where in the header those fields begin that blocks of this type have of their own. */
  readonly fieldsAt: number;
  readonly extraBytes: number;
  readonly dataBytes: number;
  readonly headerEnd: number;
};

export const rar5Signature = Buffer.from([0x52, 0x61, 0x72, 0x21, 0x1a, 0x07, 0x01, 0x00]);
export const rar5Types = { main: 1, file: 2, encryption: 4, end: 5 } as const;
const flagExtra = 0x01;
const flagData = 0x02;
const maxHeaderBytes = 2 * 1024 * 1024;

/** The block that begins at a position, or null when there is none with a right checksum. */
export async function readRar5Block(readAt: ReadAt, at: number): Promise<Rar5Block | null> {
  const start = await readAt(at, 4 + 3);
  const size = readVint(start, 4);
  if (size === null || size.value > maxHeaderBytes) return null;
  const header = await readAt(at + size.next, size.value);
  if (header.length < size.value) return null;
  if (crc32(header, crc32(start.subarray(4, size.next))) !== start.readUInt32LE(0)) return null;

  const fields = readVints(header, 2);
  if (fields === null) return null;
  const [type = 0, flags = 0] = fields.values;
  const sizes = readVints(
    header,
    ((flags & flagExtra) !== 0 ? 1 : 0) + ((flags & flagData) !== 0 ? 1 : 0),
    fields.next,
  );
  if (sizes === null) return null;
  return {
    type,
    flags,
    header,
    fieldsAt: sizes.next,
    extraBytes: (flags & flagExtra) !== 0 ? (sizes.values[0] ?? 0) : 0,
    dataBytes: (flags & flagData) !== 0 ? (sizes.values.at(-1) ?? 0) : 0,
    headerEnd: at + size.next + size.value,
  };
}

/** Seven bits to a byte, the lowest first; the highest bit says that more follow. */
export function readVint(bytes: Buffer, at: number): { value: number; next: number } | null {
  let value = 0;
  for (let shift = 0; shift < 49; shift += 7) {
    const byte = bytes[at + shift / 7];
    if (byte === undefined) return null;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, next: at + shift / 7 + 1 };
  }
  return null;
}

function readVints(bytes: Buffer, count: number, from = 0): { values: number[]; next: number } | null {
  const values: number[] = [];
  let next = from;
  while (values.length < count) {
    const vint = readVint(bytes, next);
    if (vint === null) return null;
    values.push(vint.value);
    next = vint.next;
  }
  return { values, next };
}
