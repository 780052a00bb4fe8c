/**
 * The attempts this node holds and has not finished.
 *
 * ```
 *          release            slot free            ok, failed for good, stopped
 *   held ──────────→ queued ─────────────→ running ─────────────────────────────→ (gone)
 *    ↑                 ↑                    │   │ failed, may be tried again
 *    │                 └────── waiting ←────┼───┘
 *    │                 delay over           │
 *    └──────────────────────────────────────┘ the master is away
 * ```
 * An attempt read from the journal is held until its master has confirmed that the lease still stands, and so is one
 * whose master could not be reached. A waiting
 * one takes no slot. Stopping one that does not run ends it at once; one that runs ends when its work has ended.
 */
import { AppError, type AttemptRef, type Progress, toErrorInfo } from '@longshore/protocol';
import type { Clock, Logger, LogLevel } from '@longshore/runtime';
import PQueue from 'p-queue';
import { attemptKey } from '../journal/attempt-key.ts';
import type { SlaveMeter } from '../metrics/slave-metrics.ts';
import { type AttemptLog, createAttemptLog } from '../report/attempt-log.ts';
import type { AttemptReports, HeldAttempt } from '../report/attempt-reports.ts';
import type { AbortReason } from './abort-reason.ts';
import type { ExecuteAttempt } from './execute-attempt.ts';
import { type NextStep, nextStep, type Outcome, type RetryPolicy } from './next-step.ts';

export type QueuedAttempt = HeldAttempt & {
  readonly tries: number;
  readonly executedMs: number;
  /** Wall clock before which it must not run; 0 for at once. */
  readonly notBeforeMs: number;
};

export type AttemptQueue = {
  add(attempt: HeldAttempt): void;
  /** Takes an attempt from the journal, to wait for `release`. */
  hold(attempt: QueuedAttempt): void;
  /** The master of a key has confirmed the leases of these. */
  release(refs: readonly AttemptRef[]): void;
  /** Begins to stop an attempt; it is gone when its work has ended. False when it is not here. */
  abort(ref: AttemptRef, reason: 'user' | 'lease-lost'): boolean;
  depth(): { running: number; queued: number };
  /** In force for everything that begins from now on; what runs keeps its deadline. */
  reconfigure(settings: { workers: number; policy: RetryPolicy; logLevel: LogLevel }): void;
  /**
   * Gives back at once what does not run, lets the rest run on for `graceMs`, then stops it. With `giveBack` false
   * everything is stopped and stays in the journal for the next start.
   */
  shutdown(options: { graceMs: number; giveBack: boolean }): Promise<void>;
};

type Entry = {
  readonly held: HeldAttempt;
  readonly abort: AbortController;
  readonly log: AttemptLog;
  state: 'held' | 'queued' | 'running' | 'waiting';
  tries: number;
  executedMs: number;
  /** Executions that broke off because the master was away. */
  outages: number;
  notBeforeMs: number;
  timer: NodeJS.Timeout | undefined;
  /** Resolves when a running execution has ended and what follows is in the journal. */
  ended: Promise<void>;
};

