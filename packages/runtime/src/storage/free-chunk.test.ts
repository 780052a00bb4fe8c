import { expect, test } from 'vitest';
import { freeChunk } from './free-chunk.ts';

test('a chunk that owns its memory is freed, also when it is freed twice', () => {
  const chunk = Buffer.alloc(1000);
  freeChunk(chunk);
  freeChunk(chunk);
  expect(chunk.length).toBe(0);
});

test('a chunk that shares its memory is left alone', () => {
  const whole = Buffer.alloc(1000, 1);
  freeChunk(whole.subarray(1));
  expect(whole[999]).toBe(1);
});
