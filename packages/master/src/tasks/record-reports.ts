import {
  AppError,
  type ErrorInfo,
  errorCatalogue,
  isErrorCode,
  type NodeId,
  type Output,
  type Report,
  toErrorInfo,
} from '@longshore/protocol';
import type { Database, Db } from '../database/open-database.ts';
import { countsAgainstNode, type PartOutcome } from '../nodes/circuit-breaker.ts';
import { avoidAlso } from '../scheduling/expire-leases.ts';
import { type NewBlob, stageReportedBlobs } from '../store/blobs/blob-rows.ts';
import { tryBegan, tryFailed } from '../store/parts/attempt-event.ts';
import { failPart, type Holder } from '../store/parts/outcomes.ts';
import {
  findPart,
  findStagedBlobs,
  insertOutputs,
  insertRejected,
  type ReportedAttempt,
  type ReportedPart,
  type ReportedSoFar,
  savePartProgress,
  setPartState,
} from '../store/parts/report-rows.ts';
import { requeuePart } from '../store/parts/requeue.ts';
import { type ReportNotes, writeTimeline } from './report-notes.ts';

/** What changed with a report, for those who are told after the commit. */
export type Recorded = {
  readonly verdict: 'recorded' | 'lease-lost';
  readonly taskId?: string;
  readonly change?: 'progress' | 'state' | 'ended';
  /** How the part has ended on this node, where that says something about the node. */
  readonly outcome?: PartOutcome;
  /** The attempt ended with this report. */
  readonly ended?: boolean;
};

export type RecordDeps = {
  database: Database;
  storeId: string;
  /** Size of a published blob of the master's own store, or undefined. */
  statBlob: (blobId: string) => Promise<number | undefined>;
  /** Nodes other than this one that could take the part over. */
  hasAlternative: (part: ReportedPart) => Promise<boolean>;
};

/** A part moves at most this often because nodes failed it for their own reasons. */
const mostMoves = 5;

export const lost: Recorded = { verdict: 'lease-lost' };

/** A report with what had to be looked up for it before the transaction. */
export type PreparedReport = {
  readonly deps: RecordDeps;
  readonly holder: Holder;
  readonly report: Report;
  /** Blobs that the node wrote straight into the store; their rows are made now. */
  readonly direct: readonly NewBlob[];
  readonly wrong: AppError | undefined;
  /** A failure that another node may do better. */
  readonly movable: boolean;
};

export async function prepareReport(
  deps: RecordDeps,
  nodeId: NodeId,
  report: Report,
): Promise<PreparedReport> {
  const holder: Holder = { partId: report.partId, attempt: report.attempt, nodeId };
  const outputs = report.event.type === 'outputs' ? report.event.outputs : [];
  const { direct, wrong } = await checkBlobs(deps, report.partId, outputs);
  const movable = report.event.type === 'failed' && (await mayMove(deps, holder, report.event.error));
  return { deps, holder, report, direct, wrong, movable };
}

/**
 * Records the reports of one attempt, in their order, in the caller's transaction. Everything is conditional on (part,
 * attempt, node): a report of an attempt that has lost its lease changes nothing and says so, and a repeated report is
 * acknowledged again.
 */
export async function recordReports(
  tx: Db,
  attempt: {
    reports: readonly PreparedReport[];
    /** What is stored of the attempt, locked; undefined when this node never had it. */
    reported: ReportedAttempt | undefined;
    notes: ReportNotes;
  },
): Promise<Recorded[]> {
  const { reports, reported, notes } = attempt;
  const [first] = reports;
  if (first === undefined) return [];
  const { holder } = first;
  if (reported === undefined || !isHeldBy(reported.part, holder)) {
    const known = reported?.endedSequence ?? 0;
    return reports.map(({ report }) => (report.sequence <= known ? { verdict: 'recorded' } : lost));
  }
  const { part } = reported;
  notes.reported.push({ ...holder, ...howFar(reports, reported) });
  const last = reports.at(-1)?.report.event;
  const endsHere = last !== undefined && endings.includes(last.type);
  const recorded: Recorded[] = [];
  /** What the report that ended the attempt had for an answer. */
  let end: Recorded | undefined;
  for (const prepared of reports) {
    const one =
      end === undefined
        ? await recordOne(tx, { ...prepared, part, reported, endsHere, notes })
        : afterEnd(end);
    recorded.push(one);
    if (one.verdict === 'lease-lost' || one.ended === true) end = one;
  }
  return recorded;
}

