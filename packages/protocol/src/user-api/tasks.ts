import { z } from 'zod';
import { ErrorInfo } from '../errors/app-error.ts';
import { Count, NodeId, PartId, TaskId } from '../ids.ts';
import { LogLine } from '../node-api/log-line.ts';
import { RejectedEntry } from '../node-api/report.ts';
import {
  ConflictPolicy,
  CreateFormat,
  Level,
  PartState,
  Progress,
  TaskKind,
  TaskPriority,
  TaskState,
} from '../task.ts';
import { endpoint } from './endpoint.ts';
import { UserPath } from './files.ts';
import { Placement, Waiting } from './placement.ts';

/** Name or id of the node to run on; null lets the rotation choose. */
const ChosenNode = z.string().max(64).nullable().default(null);

const Common = {
  conflict: ConflictPolicy.default('fail'),
  node: ChosenNode,
  priority: TaskPriority.default('normal'),
};

/** What a user asks for. Unknown fields are refused. */
export const SubmitTask = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('create-archive'),
    sources: z.array(UserPath).min(1).max(10_000),
    /** Full path of the archive to create. */
    destination: UserPath,
    /** By the ending of the destination when absent. */
    format: CreateFormat.optional(),
    level: Level.default('normal'),
    /** Encrypts the archive, where the format can: zip and 7z, with AES-256. */
    password: z.string().min(1).max(1024).nullable().default(null),
    ...Common,
  }),
  z.strictObject({
    kind: z.literal('extract-archive'),
    source: UserPath,
    /** Folder to extract into; created when missing. */
    destination: UserPath,
    select: z.array(z.string().min(1).max(4096)).max(1000).default([]),
    encoding: z.string().max(32).nullable().default(null),
    password: z.string().max(1024).nullable().default(null),
    onUnsafe: z.enum(['skip', 'fail']).default('skip'),
    ...Common,
  }),
  /** Goes the way of every task and does nothing: shows that work flows to a node and back. */
  z.strictObject({ kind: z.literal('check'), node: ChosenNode }),
]);
export type SubmitTask = z.infer<typeof SubmitTask>;

/** A request that reads files and leaves files. */
export type FileTask = Exclude<SubmitTask, { kind: 'check' }>;

export const Task = z.object({
  id: TaskId,
  kind: TaskKind,
  state: TaskState,
  user: z.string(),
  /** What was asked for, without passwords. */
  request: z.record(z.string(), z.unknown()),
  /** One line for people, such as "/photos → /photos.zip". */
  title: z.string(),
  requestId: z.string(),
  progress: Progress,
  /** Names of the nodes that work or worked on it. */
  nodes: z.array(z.string()),
  error: ErrorInfo.nullable(),
  /** Entries that were not done; listed by `GET /tasks/{id}/rejected`. */
  rejectedEntries: Count,
  /** Paths that the task created, at most the first ten. */
  outputs: z.array(z.string()),
  retryOf: TaskId.nullable(),
  createdAtMs: Count,
  startedAtMs: Count.nullable(),
  finishedAtMs: Count.nullable(),
});
export type Task = z.infer<typeof Task>;

export const AttemptEventKind = z.enum([
  'try',
  'try-failed',
  'completed',
  'failed',
  'canceled',
  'lost',
  'returned',
  'undelivered',
]);
export type AttemptEventKind = z.infer<typeof AttemptEventKind>;

/** One line in the history of an attempt, oldest first. */
export const AttemptEvent = z.object({
  atMs: Count,
  /** For people, such as "try 1 failed, next in 5 s". */
  event: z.string(),
  /** The same for machines; null of what this version does not know. */
  kind: AttemptEventKind.nullable().default(null),
  /** Of `try` and `try-failed`, counted from 1. */
  try: z.int().min(1).nullable().default(null),
  /** Until the next try, after one that failed. */
  delaySeconds: Count.nullable().default(null),
  error: ErrorInfo.nullable(),
});

