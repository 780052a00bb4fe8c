import type { AttemptRef, Capability, Output, Progress, RejectedEntry, Work } from '@longshore/protocol';
import { sql } from 'kysely';
import { forRows } from '../../database/for-rows.ts';
import { isSqlite } from '../../database/is-sqlite.ts';
import type { Db } from '../../database/open-database.ts';
import { prepared } from '../../database/prepared.ts';
import type { Holder } from './outcomes.ts';

const held = ['leased', 'running', 'waiting'] as const;

export type ReportedPart = {
  id: string;
  task_id: string;
  user_id: string;
  attempt: number;
  node_id: string | null;
  state: string;
  avoid_nodes: string;
  lost_leases: number;
  requested_node_id: string | null;
  capability: Capability;
  temp_bytes: number;
};

const partColumns = [
  'parts.id',
  'parts.task_id',
  'parts.user_id',
  'parts.attempt',
  'parts.node_id',
  'parts.state',
  'parts.avoid_nodes',
  'parts.lost_leases',
  'parts.requested_node_id',
  'parts.capability',
  'parts.temp_bytes',
] as const;

export const findPart = (db: Db, partId: string): Promise<ReportedPart | undefined> =>
  db.selectFrom('parts').select(partColumns).where('id', '=', partId).executeTakeFirst();

/** What the part is to do, without its password. */
export async function findPartWork(db: Db, partId: string): Promise<Work> {
  const { work } = await db
    .selectFrom('parts')
    .select('work')
    .where('id', '=', partId)
    .executeTakeFirstOrThrow();
  return JSON.parse(work) as Work;
}

/** An attempt that a node reports about, and its part as it is now. */
export type ReportedAttempt = {
  readonly part: ReportedPart;
  /** The highest sequence that was recorded. Reports arrive in order, so everything up to it is known. */
  readonly lastSequence: number;
  /** The highest sequence of progress that was recorded: what is older says nothing any more. */
  readonly progressSequence: number;
  /** The same of an attempt whose end was recorded, else 0: repeated reports up to it are acknowledged. */
  readonly endedSequence: number;
};

export const attemptKey = (ref: { partId: string; attempt: number }): string =>
  `${ref.partId} ${ref.attempt}`;

const ended: readonly string[] = ['completed', 'failed', 'returned'];

type ReportedBy = { readonly nodeId: string; readonly partIds: readonly string[] };

const selectReported = prepared((db, { nodeId, partIds }: ReportedBy, isOneOf) =>
  db
    .selectFrom('attempts')
    .innerJoin('parts', 'parts.id', 'attempts.part_id')
    .select(partColumns)
    .select([
      'attempts.attempt as reported',
      'attempts.last_sequence',
      'attempts.progress_sequence',
      'attempts.state as attempt_state',
    ])
    .where(isOneOf('attempts.part_id', partIds))
    .where('attempts.node_id', '=', nodeId)
    .orderBy('attempts.part_id')
    .orderBy('attempts.attempt')
    .$if(!isSqlite(db), (query) => query.forUpdate('attempts')),
);

/**
 * The attempts of a node on these parts, by `attemptKey`. Their rows are locked, so that two masters that get the same
 * batch record it once.
 */
export async function lockReported(
  db: Db,
  options: { nodeId: string; refs: readonly AttemptRef[] },
): Promise<Map<string, ReportedAttempt>> {
  const found = new Map<string, ReportedAttempt>();
  const partIds = [...new Set(options.refs.map((ref) => ref.partId))];
  const { rows } = await selectReported(db, { nodeId: options.nodeId, partIds });
  for (const {
    reported,
    last_sequence: lastSequence,
    progress_sequence: progressSequence,
    attempt_state: state,
    ...part
  } of rows) {
    const endedSequence = ended.includes(state) ? lastSequence : 0;
    found.set(`${part.id} ${reported}`, { part, lastSequence, progressSequence, endedSequence });
  }
  return found;
}

