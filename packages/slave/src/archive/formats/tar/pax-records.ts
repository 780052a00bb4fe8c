/** Records of a pax extended header: "length key=value\n" (IEEE Std 1003.1, pax, "Extended Header"). */
export type PaxRecords = ReadonlyMap<string, Buffer>;

/** Keys that come once for each piece of a sparse file (pax format 0.0): their values count together. */
const repeatedKeys = ['GNU.sparse.offset', 'GNU.sparse.numbytes'];

/**
 * The records over those given before, up to the first that is damaged. An empty value takes a record back. Values of
 * keys that repeat are joined by commas.
 */
export function parsePaxRecords(
  bytes: Buffer,
  earlier: PaxRecords,
): { readonly records: PaxRecords; readonly isDamaged: boolean } {
  const records = new Map(earlier);
  const repeated = new Map(repeatedKeys.map((key) => [key, [] as string[]]));
  let isDamaged = false;
  for (let at = 0; at < bytes.length && bytes[at] !== 0; ) {
    const record = parseRecord(bytes, at);
    if (record === null) {
      isDamaged = true;
      break;
    }
    const { key, value } = record;
    const values = repeated.get(key);
    if (values !== undefined) values.push(value.toString('latin1'));
    else if (value.length === 0) records.delete(key);
    else records.set(key, value);
    at = record.end;
  }
  for (const [key, values] of repeated) if (values.length > 0) records.set(key, Buffer.from(values.join()));
  return { records, isDamaged };
}

function parseRecord(bytes: Buffer, at: number): { key: string; value: Buffer; end: number } | null {
  const space = bytes.indexOf(0x20, at);
  if (space === -1 || space - at > 10) return null;
  const digits = bytes.toString('latin1', at, space);
  const length = /^[0-9]+$/.test(digits) ? Number(digits) : 0;
  const end = at + length;
  const equals = bytes.indexOf(0x3d, space);
  if (end > bytes.length || length < 5 || bytes[end - 1] !== 0x0a || equals === -1 || equals >= end)
    return null;
  return {
    key: bytes.toString('latin1', space + 1, equals),
    value: bytes.subarray(equals + 1, end - 1),
    end,
  };
}

/** A decimal number such as a size or a time; null when it is none, undefined when the record is absent. */
export function paxNumber(records: PaxRecords, key: string): number | null | undefined {
  const value = records.get(key);
  if (value === undefined) return undefined;
  const text = value.toString('latin1');
  return /^-?0*[0-9]{1,16}(\.[0-9]*)?$/.test(text) ? Number(text) : null;
}
