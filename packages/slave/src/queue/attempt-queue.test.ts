import { AppError, type Attempt, type Progress } from '@longshore/protocol';
import { systemClock } from '@longshore/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { attemptKey } from '../journal/attempt-key.ts';
import { openJournal } from '../journal/open-journal.ts';
import { createAttemptReports } from '../report/attempt-reports.ts';
import { sampleAttempt } from '../testing/sample-attempt.ts';
import { silentLog } from '../testing/silent-log.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import { testMeter } from '../testing/test-meter.ts';
import { until } from '../testing/until.ts';
import { createAttemptQueue } from './attempt-queue.ts';
import type { ExecuteAttempt } from './execute-attempt.ts';
import type { Outcome } from './next-step.ts';

const progress: Progress = { phase: 'done', bytesDone: 1, bytesTotal: 1, entriesDone: 1, entriesTotal: 1 };
const done: Outcome = { type: 'done', progress };
const failing = (code: 'TRANSFER_FAILED' | 'ARCHIVE_CORRUPT' | 'NODE_REFUSED'): Outcome => ({
  type: 'failed',
  error: new AppError(code, 'for a test'),
});

type Settings = { workers?: number; maxRetries?: number; maxExecutionMs?: number; delayMs?: number };

function queueOf(executeAttempt: ExecuteAttempt, settings: Settings = {}) {
  const journal = openJournal(tempFolder());
  const reports = createAttemptReports({
    journal,
    clock: systemClock,
    log: silentLog,
    onReport: () => undefined,
  });
  const queue = createAttemptQueue({
    workers: settings.workers ?? 15,
    policy: {
      maxRetries: settings.maxRetries ?? 5,
      maxExecutionMs: settings.maxExecutionMs ?? 60_000,
      backoff: { delayMs: settings.delayMs ?? 10, factor: 1, maxMs: 60_000 },
    },
    reports,
    executeAttempt,
    meter: testMeter,
    clock: systemClock,
    log: silentLog,
    random: () => 0,
  });
  onTestFinished(async () => {
    await queue.shutdown({ graceMs: 0, giveBack: false });
    journal.close();
  });
  const add = async (attempt: Attempt = sampleAttempt()): Promise<Attempt> => {
    await journal.write(() => journal.attempts.insert('key', attempt));
    queue.add({ keyId: 'key', attempt });
    return attempt;
  };
  const events = (attempt: Attempt): string[] =>
    journal.outbox
      .oldest('key', { count: 1000, bytes: 1e9 })
      .filter(({ report }) => attemptKey(report) === attemptKey(attempt))
      .map(({ report: { event } }) => ('error' in event ? `${event.type} ${event.error.code}` : event.type));
  const ended = (): boolean => queue.depth().running + queue.depth().queued === 0;
  return { queue, journal, add, events, ended };
}

/** Runs until the signal aborts, and ends only when the test says so. */
function stubborn() {
  const gate = Promise.withResolvers<void>();
  const state = { begun: 0, aborted: 0, stopped: 0, gate };
  const execute: ExecuteAttempt = (_, { signal }) => {
    state.begun += 1;
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        state.aborted += 1;
        void gate.promise.then(() => {
          state.stopped += 1;
          resolve({ type: 'stopped', reason: signal.reason });
        });
      });
    });
  };
  return { state, execute };
}

test('S2: with one worker there is never more than one execution, in the order of arrival', async () => {
  let running = 0;
  let most = 0;
  const order: string[] = [];
  const { add, ended } = queueOf(
    async ({ attempt }) => {
      running += 1;
      most = Math.max(most, running);
      order.push(attempt.partId);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return done;
    },
    { workers: 1 },
  );
  const added: string[] = [];
  for (let n = 0; n < 20; n += 1) added.push((await add()).partId);
  await until('all executions have ended', ended);
  expect(most).toBe(1);
  expect(order).toEqual(added);
});