/** How far the reports of an attempt were recorded, and what it has moved by what they say. */
export type ReportedSoFar = Holder & {
  readonly sequence: number;
  readonly progressSequence: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
};

const reportedColumns = {
  partId: 'text',
  attempt: 'bigint',
  nodeId: 'text',
  sequence: 'bigint',
  progressSequence: 'bigint',
  readBytes: 'bigint',
  writtenBytes: 'bigint',
} as const;

const setReported = `
  last_sequence = r.sequence,
  progress_sequence = r.progressSequence,
  read_bytes = case when read_bytes < r.readBytes then r.readBytes else read_bytes end,
  written_bytes = case when written_bytes < r.writtenBytes then r.writtenBytes else written_bytes end`;

const ofReporter = `attempts.part_id = r.partId and attempts.attempt = r.attempt and attempts.node_id = r.nodeId`;

/** Writes how far the reports of attempts were recorded. Sums only grow, whatever comes late. */
export const saveReported = forRows<ReportedSoFar>(
  reportedColumns,
  `update attempts set ${setReported} from r where ${ofReporter}`,
);

/** The same, of attempts that have completed. */
export const completeReported = forRows<ReportedSoFar>(
  reportedColumns,
  `update attempts set state = 'completed', error = null,
     ended_at_ms = coalesce(ended_at_ms, now_ms()), ${setReported} from r where ${ofReporter}`,
);

/** Moves a held part to `running` or `waiting`. False when the lease was lost. */
export async function setPartState(db: Db, holder: Holder, state: 'running' | 'waiting'): Promise<boolean> {
  const updated = await db
    .updateTable('parts')
    .set({ state, delivered: 1 })
    .where('id', '=', holder.partId)
    .where('attempt', '=', holder.attempt)
    .where('node_id', '=', holder.nodeId)
    .where('state', 'in', held)
    .executeTakeFirst();
  if (updated.numUpdatedRows === 0n) return false;
  if (state === 'running') {
    await db
      .updateTable('attempts')
      .set({ state: 'running' })
      .where('part_id', '=', holder.partId)
      .where('attempt', '=', holder.attempt)
      .execute();
  }
  return true;
}

export async function savePartProgress(db: Db, holder: Holder, progress: Progress): Promise<boolean> {
  const updated = await db
    .updateTable('parts')
    .set({ progress: JSON.stringify(progress) })
    .where('id', '=', holder.partId)
    .where('attempt', '=', holder.attempt)
    .where('node_id', '=', holder.nodeId)
    .where('state', 'in', held)
    .executeTakeFirst();
  return updated.numUpdatedRows > 0n;
}

const rowsPerInsert = 2_000;

/** Remembers stored outputs. An entry that an earlier attempt has stored keeps its first blob. */
export async function insertOutputs(db: Db, partId: string, outputs: readonly Output[]): Promise<void> {
  for (let from = 0; from < outputs.length; from += rowsPerInsert) {
    await db
      .insertInto('outputs')
      .values(
        outputs.slice(from, from + rowsPerInsert).map((output) => ({
          part_id: partId,
          entry_index: output.index,
          kind: output.kind,
          path: output.path,
          modified_at_ms: output.modifiedAtMs,
          mode: output.mode,
          blob_id: output.kind === 'file' ? output.blobId : null,
          size_bytes: output.kind === 'file' ? output.sizeBytes : 0,
        })),
      )
      .onConflict((conflict) => conflict.columns(['part_id', 'entry_index']).doNothing())
      .execute();
  }
}

export async function insertRejected(
  db: Db,
  partId: string,
  entries: readonly RejectedEntry[],
): Promise<void> {
  await db
    .insertInto('rejected_entries')
    .values(
      entries.map((entry) => ({
        part_id: partId,
        entry_index: entry.index,
        name: entry.name,
        code: entry.code,
        message: entry.message,
      })),
    )
    .onConflict((conflict) => conflict.columns(['part_id', 'entry_index']).doNothing())
    .execute();
}

