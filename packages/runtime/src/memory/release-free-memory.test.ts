import { expect, onTestFinished, test } from 'vitest';
import { freeChunk } from '../storage/free-chunk.ts';
import { releaseFreeMemory } from './release-free-memory.ts';

const mib = 1024 * 1024;

test('what was freed between buffers that are still in use goes back to the system', async () => {
  const buffers = Array.from({ length: 2000 }, () => Buffer.alloc(100 * 1024, 1));
  const fullBytes = process.memoryUsage.rss();
  onTestFinished(await releaseFreeMemory());
  const kept = buffers.filter((_, at) => at % 20 === 0);
  for (const buffer of buffers) if (!kept.includes(buffer)) freeChunk(buffer);
  // Growth of whatever kind makes it look.
  const growth = Buffer.alloc(20 * mib, 1);
  await expect.poll(() => process.memoryUsage.rss()).toBeLessThan(fullBytes - 100 * mib);
  // Nobody may collect them before.
  expect(kept.length + growth.length).toBeGreaterThan(0);
});
