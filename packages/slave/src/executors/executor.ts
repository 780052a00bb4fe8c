import type { Attempt, Progress, ReportEvent, StoredBlob, Work, WorkKind } from '@longshore/protocol';
import type { TempSpace } from '../archive/ports.ts';
import type { TransferMeter } from '../metrics/slave-metrics.ts';
import type { AttemptLog } from '../report/attempt-log.ts';
import type { MasterLink } from '../report/master-link.ts';

/** What an executor says of its work before it ends. */
export type WorkEvent = Extract<ReportEvent, { type: 'outputs' | 'rejected' }>;

/** One execution of an attempt. */
export type Execution = {
  readonly attempt: Attempt;
  readonly link: MasterLink;
  /** Aborted with an `AbortReason`. The executor then stops, frees all it holds, and throws whatever it likes. */
  readonly signal: AbortSignal;
  readonly tempSpace: TempSpace;
  /** Counts what the attempt reads and stores. */
  readonly meter: TransferMeter;
  /** For the owner of the task and the administrator. */
  readonly log: AttemptLog;
  /** Positions of the outputs that earlier executions of the part have stored. */
  storedOutputs(): Promise<ReadonlySet<number>>;
  /** Where the file at one of these positions is; null when the master cannot tell. */
  findStored(index: number): Promise<StoredBlob | null>;
  progress(progress: Progress): void;
  /** Resolves when the event is in the journal. */
  report(event: WorkEvent): Promise<void>;
};

export type WorkOf<Kind extends WorkKind> = Extract<Work, { kind: Kind }>;

/** What an executor ends with. `unread` as in the report that the work is completed. */
export type WorkDone = Pick<Extract<ReportEvent, { type: 'completed' }>, 'progress' | 'unread'>;

/**
 * Does one kind of work and resolves when everything it made was reported. Throws an
 * `AppError`; a retryable one is tried again, on what is stored by then.
 */
export type Executor<Kind extends WorkKind> = (work: WorkOf<Kind>, execution: Execution) => Promise<WorkDone>;
