/** The records of a zip as APPNOTE.TXT 6.3.10 defines them: what a writer needs, and no more. */

/** What is known of an entry when its data has been written. */
export type WrittenEntry = {
  readonly nameBytes: Uint8Array;
  readonly isFolder: boolean;
  readonly mode: number;
  readonly modifiedAtMs: number;
  readonly flags: number;
  readonly method: number;
  readonly crc32: number;
  readonly compressedBytes: number;
  readonly sizeBytes: number;
  readonly headerOffset: number;
  /** Extra fields beyond the time, such as AES's. */
  readonly extra: Uint8Array;
};

const max16 = 0xffff;
export const max32 = 0xffffffff;
const versionPlain = 20;
export const versionZip64 = 45;
const versionAes = 51;
const madeByUnix = 3 << 8;

/** With `descriptor` flags the checksum and sizes are left for the descriptor behind the data (4.4.4, bit 3). */
export function localHeader(entry: Omit<WrittenEntry, 'headerOffset'>, hasDescriptor: boolean): Buffer {
  const sizes = Math.max(entry.sizeBytes, entry.compressedBytes);
  // In a local header both sizes are in the field when one of them has to be (4.5.3).
  const large = hasDescriptor || sizes < max32 ? [] : [entry.sizeBytes, entry.compressedBytes];
  const extra = Buffer.concat([zip64Field(large), timeField(entry.modifiedAtMs), entry.extra]);
  const header = Buffer.alloc(30 + entry.nameBytes.length + extra.length);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(versionFor(entry), 4);
  header.writeUInt16LE(entry.flags, 6);
  header.writeUInt16LE(entry.method, 8);
  header.writeUInt32LE(dosTime(entry.modifiedAtMs), 10);
  if (!hasDescriptor) {
    header.writeUInt32LE(entry.crc32, 14);
    header.writeUInt32LE(large.length > 0 ? max32 : entry.compressedBytes, 18);
    header.writeUInt32LE(large.length > 0 ? max32 : entry.sizeBytes, 22);
  }
  header.writeUInt16LE(entry.nameBytes.length, 26);
  header.writeUInt16LE(extra.length, 28);
  header.set(entry.nameBytes, 30);
  header.set(extra, 30 + entry.nameBytes.length);
  return header;
}

/** Sizes take eight bytes each once one of them needs it (4.3.9.2). */
export function dataDescriptor(entry: Pick<WrittenEntry, 'crc32' | 'compressedBytes' | 'sizeBytes'>): Buffer {
  const isLarge = entry.compressedBytes >= max32 || entry.sizeBytes >= max32;
  const descriptor = Buffer.alloc(isLarge ? 24 : 16);
  descriptor.writeUInt32LE(0x08074b50, 0);
  descriptor.writeUInt32LE(entry.crc32, 4);
  if (isLarge) {
    descriptor.writeBigUInt64LE(BigInt(entry.compressedBytes), 8);
    descriptor.writeBigUInt64LE(BigInt(entry.sizeBytes), 16);
  } else {
    descriptor.writeUInt32LE(entry.compressedBytes, 8);
    descriptor.writeUInt32LE(entry.sizeBytes, 12);
  }
  return descriptor;
}

export function directoryRecord(entry: WrittenEntry): Buffer {
  const large = [entry.sizeBytes, entry.compressedBytes, entry.headerOffset].filter(
    (value) => value >= max32,
  );
  const extra = Buffer.concat([zip64Field(large), timeField(entry.modifiedAtMs), entry.extra]);
  const record = Buffer.alloc(46 + entry.nameBytes.length + extra.length);
  const unixMode = (entry.isFolder ? 0o040000 : 0o100000) | (entry.mode & 0o777);
  record.writeUInt32LE(0x02014b50, 0);
  record.writeUInt16LE(madeByUnix | versionFor(entry), 4);
  record.writeUInt16LE(versionFor(entry), 6);
  record.writeUInt16LE(entry.flags, 8);
  record.writeUInt16LE(entry.method, 10);
  record.writeUInt32LE(dosTime(entry.modifiedAtMs), 12);
  record.writeUInt32LE(entry.crc32, 16);
  record.writeUInt32LE(Math.min(entry.compressedBytes, max32), 20);
  record.writeUInt32LE(Math.min(entry.sizeBytes, max32), 24);
  record.writeUInt16LE(entry.nameBytes.length, 28);
  record.writeUInt16LE(extra.length, 30);
  record.writeUInt32LE(((unixMode << 16) | (entry.isFolder ? 0x10 : 0)) >>> 0, 38);
  record.writeUInt32LE(Math.min(entry.headerOffset, max32), 42);
  record.set(entry.nameBytes, 46);
  record.set(extra, 46 + entry.nameBytes.length);
  return record;
}

/** The end record, with zip64's in front of it when a number needs it (4.3.14–4.3.16). */
export function endRecords(directory: { start: number; bytes: number; entries: number }): Buffer {
  const { start, bytes, entries } = directory;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(entries, max16), 8);
  end.writeUInt16LE(Math.min(entries, max16), 10);
  end.writeUInt32LE(Math.min(bytes, max32), 12);
  end.writeUInt32LE(Math.min(start, max32), 16);
  if (entries < max16 && bytes < max32 && start < max32) return end;

  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeUInt16LE(madeByUnix | versionZip64, 12);
  end64.writeUInt16LE(versionZip64, 14);
  end64.writeBigUInt64LE(BigInt(entries), 24);
  end64.writeBigUInt64LE(BigInt(entries), 32);
  end64.writeBigUInt64LE(BigInt(bytes), 40);
  end64.writeBigUInt64LE(BigInt(start), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(start + bytes), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([end64, locator, end]);
}

function versionFor(entry: Omit<WrittenEntry, 'headerOffset'> & { headerOffset?: number }): number {
  if (entry.method === 99) return versionAes;
  const large = Math.max(entry.compressedBytes, entry.sizeBytes, entry.headerOffset ?? 0) >= max32;
  return large ? versionZip64 : versionPlain;
}

/** Numbers that have no room in the record: of size, compressed size and offset, in this order (4.5.3). */
export function zip64Field(large: readonly number[]): Buffer {
  if (large.length === 0) return Buffer.alloc(0);
  const field = Buffer.alloc(4 + large.length * 8);
  field.writeUInt16LE(0x0001, 0);
  field.writeUInt16LE(large.length * 8, 2);
  large.forEach((value, at) => {
    field.writeBigUInt64LE(BigInt(value), 4 + at * 8);
  });
  return field;
}

/** Info-ZIP's extended timestamp: seconds in UTC, which the DOS time cannot say. */
function timeField(modifiedAtMs: number): Buffer {
  const seconds = Math.floor(modifiedAtMs / 1000);
  if (seconds < -0x80000000 || seconds > 0x7fffffff) return Buffer.alloc(0);
  const field = Buffer.alloc(9);
  field.writeUInt16LE(0x5455, 0);
  field.writeUInt16LE(5, 2);
  field[4] = 1;
  field.writeInt32LE(seconds, 5);
  return field;
}

function dosTime(modifiedAtMs: number): number {
  const earliest = Date.UTC(1980, 0, 1);
  const latest = Date.UTC(2107, 11, 31, 23, 59, 58);
  const time = new Date(Math.min(Math.max(modifiedAtMs, earliest), latest));
  const date = ((time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate();
  const clock = (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >>> 1);
  return ((date << 16) | clock) >>> 0;
}
