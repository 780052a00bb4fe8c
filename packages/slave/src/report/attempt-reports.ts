import {
  type AppError,
  type Attempt,
  type AttemptRef,
  type LogLine,
  type Progress,
  type ReportEvent,
  type Transferred,
  toErrorInfo,
} from '@longshore/protocol';
import type { Clock, Logger } from '@longshore/runtime';
import { attemptKey } from '../journal/attempt-key.ts';
import type { AttemptChange, AttemptRows } from '../journal/attempt-rows.ts';
import type { Journal } from '../journal/open-journal.ts';
import { createPendingLines, type NewLine, type PendingLines } from './attempt-log.ts';

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
  /** Counts bytes of blobs; the sums travel with every report. */
  transferred(held: HeldAttempt, moved: { direction: 'read' | 'write'; bytes: number }): void;
  /** Never waits. A line travels with the next report; when there is none for a while, with one of its own. */
  log(held: HeldAttempt, line: NewLine): void;
  /** The attempt belongs to somebody else now: forgets it and all that was not sent. */
  drop(ref: AttemptRef): Promise<void>;
  /** Takes the progress that is due to be sent to the master of these keys. */
  dueProgress(isOwnKey: IsOwnKey): DueProgress[];
  /** True when there is progress to send, due or not. */
  hasProgress(isOwnKey: IsOwnKey): boolean;
};

/** One master has several keys, one after the other; work that came with an older one keeps its id. */
export type IsOwnKey = (keyId: string) => boolean;

export type DueProgress = {
  readonly ref: AttemptRef;
  readonly progress: Progress;
  readonly transferred: Transferred;
};

const progressEveryMs = 500;
const linesEveryMs = 1000;

type Pending = { readonly lines: PendingLines; timer: NodeJS.Timeout | undefined };

