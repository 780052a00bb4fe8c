import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hello } from '@longshore/protocol';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { sampleAttempt } from '../testing/sample-attempt.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import { openJournal } from './open-journal.ts';

function open(folder: string) {
  const journal = openJournal(folder);
  let isOpen = true;
  const close = (): void => {
    if (isOpen) journal.close();
    isOpen = false;
  };
  onTestFinished(close);
  return { ...journal, close };
}

const output = (index: number) =>
  ({ kind: 'folder', index, path: `f${index}`, modifiedAtMs: null, mode: null }) as const;

test('attempts, reports and masters are there again after a restart, in the order in which they came', async () => {
  const folder = tempFolder();
  const first = open(folder);
  const attempts = Array.from({ length: 5 }, () => sampleAttempt());
  const [a, b] = attempts as [(typeof attempts)[0], (typeof attempts)[0]];
  const hello = {
    nodeId: crypto.randomUUID(),
    nodeName: 'n',
    masterId: crypto.randomUUID(),
    masterUrls: ['http://m'],
    heartbeatMs: 5000,
  } as Hello;
  await first.write(() => {
    for (const attempt of attempts) first.attempts.insert('key', attempt);
    first.masters.save('key', hello);
    first.attempts.change(a, { state: 'running' });
    first.outbox.insert({ ref: a, sequence: 1, event: { type: 'started', try: 1 } });
    first.outbox.insert({ ref: b, sequence: 1, event: { type: 'canceled' } });
    first.attempts.change(b, { state: 'final', atMs: 1 });
  });
  first.close();

  const second = open(folder);
  const unfinished = second.attempts.unfinished();
  expect(unfinished.map(({ attempt }) => attempt)).toEqual(attempts.filter((attempt) => attempt !== b));
  expect(unfinished[0]).toMatchObject({ keyId: 'key', tries: 1 });
  expect(
    second.outbox.oldest('key', { count: 10, bytes: 1e6 }).map(({ report }) => report.event.type),
  ).toEqual(['started', 'canceled']);
  expect(second.masters.all()).toEqual([{ keyId: 'key', hello }]);
  expect(second.attempts.held('key')).toHaveLength(5);
});

test('numbers of reports after a restart leave room for those that a power failure made it forget', async () => {
  const folder = tempFolder();
  const first = open(folder);
  const attempt = sampleAttempt();
  await first.write(() => first.attempts.insert('key', attempt));
  const durable = await first.write(() => first.attempts.nextSequence(attempt));
  const transferred = { readBytes: 7, writtenBytes: 5 };
  const [progress] = first.attempts.nextProgressSequences([{ ref: attempt, transferred }]);
  expect(progress).toBeGreaterThan(durable);
  first.close();
  const second = open(folder);
  const later = await second.write(() => second.attempts.nextSequence(attempt));
  expect(later).toBeGreaterThan((progress ?? Number.POSITIVE_INFINITY) + 999);
  expect(second.attempts.transferred(attempt)).toEqual(transferred);
});

test('the password of an archive is in no file of the journal once the attempt is final', async () => {
  const folder = tempFolder();
  const journal = open(folder);
  const attempt = sampleAttempt({ password: 'canary-password-4711' });
  const bytes = (): string =>
    readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'latin1'))
      .join();
  await journal.write(() => journal.attempts.insert('key', attempt));
  expect(bytes()).toContain('canary-password-4711');
  await journal.write(() => journal.attempts.change(attempt, { state: 'final', atMs: 1 }));
  journal.eraseTraces();
  expect(bytes()).not.toContain('canary-password-4711');
});

test('a write that throws takes back itself and nothing of its neighbours', async () => {
  const journal = open(tempFolder());
  const [a, b, c] = [sampleAttempt(), sampleAttempt(), sampleAttempt()] as const;
  const results = await Promise.allSettled([
    journal.write(() => journal.attempts.insert('key', a)),
    journal.write(() => {
      journal.attempts.insert('key', b);
      throw new Error('no');
    }),
    journal.write(() => journal.attempts.insert('key', c)),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(journal.attempts.unfinished().map(({ attempt }) => attempt.partId)).toEqual([a.partId, c.partId]);
});

test('unsent outputs are known by their position in the archive', async () => {
  const journal = open(tempFolder());
  const attempt = sampleAttempt();
  await journal.write(() => {
    journal.attempts.insert('key', attempt);
    const insert = (sequence: number, indices: number[]): void =>
      journal.outbox.insert({
        ref: attempt,
        sequence,
        event: { type: 'outputs', outputs: indices.map(output) },
      });
    journal.outbox.insert({ ref: attempt, sequence: 1, event: { type: 'started', try: 1 } });
    insert(2, [4, 7]);
    insert(3, [9]);
  });
  expect(journal.outbox.outputIndices(attempt)).toEqual([4, 7, 9]);
});

test('E3 F3 a nonce is new once for each key, and what may be one that was forgotten is not taken for new', () => {
  const { nonces } = open(tempFolder());
  expect(nonces.remember('a', 'n', 1000)).toBe('new');
  expect(nonces.remember('a', 'n', 1000)).toBe('seen');
  expect(nonces.remember('b', 'n', 1000)).toBe('new');
  nonces.forgetBefore(2000);
  expect(nonces.remember('a', 'n', 1000)).toBe('forgotten');
  expect(nonces.remember('a', 'other', 999)).toBe('forgotten');
  expect(nonces.remember('a', 'n', 1001)).toBe('new');
});

test('a final attempt is remembered until it is old and all its reports are acknowledged', async () => {
  const journal = open(tempFolder());
  const attempt = sampleAttempt();
  await journal.write(() => {
    journal.attempts.insert('key', attempt);
    journal.outbox.insert({ ref: attempt, sequence: 1, event: { type: 'canceled' } });
    journal.attempts.change(attempt, { state: 'final', atMs: 1000 });
    journal.attempts.forgetFinalBefore(2000);
  });
  expect(journal.attempts.keyOf(attempt)).toBe('key');
  await journal.write(() => {
    journal.outbox.dropAttempt(attempt);
    journal.attempts.forgetFinalBefore(1000);
  });
  expect(journal.attempts.keyOf(attempt)).toBe('key');
  await journal.write(() => journal.attempts.forgetFinalBefore(2000));
  expect(journal.attempts.keyOf(attempt)).toBeUndefined();
});

test('the journal of a newer version is refused by name', () => {
  const folder = tempFolder();
  const database = new Database(join(folder, 'journal.db'));
  database.pragma('user_version = 99');
  database.close();
  expect(() => openJournal(folder)).toThrowError(expect.objectContaining({ code: 'DATABASE_TOO_NEW' }));
});
