import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { AppError, type ErrorCode } from '@longshore/protocol';
import type { ThreadAnswer, ThreadWork, WorkInput, WorkName, WorkOutput } from './thread-work.ts';

/** The right of one extraction or creation to use the threads; all that are in use take turns. */
export type ThreadShare = {
  /**
   * Runs a piece of work of some milliseconds on a thread. `transfer` gives buffers away instead of copying.
   * Work that has not begun when the signal aborts never runs.
   */
  run<N extends WorkName>(
    name: N,
    input: WorkInput<N>,
    options: { signal: AbortSignal; transfer?: readonly ArrayBuffer[] },
  ): Promise<WorkOutput<N>>;
};

/** The threads on which all archive work of this process is done. */
export type ArchiveThreads = {
  readonly size: number;
  /** Processor time that a program may take which works in their place; null for no limit. */
  readonly maxCpuSeconds: number | null;
  share(): ThreadShare;
  /** Ends the threads at once; what runs fails with `SHUTTING_DOWN`. */
  close(): Promise<void>;
};

type Pending = {
  readonly name: WorkName;
  readonly input: unknown;
  readonly transfer: readonly ArrayBuffer[];
  readonly resolve: (output: never) => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal;
};

type Thread = { readonly worker: Worker; current: Pending | null };

/** Threads start when there is work for them, and do not keep the process alive while they have none. */
export function createArchiveThreads(options: {
  size: number;
  /** How long a piece of work may take in all. */
  maxExecutionMs?: () => number;
}): ArchiveThreads {
  const { size, maxExecutionMs } = options;
  const threads: Thread[] = [];
  /** Shares with pending work, the one whose turn it is first. */
  const waiting: Pending[][] = [];
  let closed = false;

  function startThread(): Thread {
    const worker = new Worker(new URL('./archive-worker.ts', import.meta.url), {
      // A small nursery frees the buffers of finished work soon instead of letting them pile up.
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 128 },
    });
    worker.unref();
    const thread: Thread = { worker, current: null };
    threads.push(thread);
    worker.on('message', (answer: ThreadAnswer) => {
      const done = thread.current;
      thread.current = null;
      worker.unref();
      dispatch();
      if (done !== null) settle(done, answer);
    });
    const lose = (cause: unknown) => {
      const at = threads.indexOf(thread);
      if (at !== -1) threads.splice(at, 1);
      thread.current?.reject(lost(cause));
      thread.current = null;
      if (!closed) dispatch();
    };
    worker.on('error', lose);
    worker.on('exit', lose);
    return thread;
  }

  const lost = (cause: unknown): AppError =>
    closed
      ? new AppError('SHUTTING_DOWN', 'the archive threads were stopped')
      : new AppError('INTERNAL', 'an archive thread ended unexpectedly', { cause });

  function dispatch(): void {
    while (waiting.length > 0) {
      const thread =
        threads.find(({ current }) => current === null) ?? (threads.length < size ? startThread() : null);
      if (thread === null) return;
      const queue = waiting.shift();
      const next = queue?.shift();
      if (queue === undefined || next === undefined) continue;
      if (queue.length > 0) waiting.push(queue);
      if (next.signal.aborted) {
        next.reject(next.signal.reason);
        continue;
      }
      thread.current = next;
      thread.worker.ref();
      const work: ThreadWork = { name: next.name, input: next.input };
      thread.worker.postMessage(work, [...next.transfer]);
    }
  }

  return {
    size,
    get maxCpuSeconds() {
      if (maxExecutionMs === undefined) return null;
      // Other programs take no notice of the number of threads here when they only decode.
      return Math.ceil(maxExecutionMs() / 1000) * Math.max(size, availableParallelism());
    },
    share() {
      const queue: Pending[] = [];
      return {
        run: (name, input, { signal, transfer = [] }) =>
          new Promise((resolve, reject) => {
            if (closed) return reject(lost(null));
            if (signal.aborted) return reject(signal.reason);
            queue.push({ name, input, transfer, resolve, reject, signal });
            if (queue.length === 1) waiting.push(queue);
            dispatch();
          }),
      };
    },
    async close() {
      closed = true;
      for (const queue of waiting.splice(0))
        for (const pending of queue.splice(0)) pending.reject(lost(null));
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}

function settle(pending: Pending, answer: ThreadAnswer): void {
  if (pending.signal.aborted) pending.reject(pending.signal.reason);
  else if ('output' in answer) pending.resolve(answer.output as never);
  else pending.reject(new AppError(answer.code as ErrorCode, answer.message));
}
