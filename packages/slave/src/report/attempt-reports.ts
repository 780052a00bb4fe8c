import {
  type AppError,
  type Attempt,
  type AttemptRef,
  type Progress,
  type ReportEvent,
  toErrorInfo,
} from '@longshore/protocol';
import type { Clock } from '@longshore/runtime';
import { attemptKey } from '../journal/attempt-key.ts';
import type { AttemptChange } from '../journal/attempt-rows.ts';
import type { Journal } from '../journal/open-journal.ts';

/** One attempt as the steps behind the inbox know it: what to do, and for which master. */
export type HeldAttempt = { readonly keyId: string; readonly attempt: Attempt };

/** The reports that need nothing but themselves to be written. */
export type RecordedEvent = Exclude<ReportEvent, { type: 'progress' | 'retrying' }>;

/**
 * Where the other steps say what happens to an attempt. Every report but progress is in the journal, together with
 * the state it means, before the promise resolves; it is sent by itself then. Nothing is reported of an attempt
 * that is final: a late report of work that was stopped is dropped.
 */
export type AttemptReports = {
  record(held: HeldAttempt, event: RecordedEvent): Promise<void>;
  retrying(
    held: HeldAttempt,
    retry: { try: number; error: AppError; delayMs: number; executedMs: number },
  ): Promise<void>;
  /** Never waits and may be forgotten: the latest wins. */
  progress(held: HeldAttempt, progress: Progress): void;
  /** The attempt belongs to somebody else now: forgets it and all that was not sent. */
  drop(ref: AttemptRef): Promise<void>;
  /** Takes the progress that is due to be sent. */
  dueProgress(keyId: string): DueProgress[];
  /** True when there is progress to send, due or not. */
  hasProgress(keyId: string): boolean;
};

export type DueProgress = { readonly ref: AttemptRef; readonly progress: Progress };

const progressEveryMs = 500;

export function createAttemptReports(options: {
  journal: Journal;
  clock: Clock;
  /** Called after there is something to send to the master of a key; what ends or delays an attempt at once. */
  onReport: (keyId: string, when: 'now' | 'soon') => void;
}): AttemptReports {
  const { journal, clock, onReport } = options;
  const latest = new Map<string, DueProgress & { keyId: string; dirty: boolean; sentAtMs: number }>();

  const write = async (
    held: HeldAttempt,
    event: ReportEvent,
    change: AttemptChange | null,
  ): Promise<void> => {
    const { keyId, attempt: ref } = held;
    const put = ({ attempts, outbox }: Pick<Journal, 'attempts' | 'outbox'>): void => {
      if (change === null ? !attempts.isUnfinished(ref) : !attempts.change(ref, change)) return;
      outbox.insert({ keyId, ref, sequence: attempts.nextSequence(ref), event });
    };
    // After a power failure an attempt that had begun begins again.
    if (event.type === 'started') journal.note(put);
    else await journal.write(() => put(journal));
    if (change?.state === 'final') {
      latest.delete(attemptKey(ref));
      if (hasPassword(held.attempt)) journal.eraseTraces();
    }
    onReport(keyId, event.type === 'started' || event.type === 'outputs' ? 'soon' : 'now');
  };

  return {
    record: (held, event) => write(held, event, changeOf(event, clock.nowMs())),
    retrying: (held, retry) => {
      const { delayMs, executedMs } = retry;
      const event = { type: 'retrying', try: retry.try, error: toErrorInfo(retry.error), delayMs } as const;
      return write(held, event, { state: 'waiting', notBeforeMs: clock.nowMs() + delayMs, executedMs });
    },
    progress: ({ keyId, attempt: ref }, progress) => {
      const key = attemptKey(ref);
      const before = latest.get(key);
      const { partId, attempt } = ref;
      latest.set(key, {
        keyId,
        ref: { partId, attempt },
        progress,
        dirty: true,
        // Work that is over before the first report is due needs none.
        sentAtMs: before?.sentAtMs ?? clock.monotonicMs(),
      });
      if (before?.dirty !== true) onReport(keyId, 'soon');
    },
    drop: async (ref) => {
      await journal.write(() => {
        journal.attempts.change(ref, { state: 'final', atMs: clock.nowMs() });
        journal.outbox.dropAttempt(ref);
      });
      latest.delete(attemptKey(ref));
    },
    dueProgress: (keyId) => {
      const nowMs = clock.monotonicMs();
      const due = latest
        .values()
        .filter((entry) => entry.keyId === keyId && entry.dirty && nowMs - entry.sentAtMs >= progressEveryMs)
        .toArray();
      for (const entry of due) {
        entry.dirty = false;
        entry.sentAtMs = nowMs;
      }
      return due.map(({ ref, progress }) => ({ ref, progress }));
    },
    hasProgress: (keyId) => latest.values().some((entry) => entry.keyId === keyId && entry.dirty),
  };
}

function changeOf(event: RecordedEvent, nowMs: number): AttemptChange | null {
  switch (event.type) {
    case 'started':
      return { state: 'running' };
    case 'completed':
    case 'failed':
    case 'canceled':
    case 'returned':
      return { state: 'final', atMs: nowMs };
    case 'outputs':
    case 'rejected':
      return null;
    default:
      return event satisfies never;
  }
}

const hasPassword = ({ work }: Attempt): boolean => 'password' in work && work.password !== null;
