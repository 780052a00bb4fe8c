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

test('F11 texts are equal only when their bytes are', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      expect(equalBytes(a, b)).toBe(a === b);
      expect(equalBytes(a, Buffer.from(a))).toBe(true);
    }),
  );
});
