import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { crc32Combine } from './crc32-combine.ts';

it('the combined checksum is that of both stretches together', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (first, second) => {
      expect(crc32Combine(crc32(first), crc32(second), second.length)).toBe(
        crc32(Buffer.concat([first, second])),
      );
    }),
  );
});

it('holds for lengths beyond 32 bits', () => {
  // x^(8n) has the period 2^32 - 1 in bits, so this many bytes more change nothing.
  const period = 2 ** 32 - 1;
  expect(crc32Combine(0x12345678, 0x9abcdef0, 5 + period)).toBe(crc32Combine(0x12345678, 0x9abcdef0, 5));
});
