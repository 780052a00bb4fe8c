import { max32, versionZip64, zip64Field } from './write-zip-records.ts';

const recordBytes = 46;
const zip64Id = 0x0001;

/**
 * A directory record for its entry `byBytes` further on: where the offset has no room any more, it goes into the zip64
 * field, as if the record had been written there. Nothing else changes.
 */
export function moveRecord(record: Buffer, byBytes: number): Buffer {
  const nameEnd = recordBytes + record.readUInt16LE(28);
  const extraEnd = nameEnd + record.readUInt16LE(30);
  const fields = extraFields(record.subarray(nameEnd, extraEnd));
  const wide = fields.find((field) => field.readUInt16LE(0) === zip64Id)?.subarray(4);
  const numbers: number[] = [];
  const read = (at: number): number => {
    const narrow = record.readUInt32LE(at);
    if (narrow < max32 || wide === undefined) return narrow;
    numbers.push(Number(wide.readBigUInt64LE(numbers.length * 8)));
    return numbers.at(-1) ?? narrow;
  };
  read(24);
  read(20);
  const sizes = [...numbers];
  const offset = read(42) + byBytes;
  const large = offset < max32 ? sizes : [...sizes, offset];
  const others = fields.filter((field) => field.readUInt16LE(0) !== zip64Id);
  const extra = Buffer.concat([zip64Field(large), ...others]);
  const head = Buffer.from(record.subarray(0, nameEnd));
  if (large.length > 0) {
    // The upper half of "made by" is the system.
    head[4] = Math.max(head[4] ?? 0, versionZip64);
    head.writeUInt16LE(Math.max(head.readUInt16LE(6), versionZip64), 6);
  }
  head.writeUInt16LE(extra.length, 30);
  head.writeUInt32LE(Math.min(offset, max32), 42);
  return Buffer.concat([head, extra, record.subarray(extraEnd)]);
}

function extraFields(extra: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    fields.push(extra.subarray(at, end));
    at = end;
  }
  return fields;
}