export type AttemptEvent = z.infer<typeof AttemptEvent>;

export const AttemptView = z.object({
  attempt: z.int().min(1),
  node: z.string(),
  nodeId: NodeId,
  /** Why this node: who could have done it and how the rotation stood. */
  reason: z.string(),
  /** The same for machines; null of attempts that an older version has made. */
  placement: Placement.nullable().default(null),
  state: z.enum(['leased', 'running', 'completed', 'failed', 'canceled', 'lost', 'returned', 'undelivered']),
  startedAtMs: Count,
  endedAtMs: Count.nullable(),
  /** What the node has read from stores and written to them, all tries included, as far as it has told. */
  readBytes: Count,
  writtenBytes: Count,
  error: ErrorInfo.nullable(),
  events: z.array(AttemptEvent),
});
export type AttemptView = z.infer<typeof AttemptView>;

export const PartView = z.object({
  id: PartId,
  ordinal: Count,
  /** It makes one archive of the pieces that the other parts make. */
  joins: z.boolean().default(false),
  state: PartState,
  progress: Progress,
  /** Why it waits, while it is queued and no node takes it. */
  waitingFor: z.string().nullable(),
  /** The same for machines. */
  waiting: Waiting.nullable().default(null),
  error: ErrorInfo.nullable(),
  attempts: z.array(AttemptView),
});
export type PartView = z.infer<typeof PartView>;

/** What a node has logged about an attempt. */
export const TaskLogLine = LogLine.extend({
  /** The part, counted from 0 as in `PartView`. */
  part: Count,
  attempt: z.int().min(1),
  node: z.string(),
  nodeId: NodeId,
});
export type TaskLogLine = z.infer<typeof TaskLogLine>;

export const TaskDetail = Task.extend({ parts: z.array(PartView) });
export type TaskDetail = z.infer<typeof TaskDetail>;

/** What became of one task of a bulk action. */
export const BulkResult = z.object({
  id: TaskId,
  /** The canceled task, or the new one of a retry; null when it was deleted or nothing was done. */
  task: Task.nullable(),
  /** Why nothing was done. */
  error: ErrorInfo.nullable(),
});
export type BulkResult = z.infer<typeof BulkResult>;

/** What became of one task of a batch. */
export const BatchResult = z.object({
  task: Task.nullable(),
  /** Why it was not accepted. */
  error: ErrorInfo.nullable(),
});
export type BatchResult = z.infer<typeof BatchResult>;

const tag = 'Tasks';
const ById = z.object({ id: TaskId });

/** One or several values: `state=failed&state=canceled`, or one as plain text. */
const oneOrMore = <Item extends z.ZodType<unknown, string>>(item: Item) =>
  z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(item)).optional();

