import type { AttemptRef } from '@longshore/protocol';
import { systemClock } from '@longshore/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { attemptKey } from '../journal/attempt-key.ts';
import { openJournal } from '../journal/open-journal.ts';
import { createAttemptReports } from '../report/attempt-reports.ts';
import { sampleAttempt } from '../testing/sample-attempt.ts';
import { silentLog } from '../testing/silent-log.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import { createStopAttempts } from './stop-attempts.ts';

async function holding(...attempts: ReturnType<typeof sampleAttempt>[]) {
  const journal = openJournal(tempFolder());
  onTestFinished(() => journal.close());
  const reports = createAttemptReports({
    journal,
    clock: systemClock,
    log: silentLog,
    onReport: () => undefined,
  });
  const stopped: string[] = [];
  const abort = (ref: AttemptRef, reason: string): boolean => {
    stopped.push(`${attemptKey(ref)} ${reason}`);
    return true;
  };
  await journal.write(() => {
    for (const attempt of attempts) journal.attempts.insert('key', attempt);
  });
  const isSameMaster = (keyId: string, otherKeyId: string): boolean => keyId === otherKeyId;
  const stop = createStopAttempts({ journal, queue: { abort }, reports, isSameMaster });
  return { journal, reports, stopped, stop };
}

test('T10: work that has lost its lease and still runs cannot report any more', async () => {
  const attempt = sampleAttempt();
  const { journal, reports, stopped, stop } = await holding(attempt);
  const held = { keyId: 'key', attempt };
  await reports.record(held, { type: 'started', try: 1 });
  const { partId } = attempt;
  expect(await stop('key', [{ partId, attempt: 1, reason: 'lease-lost' }])).toEqual([]);
  expect(stopped).toEqual([`${partId}.1 lease-lost`]);
  await reports.record(held, {
    type: 'rejected',
    entries: [{ index: 1, name: 'n', code: 'ENTRY_CORRUPT', message: 'm' }],
  });
  expect(journal.outbox.isEmpty('key')).toBe(true);
  expect(journal.attempts.held('key')).toEqual([]);
});

test('T3: a cancel is left to the work to report, and what was never here is named', async () => {
  const [known, stranger] = [sampleAttempt(), sampleAttempt()];
  const { journal, stopped, stop } = await holding(known);
  const refs = [known, stranger].map(({ partId, attempt }) => ({ partId, attempt }));
  expect(
    await stop(
      'key',
      refs.map((ref) => ({ ...ref, reason: 'user' })),
    ),
  ).toEqual([refs[1]]);
  expect(stopped).toContain(`${attemptKey(known)} user`);
  expect(journal.attempts.held('key')).toEqual([refs[0]]);
});

test('S6: a master stops nothing of another', async () => {
  const attempt = sampleAttempt();
  const { journal, stopped, stop } = await holding(attempt);
  const ref = { partId: attempt.partId, attempt: attempt.attempt };
  for (const reason of ['user', 'lease-lost'] as const) {
    expect(await stop('another key', [{ ...ref, reason }])).toEqual([ref]);
  }
  expect(stopped).toEqual([]);
  expect(journal.attempts.held('key')).toEqual([ref]);
});
