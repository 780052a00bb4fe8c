import {
  type AttemptView,
  type EndpointOutput,
  type ErrorInfo,
  NodeId,
  PartId,
  type PartView,
  type Progress,
  type RejectedEntry,
  type Task,
  type TaskDetail,
  TaskId,
  type tasks as taskEndpoints,
  type Work,
} from '@longshore/protocol';
import type { z } from 'zod';
import type { Db } from '../../database/open-database.ts';
import { prepared } from '../../database/prepared.ts';
import { readEvent } from '../parts/attempt-event.ts';
import { readPlacement, readWaiting } from '../parts/stored-reasons.ts';
import { emptyProgress, sumProgress } from './sum-progress.ts';
import type { TaskRow } from './task-rows.ts';

export type TaskFilter = z.output<(typeof taskEndpoints.listTasks)['query']> & {
  /** The only user whose tasks are shown, or null for everybody's. */
  userId: string | null;
};

/** A part with one of its attempts; without one when it has none. */
type PartAttempt = { id: string; progress: string; node_name: string | null };

/** Newest first, one page. */
export async function listTasks(
  db: Db,
  filter: TaskFilter,
): Promise<EndpointOutput<(typeof taskEndpoints)['listTasks']>> {
  let query = db.selectFrom('tasks').innerJoin('users', 'users.id', 'tasks.user_id').selectAll('tasks');
  if (filter.userId !== null) query = query.where('tasks.user_id', '=', filter.userId);
  if (filter.kind !== undefined) query = query.where('tasks.kind', 'in', filter.kind);
  if (filter.state !== undefined) query = query.where('tasks.state', 'in', filter.state);
  if (filter.user !== undefined) query = query.where('users.name_key', '=', filter.user.toLowerCase());
  if (filter.requestId !== undefined) query = query.where('tasks.request_id', '=', filter.requestId);
  if (filter.createdAfterMs !== undefined)
    query = query.where('tasks.created_at_ms', '>=', filter.createdAfterMs);
  if (filter.createdBeforeMs !== undefined)
    query = query.where('tasks.created_at_ms', '<', filter.createdBeforeMs);
  if (filter.node !== undefined) {
    const name = filter.node;
    query = query.where(({ exists, selectFrom }) =>
      exists(
        selectFrom('attempts')
          .innerJoin('parts', 'parts.id', 'attempts.part_id')
          .select('attempts.part_id')
          .whereRef('parts.task_id', '=', 'tasks.id')
          .where((eb) => eb.or([eb('attempts.node_name', '=', name), eb('attempts.node_id', '=', name)])),
      ),
    );
  }
  const after = filter.cursor === undefined ? undefined : parseCursor(filter.cursor);
  if (after !== undefined) {
    query = query.where((eb) =>
      eb.or([
        eb('tasks.created_at_ms', '<', after.createdAtMs),
        eb.and([eb('tasks.created_at_ms', '=', after.createdAtMs), eb('tasks.id', '<', after.id)]),
      ]),
    );
  }
  const rows = await query
    .orderBy('tasks.created_at_ms', 'desc')
    .orderBy('tasks.id', 'desc')
    .limit(filter.limit + 1)
    .execute();
  const page = rows.slice(0, filter.limit);
  const last = page.at(-1);
  return {
    tasks: await viewTasks(db, page),
    next: rows.length > filter.limit && last !== undefined ? `${last.created_at_ms}.${last.id}` : null,
  };
}

function parseCursor(cursor: string): { createdAtMs: number; id: string } | undefined {
  const [createdAtMs, id] = cursor.split('.');
  return id === undefined ? undefined : { createdAtMs: Number(createdAtMs), id };
}

/** Tasks as people see them, in the order given. */
export async function viewTasks(db: Db, rows: readonly TaskRow[]): Promise<Task[]> {
  if (rows.length === 0) return [];
  const [users, parts] = await Promise.all([
    selectNames(db, { userIds: [...new Set(rows.map((row) => row.user_id))] }),
    selectPartAttempts(db, { taskIds: rows.map((row) => row.id) }),
  ]);
  const names = new Map(users.rows.map((user) => [user.id, user.name]));
  const partsOf = Map.groupBy(parts.rows, (part) => part.task_id);
  return rows.map((row) =>
    toView(row, {
      user: names.get(row.user_id) ?? '',
      attempts: partsOf.get(row.id) ?? [],
    }),
  );
}

const selectNames = prepared((db, { userIds }: { userIds: readonly string[] }, isOneOf) =>
  db.selectFrom('users').select(['id', 'name']).where(isOneOf('id', userIds)),
);

const selectPartAttempts = prepared((db, { taskIds }: { taskIds: readonly string[] }, isOneOf) =>
  db
    .selectFrom('parts')
    .leftJoin('attempts', 'attempts.part_id', 'parts.id')
    .select(['parts.id', 'parts.task_id', 'parts.progress', 'attempts.node_name'])
    .where(isOneOf('parts.task_id', taskIds))
    .orderBy('parts.ordinal')
    .orderBy('attempts.attempt'),
);

