import { randomUUIDv7 } from 'node:crypto';
import {
  AppError,
  CreateFormat,
  encryptableFormats,
  type FileTask,
  type SubmitTask,
  type Task,
  type TaskId,
  toAppError,
  type UserId,
  type Work,
} from '@longshore/protocol';
import { startSpan } from '@longshore/runtime';
import type { Database, Db } from '../database/open-database.ts';
import { checkTaskDestination, readTaskSources } from '../files/task-sources.ts';
import type { MasterKeys } from '../secrets/master-keys.ts';
import { parseAllowedNodes, requireGroupOf } from '../store/accounts/group-rows.ts';
import type { Actor } from '../store/audit/audit-rows.ts';
import { mayDo, requireNode } from '../store/nodes/node-rows.ts';
import {
  findSubmitted,
  insertParts,
  insertSources,
  insertTasks,
  type NewPart,
  type NewTask,
  type SourceRow,
} from '../store/tasks/task-rows.ts';
import { viewTask } from '../store/tasks/task-views.ts';
import { partsOf } from './plan-parts.ts';
import { recordForeignTask } from './record-foreign-task.ts';
import type { TaskAnnouncer } from './task-announcer.ts';
import type { SourceSum } from './temp-need.ts';

export type Submission = {
  request: SubmitTask;
  userId: UserId;
  /** An administrator may choose a node whatever the group of the user says. */
  byAdmin: boolean;
  requestId: string;
  /** From the Idempotency-Key header; null for none. */
  idempotencyKey: string | null;
  retryOf: TaskId | null;
  /** Who asks: not always the user that the task belongs to. */
  by: Actor;
  /** Of the caller. */
  traceparent: string | null;
};

export type SubmitDeps = {
  database: Database;
  keys: MasterKeys;
  /** What reads more, and can be shared by several nodes, is planned beside. */
  splitAboveBytes: number;
  announcer: Pick<TaskAnnouncer, 'submitted'>;
  /** A part is queued. */
  wake: () => void;
  /** A task waits for its plan. */
  planSoon: () => void;
};

/** What became of a submission: a task, or the reason why it was refused. */
export type Accepted = { readonly task: Task } | { readonly refused: AppError };

/**
 * Accepts tasks in one transaction: checks each against the user's files and the nodes, remembers exactly which blobs it
 * will read, and queues it. Answers before anything is done. The same idempotency key answers the same task, however
 * often. What is refused does not keep the others from being accepted.
 */
export async function acceptTasks(deps: SubmitDeps, submissions: readonly Submission[]): Promise<Accepted[]> {
  const spans = submissions.map(({ request, requestId, traceparent }) =>
    startSpan({
      name: 'submit task',
      parent: traceparent,
      attributes: { 'longshore.task.kind': request.kind, 'longshore.request.id': requestId },
    }),
  );
  const asked = submissions.map((submission, at) => ask(deps, submission, spans[at]?.traceparent ?? null));
  try {
    const { accepted } = await deps.database.transaction(
      (tx) => accept(tx, deps, asked),
      ({ next }) => {
        for (const go of next) go();
      },
    );
    for (const [at, span] of spans.entries()) span.end(refusalOf(accepted[at]));
    return accepted;
  } catch (error) {
    for (const span of spans) span.end(toAppError(error));
    throw error;
  }
}

const refusalOf = (accepted: Accepted | undefined): AppError | undefined =>
  accepted !== undefined && 'refused' in accepted ? accepted.refused : undefined;

/** A submission with what identifies it. */
type Asked = {
  readonly submission: Submission;
  readonly traceparent: string | null;
  readonly key: { readonly user_id: UserId; readonly idempotency_key: string | null; request_hash: string };
};

const ask = ({ keys }: SubmitDeps, submission: Submission, traceparent: string | null): Asked => ({
  submission,
  traceparent,
  key: {
    user_id: submission.userId,
    idempotency_key: submission.idempotencyKey,
    // A digest that can be computed without the master key would let whoever reads the database guess the password.
    request_hash: keys.digest('task request', JSON.stringify(submission.request)),
  },
});

