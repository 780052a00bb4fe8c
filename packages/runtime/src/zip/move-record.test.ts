import fc from 'fast-check';
import { expect, test } from 'vitest';
import { moveRecord } from './move-record.ts';
import { directoryRecord } from './write-zip-records.ts';

/** Numbers around the one that has no room in four bytes, and any others. */
const size = fc.oneof(fc.maxSafeNat(), fc.integer({ min: 2 ** 32 - 3, max: 2 ** 32 + 3 }), fc.nat());

test('T11 a record that was moved is the one that would have been written there, byte for byte', () => {
  fc.assert(
    fc.property(
      fc.record({
        headerOffset: size,
        sizeBytes: size,
        compressedBytes: size,
        crc32: fc.nat(),
        nameBytes: fc.uint8Array({ maxLength: 300 }),
        modifiedAtMs: fc.integer({ min: 0, max: 5_000_000_000_000 }),
        isFolder: fc.boolean(),
        mode: fc.nat(0o777),
        method: fc.constantFrom(0, 8, 99),
        flags: fc.constantFrom(0, 1, 0x0808),
      }),
      fc.constantFrom(Buffer.alloc(0), Buffer.from('0199070002004145030800', 'hex')),
      size,
      (entry, extra, byBytes) => {
        const record = directoryRecord({ ...entry, extra });
        const there = directoryRecord({ ...entry, extra, headerOffset: entry.headerOffset + byBytes });
        expect(moveRecord(record, byBytes).equals(there)).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});