function toView(row: TaskRow, context: { user: string; attempts: readonly PartAttempt[] }): Task {
  const progress = new Map(context.attempts.map((part) => [part.id, part.progress]));
  const nodes = new Set(context.attempts.flatMap((attempt) => attempt.node_name ?? []));
  return {
    id: TaskId.parse(row.id),
    kind: row.kind,
    state: row.state,
    user: context.user,
    request: JSON.parse(row.request) as Record<string, unknown>,
    title: row.title,
    requestId: row.request_id,
    progress: sumProgress([...progress.values()].map((part) => JSON.parse(part) as Progress)),
    nodes: [...nodes].sort(),
    error: parseError(row.error),
    rejectedEntries: row.rejected_entries,
    outputs: JSON.parse(row.outputs) as string[],
    retryOf: row.retry_of === null ? null : TaskId.parse(row.retry_of),
    createdAtMs: row.created_at_ms,
    startedAtMs: row.started_at_ms,
    finishedAtMs: row.finished_at_ms,
  };
}

const parseError = (text: string | null): ErrorInfo | null =>
  text === null ? null : (JSON.parse(text) as ErrorInfo);

/** A task that was inserted in this transaction, and has no attempt yet. */
export const viewNewTask = (row: TaskRow, userName: string): Task =>
  toView(row, {
    user: userName,
    attempts:
      row.planned === 0 ? [] : [{ id: row.id, progress: JSON.stringify(emptyProgress), node_name: null }],
  });

/** A task as people see it. */
export async function viewTask(db: Db, row: TaskRow): Promise<Task> {
  const [task] = await viewTasks(db, [row]);
  if (task === undefined) throw new RangeError('one row gives one view');
  return task;
}

/** A task with its parts and the whole timeline of every attempt. */
export async function viewTaskDetail(db: Db, row: TaskRow): Promise<TaskDetail> {
  const task = await viewTask(db, row);
  const [parts, attempts, events] = await Promise.all([
    db.selectFrom('parts').selectAll().where('task_id', '=', row.id).orderBy('ordinal').execute(),
    db
      .selectFrom('attempts')
      .innerJoin('parts', 'parts.id', 'attempts.part_id')
      .selectAll('attempts')
      .where('parts.task_id', '=', row.id)
      .orderBy('attempts.attempt')
      .execute(),
    db
      .selectFrom('attempt_events')
      .innerJoin('parts', 'parts.id', 'attempt_events.part_id')
      .selectAll('attempt_events')
      .where('parts.task_id', '=', row.id)
      .orderBy('attempt_events.id')
      .execute(),
  ]);
  const attemptsOf = Map.groupBy(attempts, (attempt) => attempt.part_id);
  const eventsOf = Map.groupBy(events, (event) => `${event.part_id} ${event.attempt}`);
  const viewAttempt = (attempt: (typeof attempts)[number]): AttemptView => ({
    attempt: attempt.attempt,
    node: attempt.node_name,
    nodeId: NodeId.parse(attempt.node_id),
    ...readPlacement(attempt.reason),
    state: attempt.state,
    startedAtMs: attempt.started_at_ms,
    endedAtMs: attempt.ended_at_ms,
    readBytes: attempt.read_bytes,
    writtenBytes: attempt.written_bytes,
    error: parseError(attempt.error),
    events: (eventsOf.get(`${attempt.part_id} ${attempt.attempt}`) ?? []).map((event) => ({
      atMs: event.at_ms,
      ...readEvent(event.event),
      error: parseError(event.error),
    })),
  });
  const viewPart = (part: (typeof parts)[number]): PartView => ({
    id: PartId.parse(part.id),
    ordinal: part.ordinal,
    joins: (JSON.parse(part.work) as Partial<Work>).kind === 'join-archive',
    state: part.state,
    progress: JSON.parse(part.progress) as Progress,
    ...readWaiting(part.waiting_for),
    error: part.state === 'failed' ? parseError(part.error) : null,
    attempts: (attemptsOf.get(part.id) ?? []).map(viewAttempt),
  });
  return { ...task, parts: parts.map(viewPart) };
}

/** One page of the ledger of entries that were not done. */
export async function listRejectedEntries(
  db: Db,
  page: { taskId: string; offset: number; limit: number },
): Promise<{ entries: RejectedEntry[]; next: number | null }> {
  const rows = await db
    .selectFrom('rejected_entries')
    .innerJoin('parts', 'parts.id', 'rejected_entries.part_id')
    .select([
      'rejected_entries.entry_index as index',
      'rejected_entries.name',
      'rejected_entries.code',
      'rejected_entries.message',
    ])
    .where('parts.task_id', '=', page.taskId)
    .orderBy('rejected_entries.entry_index')
    .offset(page.offset)
    .limit(page.limit + 1)
    .execute();
  const more = rows.length > page.limit;
  return { entries: rows.slice(0, page.limit), next: more ? page.offset + page.limit : null };
}

/** The names of all entries that were not done. */
export async function listRejectedNames(db: Db, taskId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('rejected_entries')
    .innerJoin('parts', 'parts.id', 'rejected_entries.part_id')
    .select('rejected_entries.name')
    .where('parts.task_id', '=', taskId)
    .orderBy('rejected_entries.entry_index')
    .execute();
  return rows.map((row) => row.name);
}
