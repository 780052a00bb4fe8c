import { AppError, type ErrorInfo, finalTaskStates, type TaskId, type UserId } from '@longshore/protocol';
import { type Insertable, type Selectable, sql } from 'kysely';
import { forRows } from '../../database/for-rows.ts';
import { isSqlite } from '../../database/is-sqlite.ts';
import { type Db, nowMs } from '../../database/open-database.ts';
import { prepared } from '../../database/prepared.ts';
import type { Schema } from '../../database/schema.ts';

export type TaskRow = Selectable<Schema['tasks']>;
export type SourceRow = Omit<Selectable<Schema['task_sources']>, 'task_id' | 'ordinal'>;
export type NewTask = Omit<
  TaskRow,
  'created_at_ms' | 'state' | 'rejected_entries' | 'outputs' | 'error' | 'started_at_ms' | 'finished_at_ms'
>;
export type NewPart = Pick<
  Selectable<Schema['parts']>,
  | 'id'
  | 'task_id'
  | 'user_id'
  | 'ordinal'
  | 'state'
  | 'waiting_for'
  | 'capability'
  | 'requested_node_id'
  | 'work'
  | 'progress'
  | 'temp_bytes'
  | 'priority'
>;

type KeyedRequest = Pick<Insertable<Schema['tasks']>, 'user_id' | 'request_hash'> & {
  readonly idempotency_key?: string | null;
};

/**
 * The task that the user has submitted under this idempotency key before. Throws `IDEMPOTENCY_MISMATCH` when it asked
 * for something else.
 */
export async function findSubmitted(db: Db, asked: KeyedRequest): Promise<TaskRow | undefined> {
  const key = asked.idempotency_key ?? null;
  if (key === null) return undefined;
  const earlier = await db
    .selectFrom('tasks')
    .selectAll()
    .where('user_id', '=', asked.user_id)
    .where('idempotency_key', '=', key)
    .executeTakeFirst();
  if (earlier !== undefined && earlier.request_hash !== asked.request_hash) {
    throw new AppError('IDEMPOTENCY_MISMATCH', `the key "${key}" was used for another request`);
  }
  return earlier;
}

const newTaskColumns = {
  id: 'text',
  user_id: 'text',
  kind: 'text',
  request: 'text',
  password_sealed: 'text',
  title: 'text',
  request_id: 'text',
  traceparent: 'text',
  idempotency_key: 'text',
  request_hash: 'text',
  planned: 'bigint',
  requested_node_id: 'text',
  destination: 'text',
  conflict: 'text',
  retry_of: 'text',
} as const;

const insertTaskRows = forRows<NewTask, { id: string; created_at_ms: number }>(
  newTaskColumns,
  `insert into tasks (${Object.keys(newTaskColumns).join(', ')}, state, rejected_entries, outputs, created_at_ms)
   select ${Object.keys(newTaskColumns)
     .map((name) => `r.${name}`)
     .join(', ')}, 'queued', 0, '[]', now_ms()
   from r where true on conflict do nothing returning id, created_at_ms`,
);

/** Inserts tasks, and answers them in their order; undefined for one whose idempotency key was used meanwhile. */
export async function insertTasks(db: Db, tasks: readonly NewTask[]): Promise<(TaskRow | undefined)[]> {
  const created = new Map((await insertTaskRows(db, tasks)).map((row) => [row.id, row.created_at_ms]));
  return tasks.map((task) => {
    const createdAtMs = created.get(task.id);
    return createdAtMs === undefined ? undefined : { ...task, ...newborn, created_at_ms: createdAtMs };
  });
}

const newborn = {
  state: 'queued',
  error: null,
  rejected_entries: 0,
  outputs: '[]',
  started_at_ms: null,
  finished_at_ms: null,
} as const;

type OfTasks = { readonly taskIds: readonly string[] };

/** SQLite allows 32 766 parameters in a statement. */
const rowsPerInsert = 2_000;

export async function insertSources(db: Db, taskId: string, sources: readonly SourceRow[]): Promise<void> {
  for (let from = 0; from < sources.length; from += rowsPerInsert) {
    const rows = sources.slice(from, from + rowsPerInsert);
    await db
      .insertInto('task_sources')
      .values(rows.map((source, index) => ({ ...source, task_id: taskId, ordinal: from + index })))
      .execute();
  }
}