/** The highest of everything that the reports say and what is known. */
function howFar(
  reports: readonly PreparedReport[],
  known: Pick<ReportedAttempt, 'lastSequence' | 'progressSequence'>,
): Omit<ReportedSoFar, keyof Holder> {
  let { lastSequence: sequence, progressSequence } = known;
  let [readBytes, writtenBytes] = [0, 0];
  for (const { report } of reports) {
    if (report.event.type === 'progress') progressSequence = Math.max(progressSequence, report.sequence);
    else sequence = Math.max(sequence, report.sequence);
    if (report.transferred !== undefined) ({ readBytes, writtenBytes } = report.transferred);
  }
  return { sequence, progressSequence, readBytes, writtenBytes };
}

/** Nothing follows the end of an attempt but what was on its way when it came. */
const afterEnd = ({ verdict }: Recorded): Recorded => ({ verdict });

const endings: readonly Report['event']['type'][] = ['completed', 'failed', 'returned', 'canceled'];

type ReportInBatch = PreparedReport & {
  readonly part: ReportedPart;
  /** What was recorded before the batch. */
  readonly reported: ReportedAttempt;
  /** The same batch tells the end of the attempt: nobody sees the states in between. */
  readonly endsHere: boolean;
  readonly notes: ReportNotes;
};

async function recordOne(tx: Db, context: ReportInBatch): Promise<Recorded> {
  const { holder, report, wrong, part } = context;
  const { lastSequence, progressSequence } = context.reported;
  if (report.log !== undefined) context.notes.logs.push({ holder, lines: report.log });
  if (report.event.type === 'progress') {
    // Held up on its way, it came after what it should have come before.
    if (report.sequence <= Math.max(lastSequence, progressSequence)) return { verdict: 'recorded' };
    await savePartProgress(tx, holder, report.event.progress);
    return { verdict: 'recorded', taskId: part.task_id, change: 'progress' };
  }
  if (report.sequence <= lastSequence) return { verdict: 'recorded' };
  if (wrong !== undefined) {
    await writeTimeline(tx, context.notes);
    await failPart(tx, { ...holder, error: toErrorInfo(wrong) });
    const outcome = { partId: part.id, fault: toErrorInfo(wrong) };
    return { ...lost, taskId: part.task_id, change: 'ended', outcome };
  }
  return { ...(await apply(tx, context)), ended: endings.includes(report.event.type) };
}

async function apply(tx: Db, context: ReportInBatch): Promise<Recorded> {
  const { part, holder, report, notes } = context;
  const { event } = report;
  const taskId = part.task_id;
  switch (event.type) {
    case 'started':
      if (!context.endsHere) await setPartState(tx, holder, 'running');
      notes.startedTasks.add(taskId);
      notes.timeline.push({ ...holder, event: tryBegan(event.try), error: null });
      return { verdict: 'recorded', taskId, change: 'state' };
    case 'retrying':
      await setPartState(tx, holder, 'waiting');
      notes.timeline.push({
        ...holder,
        event: tryFailed(event.try, event.delayMs),
        error: event.error,
      });
      return { verdict: 'recorded', taskId, change: 'state' };
    case 'outputs':
      await recordOutputs(tx, { ...context, outputs: event.outputs });
      return { verdict: 'recorded', taskId };
    case 'rejected':
      await insertRejected(tx, part.id, event.entries);
      return { verdict: 'recorded', taskId };
    case 'completed':
      notes.completed.push({ ...holder, progress: event.progress, unread: event.unread });
      return { verdict: 'recorded', taskId, change: 'ended', outcome: { partId: part.id, fault: null } };
    case 'failed': {
      await writeTimeline(tx, notes);
      const fault = { partId: part.id, fault: event.error };
      const outcome = countsAgainstNode(event.error) ? { outcome: fault } : {};
      if (context.movable) {
        const moved = await moveElsewhere(tx, part, holder, { state: 'failed', error: event.error });
        return { ...moved, ...outcome };
      }
      await failPart(tx, { ...holder, error: event.error });
      return { verdict: 'recorded', taskId, change: 'ended', ...outcome };
    }
    case 'returned':
      await writeTimeline(tx, notes);
      return moveElsewhere(tx, part, holder, { state: 'returned', error: event.error });
    case 'canceled': {
      await writeTimeline(tx, notes);
      // The node stopped for a reason of its own: nobody here has canceled this attempt.
      const error = toErrorInfo(new AppError('LEASE_LOST', 'the node stopped the attempt by itself'));
      return moveElsewhere(tx, part, holder, { state: 'returned', error });
    }
    case 'progress':
      return { verdict: 'recorded' };
    default:
      throw new RangeError(event satisfies never);
  }
}