export function createAttemptReports(options: {
  journal: Journal;
  clock: Clock;
  log: Logger;
  /** Called after there is something to send to the master of a key; what ends or delays an attempt at once. */
  onReport: (keyId: string, when: 'now' | 'soon') => void;
}): AttemptReports {
  const { journal, clock, onReport } = options;
  const latest = new Map<
    string,
    Omit<DueProgress, 'transferred'> & { keyId: string; dirty: boolean; sentAtMs: number }
  >();

  const pending = new Map<string, Pending>();
  /** How many reports of an attempt wait for the disk: none must overtake them. */
  const writing = new Map<string, number>();
  /** Of attempts that run in this process, earlier tries and processes included. */
  const moved = new Map<string, { readBytes: number; writtenBytes: number }>();

  const forget = (ref: AttemptRef): void => {
    const key = attemptKey(ref);
    latest.delete(key);
    moved.delete(key);
    clearTimeout(pending.get(key)?.timer);
    pending.delete(key);
  };

  const write = async (
    held: HeldAttempt,
    event: ReportEvent,
    change: AttemptChange | null,
  ): Promise<void> => {
    const { keyId, attempt: ref } = held;
    const put = ({ attempts, outbox }: Pick<Journal, 'attempts' | 'outbox'>): void => {
      const key = attemptKey(ref);
      if (change?.state === 'running') moved.set(key, attempts.transferred(ref));
      attempts.saveTransferred(ref, moved.get(key) ?? null);
      const isOpen = change === null ? attempts.isUnfinished(ref) : attempts.change(ref, change);
      if (!isOpen) {
        forget(ref);
        return;
      }
      const log = takeLines(attempts, ref);
      outbox.insert({ ref, sequence: attempts.nextSequence(ref), event, log });
    };
    // After a power failure an attempt that had begun begins again, unless its master knows by then that it is done.
    if (event.type === 'started' || (event.type === 'completed' && !writing.has(attemptKey(ref)))) {
      await journal.note(put);
    } else {
      await writeDurably(ref, put);
    }
    if (change?.state === 'final') {
      forget(ref);
      if (hasPassword(held.attempt)) journal.eraseTraces();
    }
    onReport(keyId, event.type === 'started' || event.type === 'outputs' ? 'soon' : 'now');
  };

  async function writeDurably(ref: AttemptRef, put: (rows: Journal) => void): Promise<void> {
    const key = attemptKey(ref);
    writing.set(key, (writing.get(key) ?? 0) + 1);
    try {
      await journal.write(() => put(journal));
    } finally {
      const others = (writing.get(key) ?? 1) - 1;
      if (others === 0) writing.delete(key);
      else writing.set(key, others);
    }
  }

  /** In the transaction that writes them: a line that a full disk keeps out of the journal is given up. */
  function takeLines(attempts: AttemptRows, ref: AttemptRef): readonly LogLine[] {
    const waiting = pending.get(attemptKey(ref));
    if (waiting === undefined) return [];
    clearTimeout(waiting.timer);
    waiting.timer = undefined;
    const { dropped, lines } = waiting.lines.take();
    if (lines.length === 0) return [];
    const last = attempts.countLines(ref, dropped + lines.length);
    return lines.map((line, at) => ({ ...line, number: last - lines.length + 1 + at }));
  }

  function sendLines(held: HeldAttempt): void {
    const progress = latest.get(attemptKey(held.attempt))?.progress ?? noProgress;
    // Written to the journal, unlike other progress, because of the lines that go with it.
    write(held, { type: 'progress', progress }, null).catch((error: unknown) =>
      options.log.warn({ err: error }, 'log lines of an attempt could not be written'),
    );
  }

  return {
    log: (held, line) => {
      const key = attemptKey(held.attempt);
      const waiting = pending.get(key) ?? { lines: createPendingLines(), timer: undefined };
      pending.set(key, waiting);
      waiting.lines.add(line);
      waiting.timer ??= setTimeout(() => {
        waiting.timer = undefined;
        sendLines(held);
      }, linesEveryMs);
    },
    transferred: ({ keyId, attempt: { partId, attempt } }, { direction, bytes }) => {
      const ref = { partId, attempt };
      const key = attemptKey(ref);
      const sums = moved.get(key);
      if (sums === undefined) return;
      sums[direction === 'read' ? 'readBytes' : 'writtenBytes'] += bytes;
      const before = latest.get(key);
      if (before?.dirty === true) return;
      // Over a slow way bytes move long before the work is a step further. Short work says it all at its end.
      const first = { keyId, ref, progress: noProgress, sentAtMs: clock.monotonicMs() };
      latest.set(key, { ...(before ?? first), dirty: true });
      onReport(keyId, 'soon');
    },
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
        sentAtMs: before?.sentAtMs ?? Number.NEGATIVE_INFINITY,
      });
      if (before?.dirty !== true) onReport(keyId, 'soon');
    },
    drop: async (ref) => {
      await journal.write(() => {
        journal.attempts.change(ref, { state: 'final', atMs: clock.nowMs() });
        journal.outbox.dropAttempt(ref);
      });
      forget(ref);
    },
    dueProgress: (isOwnKey) => {
      const nowMs = clock.monotonicMs();
      const due = latest
        .values()
        .filter((entry) => isOwnKey(entry.keyId) && entry.dirty && nowMs - entry.sentAtMs >= progressEveryMs)
        .toArray();
      for (const entry of due) {
        entry.dirty = false;
        entry.sentAtMs = nowMs;
      }
      return due.map(({ ref, progress }) => {
        const transferred = moved.get(attemptKey(ref)) ?? nothing;
        return { ref, progress, transferred: { ...transferred } };
      });
    },
    hasProgress: (isOwnKey) => latest.values().some((entry) => isOwnKey(entry.keyId) && entry.dirty),
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

const nothing: Transferred = { readBytes: 0, writtenBytes: 0 };

const noProgress: Progress = {
  phase: 'working',
  bytesDone: 0,
  bytesTotal: null,
  entriesDone: 0,
  entriesTotal: null,
};
