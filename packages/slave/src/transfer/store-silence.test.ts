import { expect, test } from 'vitest';
import { createStoreSilence } from './store-silence.ts';

type Look = { unacknowledged?: number | null; weAreSlow?: boolean; lateMs?: number; written?: number };

/** The number of the look that gives the store up, or null. A way is waited for 4 looks, an answer 10. */
function givenUpAt(looks: readonly Look[]): number | null {
  const silence = createStoreSilence({ wayMs: 400, answerMs: 1_000 });
  let nowMs = 0;
  for (const [index, look] of looks.entries()) {
    const { unacknowledged = 0, weAreSlow = false, lateMs = 0, written = 0 } = look;
    nowMs += silence.lookEveryMs + lateMs;
    if (silence.isDead({ nowMs, written, unacknowledged, weAreSlow })) return index + 1;
  }
  return null;
}

const times = (count: number, look: Look): Look[] => Array.from({ length: count }, () => look);

test.for<[string, Look[], number | null]>([
  ['bytes that nobody takes', times(20, { unacknowledged: 5 }), 3],
  ['bytes that nobody takes while there are no more', times(20, { unacknowledged: 5, weAreSlow: true }), 3],
  [
    'bytes that are taken now and then',
    Array.from({ length: 20 }, (_, at) => ({ unacknowledged: 100 - Math.floor(at / 2) })),
    null,
  ],
  ['others in the same number', times(20, { unacknowledged: 5, lateMs: 60 }), null],
  [
    'bytes that take the place of those that were taken',
    Array.from({ length: 20 }, (_, at) => ({ unacknowledged: 5, written: at })),
    null,
  ],
  ['an answer that does not come to a busy machine', times(20, { lateMs: 60 }), 10],
  ['an answer that does not come', times(20, {}), 10],
  [
    'an answer that does not come after the last byte was taken',
    [{ unacknowledged: 5 }, ...times(20, {})],
    12,
  ],
  ['no word of the system', times(20, { unacknowledged: null }), 10],
  ['a pause of ours', times(20, { weAreSlow: true }), null],
  [
    'a pause of ours of which the system does not tell',
    times(20, { unacknowledged: null, weAreSlow: true }),
    null,
  ],
])('B5 %s', ([, looks, expected]) => {
  expect(givenUpAt(looks)).toBe(expected);
});