async function moveElsewhere(
  tx: Db,
  part: ReportedPart,
  holder: Holder,
  end: { state: 'failed' | 'returned'; error: ErrorInfo },
): Promise<Recorded> {
  await requeuePart(tx, {
    part: { id: holder.partId, attempt: holder.attempt },
    ...end,
    avoid: avoidAlso(part, holder.nodeId),
    countsAsLost: end.state === 'failed',
    delayMs: 0,
    onlyExpired: false,
  });
  return { verdict: 'recorded', taskId: part.task_id, change: 'state' };
}

/** A failure that is the node's own goes to another node, while there is one and the part has not moved too often. */
async function mayMove(deps: RecordDeps, holder: Holder, error: ErrorInfo): Promise<boolean> {
  if (!isErrorCode(error.code) || errorCatalogue[error.code].blame !== 'node') return false;
  const part = await findPart(deps.database.db, holder.partId);
  return part !== undefined && part.lost_leases < mostMoves && (await deps.hasAlternative(part));
}

/**
 * Blobs that arrived through the blob endpoint are registered already. The others must have been written straight
 * into the store: each is looked up there, and its size compared, before anything refers to it. A blob that is not
 * as described, or not of this part, ends the attempt: what the node says and what it stores must never differ.
 */
async function checkBlobs(
  deps: RecordDeps,
  partId: string,
  outputs: readonly Output[],
): Promise<{ direct: readonly NewBlob[]; wrong: AppError | undefined }> {
  const files = outputs.filter((output) => output.kind === 'file');
  const staged = await findStagedBlobs(
    deps.database.db,
    files.map((file) => file.blobId),
  );
  const direct: NewBlob[] = [];
  for (const file of files) {
    const known = staged.get(file.blobId);
    const sizeBytes = known?.sizeBytes ?? (await deps.statBlob(file.blobId));
    const isAsReported =
      sizeBytes === file.sizeBytes &&
      (known === undefined || (known.sha256 === file.sha256 && known.partId === partId));
    if (!isAsReported) {
      const wrong = new AppError(
        'CHECKSUM_MISMATCH',
        `blob ${file.blobId} is not stored as the node reports it`,
      );
      return { direct: [], wrong };
    }
    if (known !== undefined) continue;
    const { blobId: id, sha256, crc32 } = file;
    if (crc32 === undefined) {
      const wrong = new AppError('BAD_REQUEST', `blob ${id} is reported without the CRC-32 of its bytes`);
      return { direct: [], wrong };
    }
    direct.push({ id, storeId: deps.storeId, sizeBytes, sha256, crc32 });
  }
  return { direct, wrong: undefined };
}

async function recordOutputs(
  tx: Db,
  context: { deps: RecordDeps; holder: Holder; direct: readonly NewBlob[]; outputs: readonly Output[] },
): Promise<void> {
  const { holder, direct } = context;
  if (direct.length > 0) await stageReportedBlobs(tx, direct, holder);
  await insertOutputs(tx, holder.partId, context.outputs);
}

const isHeldBy = (part: ReportedPart, holder: Holder): boolean =>
  part.attempt === holder.attempt &&
  part.node_id === holder.nodeId &&
  (part.state === 'leased' || part.state === 'running' || part.state === 'waiting');
