import { AppError, type AttemptRef } from '@longshore/protocol';
import { systemClock } from '@longshore/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { attemptKey } from '../journal/attempt-key.ts';
import { openJournal } from '../journal/open-journal.ts';
import { sampleAttempt } from '../testing/sample-attempt.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import { createAcceptAttempts } from './accept-attempts.ts';

function inbox(refusal: AppError | null = null) {
  const journal = openJournal(tempFolder());
  onTestFinished(() => journal.close());
  const added: string[] = [];
  const aborted: string[] = [];
  const queue = {
    add: (held: { attempt: AttemptRef }) => void added.push(attemptKey(held.attempt)),
    abort: (ref: AttemptRef, reason: string) => {
      aborted.push(`${attemptKey(ref)} ${reason}`);
      return true;
    },
  };
  const accept = createAcceptAttempts({
    journal,
    queue,
    clock: systemClock,
    isSameMaster,
    refusal: () => refusal,
  });
  return { journal, added, aborted, accept };
}

const isSameMaster = (keyId: string, otherKeyId: string): boolean =>
  keyId.split(' ')[0] === otherKeyId.split(' ')[0];

const verdicts = (results: readonly { verdict: string }[]): string[] => results.map(({ verdict }) => verdict);

test('an attempt that comes twice, even in one batch, is queued once', async () => {
  const { accept, added } = inbox();
  const attempt = sampleAttempt();
  expect(verdicts(await accept('key', [attempt, attempt]))).toEqual(['accepted', 'known']);
  expect(verdicts(await accept('key', [attempt]))).toEqual(['known']);
  expect(added).toEqual([attemptKey(attempt)]);
});

test('batches that arrive at the same time queue each attempt once', async () => {
  const { accept, added } = inbox();
  const attempts = Array.from({ length: 20 }, () => sampleAttempt());
  const answers = await Promise.all(Array.from({ length: 5 }, () => accept('key', attempts)));
  expect(answers.flatMap(verdicts).filter((verdict) => verdict === 'accepted')).toHaveLength(20);
  expect(added).toHaveLength(20);
});

test('a later attempt of a part stops the earlier one, whose reports are dropped', async () => {
  const { accept, aborted, journal } = inbox();
  const first = sampleAttempt();
  const second = sampleAttempt({ partId: first.partId, attempt: 2 });
  await accept('key', [first]);
  await journal.write(() =>
    journal.outbox.insert({ ref: first, sequence: 1, event: { type: 'started', try: 1 } }),
  );
  expect(verdicts(await accept('key', [second]))).toEqual(['accepted']);
  expect(aborted).toEqual([`${attemptKey(first)} lease-lost`]);
  expect(journal.outbox.isEmpty('key')).toBe(true);
  expect(journal.attempts.held('key')).toEqual([{ partId: first.partId, attempt: 2 }]);
});

test('an earlier attempt that arrives late is refused with LEASE_LOST', async () => {
  const { accept, added } = inbox();
  const late = sampleAttempt({ attempt: 1 });
  await accept('key', [sampleAttempt({ partId: late.partId, attempt: 2 })]);
  const [result] = await accept('key', [late]);
  expect(result).toMatchObject({ verdict: 'refused', error: { code: 'LEASE_LOST' } });
  expect(added).toHaveLength(1);
});

test('a slave that takes nothing refuses what is new and still knows what it has', async () => {
  const open = inbox();
  const attempt = sampleAttempt();
  await open.accept('key', [attempt]);
  const refusing = createAcceptAttempts({
    journal: open.journal,
    queue: { add: () => expect.unreachable(), abort: () => false },
    clock: systemClock,
    isSameMaster,
    refusal: () => new AppError('SHUTTING_DOWN', 'stopping'),
  });
  const results = await refusing('key', [attempt, sampleAttempt()]);
  expect(results.map(({ verdict, error }) => [verdict, error?.code])).toEqual([
    ['known', undefined],
    ['refused', 'SHUTTING_DOWN'],
  ]);
});

test('S6: the part of one master is nothing that another can replace, but the same master can under a new key', async () => {
  const { accept, added, aborted } = inbox();
  const first = sampleAttempt();
  const second = sampleAttempt({ partId: first.partId, attempt: 2 });
  await accept('anna', [first]);
  const [result] = await accept('berta', [second]);
  expect(result).toMatchObject({ verdict: 'refused', error: { code: 'FORBIDDEN' } });
  expect([added, aborted]).toEqual([[attemptKey(first)], []]);
  expect(verdicts(await accept('anna again', [second]))).toEqual(['accepted']);
  expect(aborted).toEqual([`${attemptKey(first)} lease-lost`]);
});