test('S2: as many executions run at the same time as there are workers', async () => {
  const { state, execute } = stubborn();
  const { add, queue } = queueOf(execute, { workers: 4 });
  state.gate.resolve();
  for (let n = 0; n < 10; n += 1) await add();
  await until('four executions run', () => state.begun === 4);
  expect(queue.depth()).toEqual({ running: 4, queued: 6 });
});

test('S2: a passing failure is tried again until it works, and every try is reported', async () => {
  const { add, events, ended } = queueOf((_, { tries }) =>
    Promise.resolve(tries < 3 ? failing('TRANSFER_FAILED') : done),
  );
  const attempt = await add();
  await until('the attempt has ended', ended);
  expect(events(attempt)).toEqual([
    'started',
    'retrying TRANSFER_FAILED',
    'started',
    'retrying TRANSFER_FAILED',
    'started',
    'completed',
  ]);
});

test('A5 D2: while the master is away no try is spent, and the next follows when it answers', async () => {
  let away = true;
  let executions = 0;
  const { add, events, ended, queue } = queueOf(
    () => {
      executions += 1;
      return Promise.resolve(away ? failing('NODE_REFUSED') : done);
    },
    { maxRetries: 0, delayMs: 60_000 },
  );
  const attempt = await add();
  for (const count of [1, 2, 3]) {
    await until('it has broken off', () => executions === count && queue.depth().running === 0);
    if (count === 3) away = false;
    queue.release([attempt]);
  }
  await until('the attempt has ended', ended);
  const brokenOff = ['started', 'retrying NODE_REFUSED'];
  expect(events(attempt)).toEqual([...brokenOff, ...brokenOff, ...brokenOff, 'started', 'completed']);
});

test('S2: after the last retry the attempt fails with its own error', async () => {
  const { add, events, ended } = queueOf(() => Promise.resolve(failing('TRANSFER_FAILED')), {
    maxRetries: 1,
  });
  const attempt = await add();
  await until('the attempt has ended', ended);
  expect(events(attempt)).toEqual([
    'started',
    'retrying TRANSFER_FAILED',
    'started',
    'failed TRANSFER_FAILED',
  ]);
});

test('S2: an attempt that waits for its next try takes no slot', async () => {
  const { add, events, queue } = queueOf(
    ({ attempt }) =>
      Promise.resolve(attempt.work.kind === 'create-archive' ? done : failing('TRANSFER_FAILED')),
    { workers: 1, delayMs: 50_000 },
  );
  const waiting = await add();
  await until('the first waits', () => events(waiting).length === 2);
  const other: Attempt = {
    ...sampleAttempt(),
    work: { kind: 'create-archive', format: 'zip', level: 'fast', password: null },
  };
  await add(other);
  await until('the other has completed', () => events(other).at(-1) === 'completed');
  expect(queue.depth()).toEqual({ running: 0, queued: 1 });
});

test('S2: the timeout ends the work itself, and the slot is free only then', async () => {
  const { state, execute } = stubborn();
  const { add, events, queue, ended } = queueOf(execute, { workers: 1, maxExecutionMs: 20 });
  const slow = await add();
  await add();
  await until('the first is told to stop', () => state.aborted === 1);
  expect(state.begun).toBe(1);
  expect(queue.depth()).toEqual({ running: 1, queued: 1 });
  state.gate.resolve();
  await until('both have ended', ended);
  expect(state.stopped).toBe(2);
  expect(events(slow)).toEqual(['started', 'failed TASK_TIMEOUT']);
});

test('T3: a cancel while queued, waiting or running ends in one canceled report', async () => {
  const { state, execute } = stubborn();
  state.gate.resolve();
  const { add, events, queue, ended } = queueOf(
    (held, run) =>
      held.attempt.attempt === 2 ? Promise.resolve(failing('TRANSFER_FAILED')) : execute(held, run),
    { workers: 1, delayMs: 50_000 },
  );
  const waiting = await add(sampleAttempt({ attempt: 2 }));
  await until('it waits', () => events(waiting).length === 2);
  const running = await add();
  const queued = await add();
  await until('it runs', () => state.begun === 1);
  for (const attempt of [queued, waiting, running]) expect(queue.abort(attempt, 'user')).toBe(true);
  await until('all have ended', ended);
  expect(events(queued)).toEqual(['canceled']);
  expect(events(waiting)).toEqual(['started', 'retrying TRANSFER_FAILED', 'canceled']);
  expect(events(running)).toEqual(['started', 'canceled']);
  expect(state.begun).toBe(1);
  expect(queue.abort(running, 'user')).toBe(false);
});

