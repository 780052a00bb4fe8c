import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { expect, it } from 'vitest';
import { followProgress, type SevenZipProgress } from './follow-progress.ts';

async function followed(chunks: readonly string[]): Promise<SevenZipProgress[]> {
  const all: SevenZipProgress[] = [];
  const output = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  followProgress(output, (progress) => all.push(progress));
  await finished(output);
  return all;
}

const wipe = '\b'.repeat(12);

it.each([
  [
    'one after the other',
    [`  0%${wipe}`, `    ${wipe} 12% 3 + a.txt${wipe}`, `    ${wipe} 40% 7 + b${wipe}`],
  ],
  ['in any pieces', [`  0%${wipe}    ${wipe} 1`, `2% 3 + a.t`, `xt${wipe}    ${wipe} 40%`, ` 7 + b${wipe}`]],
])('T2 what 7-Zip says of its progress is read, %s', async (_how, chunks) => {
  expect(await followed(chunks)).toEqual([
    { percent: 12, files: 3 },
    { percent: 40, files: 7 },
  ]);
});

it('T2 a name that looks like progress is none, and progress never goes back', async () => {
  expect(await followed([` 12% 3 + a 99% 8 b${wipe}`, ` 10% 2 + b${wipe}`, ` 13% 4 + c${wipe}`])).toEqual([
    { percent: 12, files: 3 },
    { percent: 13, files: 4 },
  ]);
});
