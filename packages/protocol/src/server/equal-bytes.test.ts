import fc from 'fast-check';
import { expect, test } from 'vitest';
import { equalBytes } from './equal-bytes.ts';

const mac = Buffer.from('pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=', 'base64');

test('F11 MACs are equal only when every byte and the length are', () => {
  expect(equalBytes(mac, Buffer.from(mac))).toBe(true);
  for (const length of [0, 1, 16, 31])
    expect(equalBytes(mac, mac.subarray(0, length)), `${length}`).toBe(false);
  expect(equalBytes(mac, Buffer.concat([mac, Buffer.alloc(1)]))).toBe(false);
  for (let at = 0; at < mac.length; at += 1) {
    const changed = Buffer.from(mac);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    expect(equalBytes(mac, changed), `${at}`).toBe(false);
  }
});

test('F11 how long it takes does not tell where MACs differ, by 100 000 samples', () => {
  // As many deviations that chance alone never makes, and that a comparison of byte after byte shows many times over.
  const shows = 10;
  expect(Math.abs(timeDifference(equalBytes))).toBeLessThan(shows);
  expect(timeDifference(byteAfterByte)).toBeGreaterThan(shows);
});

/**
 * By how many standard errors it takes longer to find a difference in the last byte than one in the first (Welch's t, of
 * samples in random order without the slowest tenth, which hold what else the machine did).
 */
function timeDifference(compare: (a: Uint8Array, b: Uint8Array) => boolean): number {
  const samples: { early: number[]; late: number[] } = { early: [], late: [] };
  const changed = Buffer.from(mac);
  for (let count = 0; count < 110_000; count += 1) {
    const isEarly = Math.random() < 0.5;
    const at = isEarly ? 0 : mac.length - 1;
    changed.writeUInt8(mac.readUInt8(at) ^ 1, at);
    const start = process.hrtime.bigint();
    compare(mac, changed);
    const nanoseconds = Number(process.hrtime.bigint() - start);
    changed.writeUInt8(mac.readUInt8(at), at);
    // The first are those of code that is not compiled yet.
    if (count >= 10_000) samples[isEarly ? 'early' : 'late'].push(nanoseconds);
  }
  const limit = [...samples.early, ...samples.late].sort((a, b) => a - b)[90_000] ?? 0;
  const [early, late] = [samples.early, samples.late].map((all) => {
    const kept = all.filter((nanoseconds) => nanoseconds <= limit);
    const mean = kept.reduce((sum, one) => sum + one, 0) / kept.length;
    const squares = kept.reduce((sum, one) => sum + (one - mean) ** 2, 0);
    return { mean, errorSquared: squares / (kept.length - 1) / kept.length };
  }) as [Spread, Spread];
  return (late.mean - early.mean) / Math.sqrt(early.errorSquared + late.errorSquared);
}
type Spread = { mean: number; errorSquared: number };

function byteAfterByte(a: Uint8Array, b: Uint8Array): boolean {
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return a.length === b.length;
}

test('F11 texts are equal only when their bytes are', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      expect(equalBytes(a, b)).toBe(a === b);
      expect(equalBytes(a, Buffer.from(a))).toBe(true);
    }),
  );
});
