import { expect, test } from 'vitest';
import { measureSparingly } from './measure-sparingly.ts';

/** A measurement of which the test says how long it takes, and that counts how often it was made. */
function slowMeasure() {
  let now = 0;
  let made = 0;
  let takesMs = 0;
  let hold: Promise<void> = Promise.resolve();
  const read = measureSparingly(
    async () => {
      made += 1;
      const result = made;
      await hold;
      now += takesMs;
      return result;
    },
    () => now,
  );
  return {
    read,
    made: () => made,
    pass: (ms: number) => {
      now += ms;
    },
    take: (ms: number) => {
      takesMs = ms;
    },
    holdUntil: (promise: Promise<void>) => {
      hold = promise;
    },
  };
}

test('what is quick is measured each time', async () => {
  const measure = slowMeasure();
  measure.take(3);
  expect([await measure.read(), await measure.read(), await measure.read()]).toEqual([1, 2, 3]);
});

test('what is slow is measured for a twentieth of the time, and not waited for', async () => {
  const measure = slowMeasure();
  measure.take(1000);
  expect(await measure.read()).toBe(1);
  measure.pass(18_999);
  expect(await measure.read()).toBe(1);
  expect(measure.made()).toBe(1);
  measure.pass(1);
  const { promise, resolve } = Promise.withResolvers<void>();
  measure.holdUntil(promise);
  expect(await measure.read()).toBe(1);
  expect(await measure.read()).toBe(1);
  expect(measure.made()).toBe(2);
  resolve();
  await expect.poll(measure.read).toBe(2);
});

test('a measurement that fails is made again', async () => {
  let fails = true;
  const read = measureSparingly(async () => {
    if (fails) throw new Error('not now');
    return 7;
  });
  await expect(read()).rejects.toThrow('not now');
  fails = false;
  expect(await read()).toBe(7);
});
