import type { AuditAction, AuditEntry } from '@longshore/protocol';
import { type Db, nowMs } from '../../database/open-database.ts';

/** Who does something, and from where. Nobody is signed in when the user is null. */
export type Actor = {
  readonly userId: string | null;
  readonly userName: string | null;
  readonly address: string;
  readonly requestId: string;
  /** What the client says of itself. */
  readonly userAgent: string;
};

type Values = Readonly<Record<string, unknown>>;

/**
 * Writes a line of the audit log. It belongs into the transaction of the change that it tells of: neither is there
 * without the other. Values that did not change are left out, and secrets must not be given.
 */
export async function recordAudit(
  tx: Db,
  by: Actor,
  entry: {
    action: AuditAction;
    object: AuditEntry['object'];
    before?: Values | null;
    after?: Values | null;
  },
): Promise<void> {
  const { action, object } = entry;
  const { before, after } = onlyChanges(entry.before ?? null, entry.after ?? null);
  await tx
    .insertInto('audit')
    .values({
      at_ms: nowMs,
      action,
      user_id: by.userId,
      user_name: by.userName,
      address: by.address,
      request_id: by.requestId,
      object_kind: object?.kind ?? null,
      object_id: object?.id ?? null,
      object_name: object?.name ?? null,
      before: before === null ? null : JSON.stringify(before),
      after: after === null ? null : JSON.stringify(after),
    })
    .execute();
}

function onlyChanges(
  before: Values | null,
  after: Values | null,
): { before: Values | null; after: Values | null } {
  if (before === null || after === null) return { before, after };
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  const pick = (values: Values): Values =>
    Object.fromEntries(
      changed.filter((name) => Object.hasOwn(values, name)).map((name) => [name, values[name]]),
    );
  return { before: pick(before), after: pick(after) };
}

export type AuditFilter = {
  user?: string | undefined;
  object?: string | undefined;
  action?: string | undefined;
  requestId?: string | undefined;
  afterMs?: number | undefined;
  beforeMs?: number | undefined;
  cursor?: number | undefined;
  limit: number;
};

/** Newest first. */
export async function listAudit(
  db: Db,
  filter: AuditFilter,
): Promise<{ rows: AuditRow[]; next: number | null }> {
  const { user, object, action, requestId, afterMs, beforeMs, cursor, limit } = filter;
  let query = db
    .selectFrom('audit')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (user !== undefined)
    query = query.where((eb) => eb.or([eb('user_id', '=', user), eb('user_name', '=', user)]));
  if (object !== undefined) {
    query = query.where((eb) => eb.or([eb('object_id', '=', object), eb('object_name', '=', object)]));
  }
  if (action !== undefined) {
    // All text that begins with "user." sorts between "user." and "user/".
    query = action.endsWith('.')
      ? query.where('action', '>=', action).where('action', '<', `${action.slice(0, -1)}/`)
      : query.where('action', '=', action);
  }
  if (requestId !== undefined) query = query.where('request_id', '=', requestId);
  if (afterMs !== undefined) query = query.where('at_ms', '>=', afterMs);
  if (beforeMs !== undefined) query = query.where('at_ms', '<', beforeMs);
  if (cursor !== undefined) query = query.where('id', '<', cursor);
  const rows = await query.execute();
  const page = rows.slice(0, limit);
  return { rows: page, next: rows.length > limit ? (page.at(-1)?.id ?? null) : null };
}

export type AuditRow = {
  id: number;
  at_ms: number;
  action: string;
  user_id: string | null;
  user_name: string | null;
  address: string;
  request_id: string;
  object_kind: string | null;
  object_id: string | null;
  object_name: string | null;
  before: string | null;
  after: string | null;
};

/** Forgets what is older; answers how many lines. */
export async function trimAudit(db: Db, keepMs: number): Promise<number> {
  const deleted = await db
    .deleteFrom('audit')
    .where('at_ms', '<', (eb) => eb(nowMs, '-', keepMs))
    .executeTakeFirst();
  return Number(deleted.numDeletedRows);
}