export const tasks = {
  submitTask: endpoint({
    method: 'post',
    path: '/api/v1/tasks',
    tag,
    summary: 'Submit a task. The same Idempotency-Key header answers the same task again',
    access: 'user',
    body: SubmitTask,
    status: 202,
    response: Task,
  }),
  submitTasks: endpoint({
    method: 'post',
    path: '/api/v1/tasks/batch',
    tag,
    summary: 'Submit many tasks; each is accepted or refused by itself, and answered in its place',
    access: 'user',
    body: z.strictObject({ tasks: z.array(SubmitTask).min(1).max(500) }),
    status: 202,
    response: z.object({ results: z.array(BatchResult) }),
  }),
  listTasks: endpoint({
    method: 'get',
    path: '/api/v1/tasks',
    tag,
    summary: 'Tasks, newest first. Administrators see everybody’s with `everybody=true`',
    access: 'user',
    query: z.object({
      kind: oneOrMore(TaskKind),
      state: oneOrMore(TaskState),
      node: z.string().max(64).optional(),
      user: z.string().max(64).optional(),
      requestId: z.string().max(128).optional(),
      createdAfterMs: z.coerce.number().int().min(0).optional(),
      createdBeforeMs: z.coerce.number().int().min(0).optional(),
      everybody: z.enum(['true', 'false']).default('false'),
      cursor: z.string().max(256).optional(),
      limit: z.coerce.number().int().min(1).max(500).default(50),
    }),
    status: 200,
    response: z.object({ tasks: z.array(Task), next: z.string().nullable() }),
  }),
  showTask: endpoint({
    method: 'get',
    path: '/api/v1/tasks/{id}',
    tag,
    summary: 'One task with its parts and the timeline of every attempt',
    access: 'user',
    params: ById,
    status: 200,
    response: TaskDetail,
  }),
  listRejected: endpoint({
    method: 'get',
    path: '/api/v1/tasks/{id}/rejected',
    tag,
    summary: 'The entries that were not done, and why',
    access: 'user',
    params: ById,
    query: z.object({
      offset: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    status: 200,
    response: z.object({ entries: z.array(RejectedEntry), next: Count.nullable() }),
  }),
  readTaskLog: endpoint({
    method: 'get',
    path: '/api/v1/tasks/{id}/logs',
    tag,
    summary:
      'What the nodes have logged about a task, in the order in which the master got it. Pass `cursor` to go on from there, also later',
    access: 'user',
    params: ById,
    query: z.object({
      part: z.coerce.number().int().min(0).optional(),
      attempt: z.coerce.number().int().min(1).optional(),
      cursor: z
        .string()
        .regex(/^\d{1,15}$/)
        .default('0'),
      limit: z.coerce.number().int().min(1).max(1000).default(500),
    }),
    status: 200,
    response: z.object({
      lines: z.array(TaskLogLine),
      cursor: z.string(),
      /** True when there are more already. */
      more: z.boolean(),
    }),
  }),
  cancelTask: endpoint({
    method: 'post',
    path: '/api/v1/tasks/{id}/cancel',
    tag,
    summary: 'Cancel a task in any phase; canceling twice is no error',
    access: 'user',
    params: ById,
    status: 202,
    response: Task,
  }),
  retryTask: endpoint({
    method: 'post',
    path: '/api/v1/tasks/{id}/retry',
    tag,
    summary: 'Run a task that has ended again, as a new task linked to it',
    access: 'user',
    params: ById,
    body: z.strictObject({
      node: z.string().max(64).nullable().default(null),
      password: z.string().max(1024).nullable().default(null),
      /** Extracts only the entries that were rejected; for extractions that rejected some, at most 1000. */
      onlyRejected: z.boolean().default(false),
      /** Null: as the task that is retried. */
      conflict: ConflictPolicy.nullable().default(null),
    }),
    status: 202,
    response: Task,
  }),
  bulkTasks: endpoint({
    method: 'post',
    path: '/api/v1/tasks/bulk',
    tag,
    summary: 'Cancel, retry or delete many tasks; each succeeds or fails by itself',
    access: 'user',
    body: z.strictObject({
      action: z.enum(['cancel', 'retry', 'delete']),
      ids: z.array(TaskId).min(1).max(500),
    }),
    status: 200,
    response: z.object({ results: z.array(BulkResult) }),
  }),
  deleteTask: endpoint({
    method: 'delete',
    path: '/api/v1/tasks/{id}',
    tag,
    summary: 'Forget a task that has ended; its files stay',
    access: 'user',
    params: ById,
    status: 200,
    response: z.object({}),
  }),
  cleanUpTasks: endpoint({
    method: 'post',
    path: '/api/v1/tasks/clean-up',
    tag,
    summary: 'Forget ended tasks by age and state; answers how many',
    access: 'user',
    body: z.strictObject({
      olderThanSeconds: Count.default(0),
      states: z
        .array(z.enum(['completed', 'completed-with-errors', 'failed', 'canceled']))
        .min(1)
        .default(['completed', 'completed-with-errors', 'failed', 'canceled']),
      everybody: z.boolean().default(false),
    }),
    status: 200,
    response: z.object({ deleted: Count }),
  }),
} as const;