export function createAttemptQueue(options: {
  workers: number;
  policy: RetryPolicy;
  reports: AttemptReports;
  executeAttempt: ExecuteAttempt;
  meter: Pick<SlaveMeter, 'tryEnded'>;
  clock: Clock;
  log: Logger;
  random: () => number;
}): AttemptQueue {
  const { reports, executeAttempt, clock } = options;
  let { policy } = options;
  const slots = new PQueue({ concurrency: options.workers });
  const entries = new Map<string, Entry>();
  let giveBack = true;
  let stopping = false;

  function insert(from: QueuedAttempt, state: Entry['state']): Entry {
    const { keyId, attempt } = from;
    const { taskId, partId, requestId } = attempt;
    const held = { keyId, attempt };
    const entry: Entry = {
      held,
      abort: new AbortController(),
      log: createAttemptLog({
        program: options.log.child({ taskId, partId, attempt: attempt.attempt, requestId }),
        nowMs: clock.nowMs,
        write: (line) => reports.log(held, line),
      }),
      state,
      tries: from.tries,
      executedMs: from.executedMs,
      outages: 0,
      notBeforeMs: from.notBeforeMs,
      timer: undefined,
      ended: Promise.resolve(),
    };
    entries.set(attemptKey(attempt), entry);
    return entry;
  }

  function enqueue(entry: Entry): void {
    entry.state = 'queued';
    void slots.add(async () => {
      if (entry.state !== 'queued' || stopping) return;
      entry.state = 'running';
      entry.ended = run(entry);
      await entry.ended;
    });
  }

  function waitUntil(entry: Entry, notBeforeMs: number): void {
    entry.state = 'waiting';
    entry.notBeforeMs = notBeforeMs;
    const delayMs = Math.min(Math.max(0, notBeforeMs - clock.nowMs()), policy.backoff.maxMs);
    entry.timer = setTimeout(() => enqueue(entry), delayMs);
  }

  const run = (entry: Entry): Promise<void> => unlessJournalFails(entry, () => execute(entry));

  /** Nothing can be said about an attempt before the journal can be written: until then it comes back. */
  async function unlessJournalFails(entry: Entry, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      entry.log.program.error(
        { err: error },
        'the state of an attempt could not be written, it is tried again',
      );
      if (!stopping) waitUntil(entry, clock.nowMs() + policy.backoff.delayMs);
    }
  }

  async function execute(entry: Entry): Promise<void> {
    if (entry.abort.signal.aborted) return await settle(entry, stoppedStep(entry));
    if (entry.tries > policy.maxRetries) {
      const message = `the node ended ${entry.tries} times while it ran this`;
      return await settle(entry, { type: 'fail', error: new AppError('ATTEMPTS_EXHAUSTED', message) });
    }
    entry.tries += 1;
    await reports.record(entry.held, { type: 'started', try: entry.tries });
    entry.log.info({ try: entry.tries, work: entry.held.attempt.work.kind }, 'try begins');
    const executedMs = entry.executedMs;
    const outcome = await executeUntilDeadline(entry);
    const step = nextStep(outcome, entry, policy, options.random());
    options.meter.tryEnded({
      kind: entry.held.attempt.work.kind,
      outcome: step.type,
      code: 'error' in step ? step.error.code : null,
      durationMs: entry.executedMs - executedMs,
    });
    await settle(entry, step);
  }

  async function executeUntilDeadline(entry: Entry): Promise<Outcome> {
    const startedMs = clock.monotonicMs();
    const leftMs = Math.max(0, policy.maxExecutionMs - entry.executedMs);
    const deadline = setTimeout(() => entry.abort.abort('timeout' satisfies AbortReason), leftMs);
    try {
      const { tries, log, abort } = entry;
      if (abort.signal.aborted) return { type: 'stopped', reason: abort.signal.reason as AbortReason };
      return await executeAttempt(entry.held, { tries, log, signal: abort.signal });
    } finally {
      clearTimeout(deadline);
      entry.executedMs += clock.monotonicMs() - startedMs;
    }
  }

  async function settle(entry: Entry, step: NextStep): Promise<void> {
    const { held, log } = entry;
    switch (step.type) {
      case 'complete':
        log.info({ ...executed(entry), ...amount(step.progress) }, 'attempt completed');
        await reports.record(held, { ...step, type: 'completed' });
        break;
      case 'fail':
        log.failure('warn', { try: entry.tries, ...executed(entry) }, step.error, 'attempt failed');
        await reports.record(held, { type: 'failed', error: toErrorInfo(step.error) });
        break;
      case 'retry': {
        // A stop that came between the failure and now is not lost by waiting.
        if (entry.abort.signal.aborted) return await settle(entry, stoppedStep(entry));
        const { error, delayMs } = step;
        const { tries, executedMs } = entry;
        log.failure('warn', { try: tries, delayMs }, error, 'try failed, the next one follows after a delay');
        await reports.retrying(held, { try: tries, error, delayMs, executedMs });
        if (entry.abort.signal.aborted) return await settle(entry, stoppedStep(entry));
        return waitUntil(entry, clock.nowMs() + delayMs);
      }
      case 'await-master': {
        if (entry.abort.signal.aborted) return await settle(entry, stoppedStep(entry));
        const { error } = step;
        const { tries, executedMs } = entry;
        log.failure('warn', { try: tries }, error, 'try broke off, it begins again when the master answers');
        await reports.retrying(held, { try: tries, error, delayMs: 0, executedMs });
        if (entry.abort.signal.aborted) return await settle(entry, stoppedStep(entry));
        entry.tries -= 1;
        entry.outages += 1;
        entry.notBeforeMs = 0;
        entry.state = 'held';
        return;
      }
      case 'cancel':
        log.info(executed(entry), 'attempt canceled');
        await reports.record(held, { type: 'canceled' });
        break;
      case 'give-back':
        log.info({ giveBack, ...executed(entry) }, 'attempt interrupted, the slave stops');
        if (giveBack) await reports.record(held, { type: 'returned', error: toErrorInfo(shuttingDown()) });
        break;
      case 'drop':
        await reports.drop(held.attempt);
        log.program.info({}, 'attempt dropped, its lease is lost');
        break;
      default:
        step satisfies never;
    }
    entries.delete(attemptKey(held.attempt));
  }

  const stoppedStep = (entry: Entry): NextStep =>
    nextStep(
      { type: 'stopped', reason: entry.abort.signal.reason as AbortReason },
      entry,
      policy,
      options.random(),
    );

  async function stop(entry: Entry, reason: AbortReason): Promise<void> {
    entry.abort.abort(reason);
    if (entry.state === 'running') return await entry.ended;
    clearTimeout(entry.timer);
    // Claimed here, so that neither its slot nor its timer begins it any more.
    entry.state = 'running';
    entry.ended = unlessJournalFails(entry, () => settle(entry, stoppedStep(entry)));
    await entry.ended;
  }

  return {
    add: (held) => enqueue(insert({ ...held, tries: 0, executedMs: 0, notBeforeMs: 0 }, 'queued')),
    hold: (attempt) => {
      insert(attempt, 'held');
    },
    release: (refs) => {
      for (const ref of refs) {
        const entry = entries.get(attemptKey(ref));
        if (entry?.state !== 'held') continue;
        if (entry.notBeforeMs > clock.nowMs()) waitUntil(entry, entry.notBeforeMs);
        else enqueue(entry);
      }
    },
    abort: (ref, reason) => {
      const entry = entries.get(attemptKey(ref));
      if (entry === undefined) return false;
      void stop(entry, reason);
      return true;
    },
    depth: () => {
      let running = 0;
      for (const entry of entries.values()) if (entry.state === 'running') running += 1;
      return { running, queued: entries.size - running };
    },
    reconfigure: (settings) => {
      policy = settings.policy;
      slots.concurrency = settings.workers;
      for (const entry of entries.values()) entry.log.program.level = settings.logLevel;
    },
    shutdown: async (how) => {
      stopping = true;
      giveBack = how.giveBack;
      const all = [...entries.values()];
      const running = all.filter((entry) => entry.state === 'running');
      await Promise.all(
        all.filter((entry) => entry.state !== 'running').map((entry) => stop(entry, 'shutdown')),
      );
      const drained = Promise.all(running.map((entry) => entry.ended));
      const grace = setTimeout(() => {
        for (const entry of running) entry.abort.abort('shutdown' satisfies AbortReason);
      }, how.graceMs);
      await drained;
      clearTimeout(grace);
      // What failed during the grace period waits for a next try that this process will not make.
      await Promise.all([...entries.values()].map((entry) => stop(entry, 'shutdown')));
    },
  };
}

const executed = ({ executedMs }: Entry) => ({ executedMs: Math.round(executedMs) });

const amount = ({ bytesDone, entriesDone }: Progress) => ({ bytesDone, entriesDone });

const shuttingDown = (): AppError => new AppError('SHUTTING_DOWN', 'the slave is stopping');