test('T10: an attempt that has lost its lease says nothing more', async () => {
  const { state, execute } = stubborn();
  state.gate.resolve();
  const { add, events, queue, ended, journal } = queueOf(execute);
  const attempt = await add();
  await until('it runs', () => state.begun === 1);
  queue.abort(attempt, 'lease-lost');
  await until('it has ended', ended);
  expect(events(attempt)).toEqual([]);
  expect(journal.attempts.held('key')).toEqual([]);
});

test('S4: a shutdown gives back what does not run, and what does not end within the grace period', async () => {
  const { state, execute } = stubborn();
  state.gate.resolve();
  let finishQuick = (): void => undefined;
  const { add, events, queue } = queueOf(
    (held, run) =>
      held.attempt.attempt === 7
        ? new Promise((resolve) => {
            finishQuick = () => resolve(done);
          })
        : execute(held, run),
    { workers: 2 },
  );
  const quick = await add(sampleAttempt({ attempt: 7 }));
  const slow = await add();
  const queued = await add();
  await until('two run', () => queue.depth().running === 2 && state.begun === 1);
  const stopped = queue.shutdown({ graceMs: 40, giveBack: true });
  finishQuick();
  await stopped;
  expect(events(quick)).toEqual(['started', 'completed']);
  expect(events(slow)).toEqual(['started', 'returned SHUTTING_DOWN']);
  expect(events(queued)).toEqual(['returned SHUTTING_DOWN']);
  expect(queue.depth()).toEqual({ running: 0, queued: 0 });
});

test('S3: a shutdown that gives nothing back leaves the work in the journal', async () => {
  const { state, execute } = stubborn();
  state.gate.resolve();
  const { add, queue, journal, events } = queueOf(execute, { workers: 1 });
  const attempts = [await add(), await add()];
  await until('one runs', () => state.begun === 1);
  await queue.shutdown({ graceMs: 0, giveBack: false });
  expect(journal.attempts.unfinished().map(({ attempt }) => attempt.partId)).toEqual(
    attempts.map((a) => a.partId),
  );
  expect(attempts.flatMap(events)).toEqual(['started']);
});

test('S3: an attempt of the journal runs only after its lease was confirmed', async () => {
  const { state, execute } = stubborn();
  state.gate.resolve();
  const { add, queue, journal, events } = queueOf(execute);
  const [kept, lost] = [sampleAttempt(), sampleAttempt()];
  await journal.write(() => {
    for (const attempt of [kept, lost]) journal.attempts.insert('key', attempt);
  });
  for (const attempt of journal.attempts.unfinished()) queue.hold(attempt);
  const fence = await add();
  await until('what came later runs', () => events(fence).length === 1);
  expect(events(kept)).toEqual([]);
  queue.abort(lost, 'lease-lost');
  queue.release([kept, lost]);
  await until('the kept one runs', () => events(kept).length === 1);
  await until('the lost one is gone', () => queue.depth().running === 2);
  expect(events(lost)).toEqual([]);
});

test('an attempt that ends the process each time is given up after the last retry', async () => {
  const { queue, journal, events, ended } = queueOf(() => expect.unreachable(), { maxRetries: 2 });
  const attempt = sampleAttempt();
  await journal.write(() => {
    journal.attempts.insert('key', attempt);
    for (let n = 0; n < 3; n += 1) journal.attempts.change(attempt, { state: 'running' });
  });
  for (const unfinished of journal.attempts.unfinished()) queue.hold(unfinished);
  queue.release([attempt]);
  await until('it has ended', ended);
  expect(events(attempt)).toEqual(['failed ATTEMPTS_EXHAUSTED']);
});