/** Positions of the entries that are stored already. */
export async function listStoredEntries(db: Db, partId: string): Promise<number[]> {
  const rows = await db.selectFrom('outputs').select('entry_index').where('part_id', '=', partId).execute();
  return rows.map((row) => row.entry_index);
}

/** The blob of a stored entry, or undefined when it is not stored or is no file. */
export async function findStoredFile(
  db: Db,
  entry: { partId: string; index: number },
): Promise<{ blobId: string; sizeBytes: number; sha256: string } | undefined> {
  return db
    .selectFrom('outputs')
    .innerJoin('blobs', 'blobs.id', 'outputs.blob_id')
    .select(['blobs.id as blobId', 'blobs.size_bytes as sizeBytes', 'blobs.sha256'])
    .where('outputs.part_id', '=', entry.partId)
    .where('outputs.entry_index', '=', entry.index)
    .executeTakeFirst();
}

/** Blobs of one attempt that are stored with this size and digest. */
export async function findStagedBlobs(
  db: Db,
  blobIds: readonly string[],
): Promise<Map<string, { sizeBytes: number; sha256: string; partId: string | null }>> {
  const found = new Map<string, { sizeBytes: number; sha256: string; partId: string | null }>();
  for (let from = 0; from < blobIds.length; from += 1000) {
    const rows = await db
      .selectFrom('blobs')
      .select(['id', 'size_bytes', 'sha256', 'part_id'])
      .where('id', 'in', blobIds.slice(from, from + 1000))
      .execute();
    for (const row of rows) {
      found.set(row.id, { sizeBytes: row.size_bytes, sha256: row.sha256, partId: row.part_id });
    }
  }
  return found;
}

type OfTasks = { readonly taskIds: readonly string[] };

const selectPartStates = prepared((db, { taskIds }: OfTasks, isOneOf) =>
  db
    .selectFrom('parts')
    .select(['id', 'task_id', 'ordinal', 'state', 'error', 'progress'])
    .where(isOneOf('task_id', taskIds))
    .orderBy('ordinal'),
);

/** State of the parts of tasks, to derive the tasks' own; those of one task in their order. */
export const listPartStates = async (db: Db, taskIds: readonly string[]) =>
  (await selectPartStates(db, { taskIds })).rows;

const selectRejectedCounts = prepared((db, { taskIds }: OfTasks, isOneOf) =>
  db
    .selectFrom('parts')
    .innerJoin('rejected_entries', 'rejected_entries.part_id', 'parts.id')
    .select(['parts.task_id', sql<number>`count(*)`.as('count')])
    .where(isOneOf('parts.task_id', taskIds))
    .groupBy('parts.task_id'),
);

/** How many entries of each task were not done; tasks without any are left out. */
export async function countRejected(db: Db, taskIds: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await selectRejectedCounts(db, { taskIds });
  return new Map(rows.map((row) => [row.task_id, Number(row.count)]));
}

/** What all parts of a task have stored. */
export async function sumOutputs(db: Db, taskId: string): Promise<{ count: number; bytes: number }> {
  const row = await db
    .selectFrom('outputs')
    .innerJoin('parts', 'parts.id', 'outputs.part_id')
    .select(sql<number>`count(*)`.as('count'))
    .select(sql<number>`coalesce(sum(outputs.size_bytes), 0)`.as('bytes'))
    .where('parts.task_id', '=', taskId)
    .executeTakeFirstOrThrow();
  return { count: Number(row.count), bytes: Number(row.bytes) };
}

/** All outputs of a task in the order of parts and entries. */
export const listOutputs = (db: Db, taskId: string) =>
  db
    .selectFrom('outputs')
    .innerJoin('parts', 'parts.id', 'outputs.part_id')
    .select([
      'outputs.kind',
      'outputs.path',
      'outputs.blob_id',
      'outputs.size_bytes',
      'outputs.mode',
      'outputs.modified_at_ms',
    ])
    .where('parts.task_id', '=', taskId)
    .orderBy('parts.ordinal')
    .orderBy('outputs.entry_index')
    .execute();