export async function sumSources(
  db: Db,
  taskId: string,
): Promise<{ entries: number; files: number; bytes: number; firstPath: string }> {
  const of = db.selectFrom('task_sources').where('task_id', '=', taskId);
  const sum = await of
    .select((eb) => [
      eb.fn.countAll<number>().as('entries'),
      eb.fn.count<number>('blob_id').as('files'),
      eb.fn.sum<number | null>('size_bytes').as('bytes'),
    ])
    .executeTakeFirstOrThrow();
  const first = await of.select('path').where('kind', '=', 'file').orderBy('ordinal').executeTakeFirst();
  return {
    entries: Number(sum.entries),
    files: Number(sum.files),
    bytes: Number(sum.bytes ?? 0),
    firstPath: first?.path ?? '',
  };
}

const newPartColumns = {
  id: 'text',
  task_id: 'text',
  user_id: 'text',
  ordinal: 'bigint',
  state: 'text',
  waiting_for: 'text',
  capability: 'text',
  requested_node_id: 'text',
  work: 'text',
  progress: 'text',
  temp_bytes: 'bigint',
  priority: 'bigint',
} as const;

export const insertParts = forRows<NewPart>(
  newPartColumns,
  `insert into parts (${Object.keys(newPartColumns).join(', ')},
     attempt, delivered, not_before_ms, avoid_nodes, lost_leases, created_at_ms)
   select ${Object.keys(newPartColumns)
     .map((name) => `r.${name}`)
     .join(', ')}, 0, 0, 0, '[]', 0, now_ms() from r`,
);

/** A task of this user; with `userId` null, anybody's. Throws `TASK_NOT_FOUND`, for other people's tasks too. */
export async function requireTask(db: Db, options: { id: TaskId; userId: UserId | null }): Promise<TaskRow> {
  let query = db.selectFrom('tasks').selectAll().where('id', '=', options.id);
  if (options.userId !== null) query = query.where('user_id', '=', options.userId);
  const row = await query.executeTakeFirst();
  if (row === undefined) throw new AppError('TASK_NOT_FOUND', `there is no task ${options.id}`);
  return row;
}

const startRows = prepared((db, { taskIds }: OfTasks, isOneOf) =>
  db
    .updateTable('tasks')
    .set({ state: 'running', started_at_ms: nowMs })
    .where(isOneOf('id', taskIds))
    .where('state', '=', 'queued'),
);

/** Marks the first moment at which a node works on these tasks; nothing changes for those that have begun before. */
export async function startTasks(db: Db, taskIds: readonly string[]): Promise<void> {
  if (taskIds.length > 0) await startRows(db, { taskIds });
}

export type TaskEnd = {
  readonly taskId: string;
  readonly state: (typeof finalTaskStates)[number];
  readonly error: ErrorInfo | null;
  readonly rejectedEntries: number;
  readonly outputs: readonly string[];
};

const endRows = forRows<
  {
    taskId: string;
    state: string;
    error: string | null;
    rejectedEntries: number;
    outputs: string;
    startsNow: 0 | 1;
  },
  never
>(
  {
    taskId: 'text',
    state: 'text',
    error: 'text',
    rejectedEntries: 'bigint',
    outputs: 'text',
    startsNow: 'bigint',
  },
  `update tasks set state = r.state, error = r.error, rejected_entries = r.rejectedEntries, outputs = r.outputs,
     password_sealed = null, planned = 1, finished_at_ms = now_ms(),
     started_at_ms = case when tasks.state = 'queued' and r.startsNow = 1 then now_ms() else tasks.started_at_ms end
   from r where tasks.id = r.taskId and tasks.state in ('queued', 'running')`,
);

/** Ends tasks that have not ended before: whoever ends one first decides how. Their passwords are erased. */
export async function endTasks(
  db: Db,
  ends: readonly (TaskEnd & {
    /** A node has begun to work on it in this transaction. */
    readonly startsNow: boolean;
  })[],
): Promise<void> {
  await endRows(
    db,
    ends.map(({ error, outputs, startsNow, ...end }) => ({
      ...end,
      startsNow: startsNow ? 1 : 0,
      error: error === null ? null : JSON.stringify(error),
      outputs: JSON.stringify(outputs),
    })),
  );
}