async function accept(
  tx: Db,
  deps: SubmitDeps,
  asked: readonly Asked[],
): Promise<{ accepted: Accepted[]; next: ReadonlySet<() => void> }> {
  const accepted: Accepted[] = [];
  const fresh: { at: number; asked: Asked; checked: Checked }[] = [];
  const groups = new Map<string, GroupOfUser>();
  for (const [at, one] of asked.entries()) {
    try {
      // Before anything is checked: by now the task itself may have taken its destination, or used up the quota.
      const earlier = await findSubmitted(tx, one.key);
      if (earlier !== undefined) {
        accepted[at] = { task: await viewTask(tx, earlier) };
        continue;
      }
      const { userId } = one.submission;
      const group = groups.get(userId) ?? (await requireGroupOf(tx, userId));
      groups.set(userId, group);
      fresh.push({ at, asked: one, checked: await check(tx, deps, { asked: one, group }) });
    } catch (error) {
      accepted[at] = { refused: refusal(error) };
    }
  }
  const rows = await insertTasks(
    tx,
    fresh.map(({ checked }) => checked.task),
  );
  const parts: NewPart[] = [];
  const next = new Set<() => void>();
  for (const [place, { at, asked: one, checked }] of fresh.entries()) {
    const row = rows[place];
    if (row === undefined) {
      accepted[at] = await submittedMeanwhile(tx, one);
      continue;
    }
    const { submission } = one;
    const { sources, work, group } = checked;
    await insertSources(tx, row.id, sources);
    if (row.planned === 1) parts.push(...partsOf({ task: row, plan: [work], sources: sumUp(sources) }));
    next.add(row.planned === 1 ? deps.wake : deps.planSoon);
    if (submission.retryOf !== null) {
      await recordForeignTask(tx, submission.by, { action: 'task.retry', task: row });
    }
    accepted[at] = { task: deps.announcer.submitted(tx, row, group.userName) };
  }
  await insertParts(tx, parts);
  return { accepted, next };
}

/** What keeps one submission from being accepted; of anything else none of them is. */
function refusal(error: unknown): AppError {
  if (error instanceof AppError) return error;
  throw error;
}

async function submittedMeanwhile(tx: Db, { key }: Asked): Promise<Accepted> {
  try {
    const earlier = await findSubmitted(tx, key);
    if (earlier !== undefined) return { task: await viewTask(tx, earlier) };
  } catch (error) {
    return { refused: refusal(error) };
  }
  throw new RangeError('only an idempotency key keeps a task from being inserted');
}

/** A submission that may become a task. */
type Checked = {
  readonly task: NewTask;
  readonly work: Work;
  readonly sources: readonly SourceRow[];
  readonly group: GroupOfUser;
};

async function check(
  tx: Db,
  deps: SubmitDeps,
  { asked, group }: { asked: Asked; group: GroupOfUser },
): Promise<Checked> {
  const { keys } = deps;
  const { submission, key, traceparent } = asked;
  const { request, userId } = submission;
  const { password, destination, conflict } = request.kind === 'check' ? noFiles : request;
  const requestedNodeId = await resolveNode(tx, submission, group);
  const work = workOf(request);
  const sources = request.kind === 'check' ? [] : await readFiles(tx, { request, userId, group });
  const planLater = requestedNodeId === null && canShare(work) && sumUp(sources).bytes > deps.splitAboveBytes;
  const task: NewTask = {
    ...key,
    id: randomUUIDv7(),
    kind: request.kind,
    request: JSON.stringify({ ...request, password: undefined }),
    password_sealed: password === null ? null : keys.seal('archive password', password),
    title: titleOf(request),
    request_id: submission.requestId,
    traceparent,
    requested_node_id: requestedNodeId,
    destination,
    conflict,
    retry_of: submission.retryOf,
    planned: planLater ? 0 : 1,
  };
  return { task, work, sources, group };
}

/** As far as the request tells: what the archive to extract is, only a node can see. */
const canShare = (work: Work): boolean =>
  work.kind === 'extract-archive' || (work.kind === 'create-archive' && work.format === 'zip');

/** What the task will read, when it may be done as far as that can be known now. */
async function readFiles(
  tx: Db,
  asked: { request: FileTask; userId: UserId; group: GroupOfUser },
): Promise<SourceRow[]> {
  const { request, userId, group } = asked;
  const sources = await readTaskSources(tx, userId, request);
  requireWithinLimits(request, sources, group);
  await checkTaskDestination(tx, userId, request);
  return sources;
}

