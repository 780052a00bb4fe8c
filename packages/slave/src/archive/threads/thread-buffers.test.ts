import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { freeOutput, giveAway, ownOutputBytes } from './thread-buffers.ts';

it.each([1, 5_000, 40_000, 300_000])('frees the buffer of a result of %i bytes', (bytes) => {
  const chunkSize = ownOutputBytes(bytes + 1);
  const result = inflateRawSync(deflateRawSync(Buffer.alloc(bytes, 7)), { chunkSize });
  expect(result.length).toBe(bytes);
  freeOutput(result, chunkSize);
  expect((result.buffer as ArrayBuffer).detached).toBe(true);
});

it('leaves what shares its buffer with others', () => {
  const chunkSize = 1_000;
  const result = deflateRawSync(Buffer.alloc(500, 7), { chunkSize });
  freeOutput(result, chunkSize);
  expect((result.buffer as ArrayBuffer).detached).toBe(false);
});

it.each([100, 40_000, 300_000])('gives %i bytes away in a buffer of their own', (bytes) => {
  const chunkSize = bytes + 1024;
  const result = inflateRawSync(deflateRawSync(Buffer.alloc(bytes, 7)), { chunkSize });
  const given = giveAway(result, chunkSize);
  expect(given.buffer.byteLength).toBe(bytes);
  expect(given.every((byte) => byte === 7)).toBe(true);
  // Small ones share theirs with others, which goes on to be used.
  expect((result.buffer as ArrayBuffer).detached).toBe(bytes > 10_000);
  expect(giveAway(Buffer.from(given.buffer), chunkSize).buffer).toBe(given.buffer);
});