/** False when the task has not ended, or is not the user's. */
export async function deleteEndedTask(
  db: Db,
  options: { id: TaskId; userId: UserId | null },
): Promise<boolean> {
  let query = db.deleteFrom('tasks').where('id', '=', options.id).where('state', 'in', finalTaskStates);
  if (options.userId !== null) query = query.where('user_id', '=', options.userId);
  return (await query.executeTakeFirst()).numDeletedRows > 0n;
}

/** As literals, for the partial index of open tasks. */
const isOpen = sql<boolean>`tasks.state in ('queued', 'running')`;

/** Tasks that wait for their plan, oldest first. */
export const listUnplanned = (db: Db): Promise<TaskRow[]> =>
  db
    .selectFrom('tasks')
    .selectAll()
    .where(sql<boolean>`planned = 0`)
    .where('state', '=', 'queued')
    .orderBy('created_at_ms')
    .limit(50)
    .execute();

/** True for the one master that may insert the parts. */
export async function markPlanned(db: Db, taskId: string): Promise<boolean> {
  const updated = await db
    .updateTable('tasks')
    .set({ planned: 1 })
    .where('id', '=', taskId)
    .where('planned', '=', 0)
    .where('state', '=', 'queued')
    .executeTakeFirst();
  return updated.numUpdatedRows > 0n;
}

/** Tasks whose parts have all ended but which have not: a master stopped in between. */
export async function listUnsettled(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('tasks')
    .select('id')
    .where(isOpen)
    .where('planned', '=', 1)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('parts')
            .select('parts.id')
            .whereRef('parts.task_id', '=', 'tasks.id')
            .where('parts.state', 'in', ['queued', 'leased', 'running', 'waiting']),
        ),
      ),
    )
    .limit(100)
    .execute();
  return rows.map((row) => row.id);
}

const selectOpenTasks = prepared((db, { taskIds }: OfTasks, isOneOf) =>
  db
    .selectFrom('tasks')
    .selectAll()
    .where(isOneOf('id', taskIds))
    .where('state', 'in', ['queued', 'running'])
    .orderBy('id')
    .$if(!isSqlite(db), (query) => query.forUpdate()),
);

/** Those of the tasks that have not ended, locked so that each can end only once. */
export const lockOpenTasks = async (db: Db, taskIds: readonly string[]): Promise<TaskRow[]> =>
  (await selectOpenTasks(db, { taskIds })).rows;

/** Forgets ended tasks that ended long enough ago. Answers which. */
export async function deleteEndedTasks(
  db: Db,
  which: {
    userId: UserId | null;
    olderThanSeconds: number;
    states: readonly (typeof finalTaskStates)[number][];
  },
): Promise<{ id: string; userId: string }[]> {
  let query = db
    .deleteFrom('tasks')
    .where('state', 'in', which.states)
    .where('finished_at_ms', '<=', sql<number>`now_ms() - ${which.olderThanSeconds * 1000}`);
  if (which.userId !== null) query = query.where('user_id', '=', which.userId);
  return query.returning(['id', 'user_id as userId']).execute();
}

export const findTask = (db: Db, taskId: string): Promise<TaskRow | undefined> =>
  db.selectFrom('tasks').selectAll().where('id', '=', taskId).executeTakeFirst();

const selectTasks = prepared((db, { taskIds }: OfTasks, isOneOf) =>
  db.selectFrom('tasks').selectAll().where(isOneOf('id', taskIds)),
);

export const findTasks = async (db: Db, taskIds: readonly string[]): Promise<TaskRow[]> =>
  taskIds.length === 0 ? [] : (await selectTasks(db, { taskIds })).rows;

/** Unfinished tasks of a user, or of everybody for null; the newest thousand. */
export async function listOpenTasks(db: Db, userId: string | null): Promise<{ id: string }[]> {
  let query = db.selectFrom('tasks').select('id').where(isOpen);
  if (userId !== null) query = query.where('user_id', '=', userId);
  return query.orderBy('created_at_ms', 'desc').limit(1000).execute();
}