/** A task that touches no file has none of these. */
const noFiles = { password: null, destination: '', conflict: 'fail' } as const;

function sumUp(sources: readonly SourceRow[]): SourceSum {
  const files = sources.filter((source) => source.kind === 'file');
  return {
    entries: sources.length,
    files: files.length,
    bytes: sources.reduce((sum, source) => sum + source.size_bytes, 0),
    firstPath: files[0]?.path ?? '',
  };
}

/** What a node is asked to do for a request. The password travels separately, encrypted until it is sent. */
export function workOf(request: SubmitTask): Work {
  switch (request.kind) {
    case 'create-archive':
      return { kind: 'create-archive', format: formatOf(request), level: request.level, password: null };
    case 'extract-archive':
      return {
        kind: 'extract-archive',
        select: request.select,
        onUnsafe: request.onUnsafe,
        encoding: request.encoding,
        password: null,
        entryRange: null,
      };
    case 'check':
      return { kind: 'check' };
    default:
      throw new RangeError(request satisfies never);
  }
}

function formatOf(request: Extract<SubmitTask, { kind: 'create-archive' }>): CreateFormat {
  const format = request.format ?? formatByEnding(request.destination);
  if (request.password !== null && !encryptableFormats.includes(format)) {
    throw new AppError(
      'BAD_REQUEST',
      `password: ${format} cannot be encrypted; use ${encryptableFormats.join(' or ')}`,
    );
  }
  return format;
}

function formatByEnding(destination: string): CreateFormat {
  const name = destination.toLowerCase();
  const format = CreateFormat.options.find((option) => name.endsWith(`.${option}`));
  if (format !== undefined) return format;
  if (name.endsWith('.tgz')) return 'tar.gz';
  throw new AppError(
    'BAD_REQUEST',
    `destination: the ending of "${destination}" names no format; use ${CreateFormat.options.join(', ')}`,
  );
}

type GroupOfUser = Awaited<ReturnType<typeof requireGroupOf>>;

/** What can be known before anything is done; the nodes hold the rest. Throws `LIMIT_EXCEEDED`. */
function requireWithinLimits(request: FileTask, sources: readonly SourceRow[], group: GroupOfUser): void {
  if (request.kind === 'create-archive') {
    if (group.max_entries === null || sources.length <= group.max_entries) return;
    throw limitExceeded(`the archive would have ${sources.length} entries`, {
      limit: 'maxEntries',
      value: group.max_entries,
    });
  }
  const bytes = sources.reduce((sum, source) => sum + source.size_bytes, 0);
  if (group.max_archive_bytes === null || bytes <= group.max_archive_bytes) return;
  throw limitExceeded(`"${request.source}" has ${bytes} bytes`, {
    limit: 'maxArchiveBytes',
    value: group.max_archive_bytes,
  });
}

const limitExceeded = (found: string, details: { limit: string; value: number }): AppError =>
  new AppError('LIMIT_EXCEEDED', `${found}, your group allows ${details.value} (${details.limit})`, {
    details,
  });

async function resolveNode(
  db: Db,
  { request, byAdmin }: Submission,
  group: GroupOfUser,
): Promise<string | null> {
  if (request.node === null) return null;
  if (!byAdmin && group.may_choose_node === 0) {
    throw new AppError('NODE_NOT_ALLOWED', `the group "${group.name}" may not choose the node`);
  }
  const node = await requireNode(db, request.node);
  if (node.enabled === 0) throw new AppError('NODE_NOT_ALLOWED', `"${node.name}" is disabled`);
  if (!mayDo(node, request.kind)) {
    throw new AppError('NODE_NOT_ALLOWED', `"${node.name}" may not ${request.kind}`);
  }
  const allowed = parseAllowedNodes(group.allowed_nodes);
  if (allowed !== null && !allowed.includes(node.id)) {
    throw new AppError('NODE_NOT_ALLOWED', `"${node.name}" does not work for the group "${group.name}"`);
  }
  return node.id;
}

function titleOf(request: SubmitTask): string {
  if (request.kind === 'check') return request.node === null ? 'check' : `check of ${request.node}`;
  if (request.kind === 'extract-archive') return `${request.source} → ${request.destination}`;
  const [first, ...others] = request.sources;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `${first}${more} → ${request.destination}`;
}
