import { beforeEach, expect, test } from 'vitest';
import { createHearing, type Hearing } from './hearing.ts';

const heartbeatMs = 5_000;
const startMs = 1_800_000_000_000;
let nowMs: number;
let hearing: Hearing;

beforeEach(() => {
  nowMs = 100_000;
  hearing = createHearing({ monotonicMs: () => nowMs, heartbeatMs });
});

/** Looks twice a second, as the scheduler does. Answers when all have had their chance, or null. */
function secondsUntilFair(databaseAheadMs = startMs): number | null {
  for (const fromMs = nowMs; nowMs - fromMs < 60_000; nowMs += 500) {
    hearing.look(nowMs + databaseAheadMs);
    if (hearing.hadTheirChance()) return (nowMs - fromMs) / 1000;
  }
  return null;
}

test('A5 after a start every node has had its chance after two heartbeats and a pause, which is a lease by default', () => {
  expect(secondsUntilFair()).toBe(15);
  expect(secondsUntilFair()).toBe(0);
});

test.each([
  ['D2 the database was away', () => hearing.interrupted()],
  [
    'D2 what was written last had to wait for longer than a heartbeat',
    () => {
      nowMs += heartbeatMs + 1;
      hearing.atWork();
    },
  ],
  [
    'the master stood still',
    () => {
      nowMs += 60_000;
      hearing.look(nowMs + startMs);
    },
  ],
])('after a break all get another chance: %s', (_, breakOff) => {
  secondsUntilFair();
  breakOff();
  expect(hearing.hadTheirChance()).toBe(false);
  expect(secondsUntilFair()).toBe(15);
});

test.each([
  ['set forth', 86_400_000],
  ['set back', -86_400_000],
  ['set forth a little', 3_000],
])(
  'E3 D5 the clock of the database was %s: that is told until it is dealt with, and all get another chance',
  (_, byMs) => {
    expect(hearing.look(nowMs + startMs)).toBe('set');
    hearing.timesAreInLine();
    secondsUntilFair();
    expect(hearing.look(nowMs + startMs)).toBe('steady');
    expect(hearing.look(nowMs + startMs + byMs)).toBe('set');
    expect(hearing.look(nowMs + startMs + byMs)).toBe('set');
    hearing.timesAreInLine();
    expect(hearing.look(nowMs + startMs + byMs)).toBe('steady');
    expect(secondsUntilFair(startMs + byMs)).toBe(15);
  },
);

test('a clock that drifts, and looks that are late, are no break', () => {
  secondsUntilFair();
  hearing.timesAreInLine();
  for (let look = 0; look < 100; look += 1) {
    nowMs += 4_000;
    expect(hearing.look(nowMs + startMs + look * 100)).toBe('steady');
    expect(hearing.hadTheirChance()).toBe(true);
  }
});
