import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { freeOutput, ownOutputBytes } from './own-output.ts';

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
