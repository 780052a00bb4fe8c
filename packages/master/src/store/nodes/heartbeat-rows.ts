import type { AttemptRef, ErrorInfo, Node, NodeVitals } from '@longshore/protocol';
import { sql } from 'kysely';
import { type Db, nowMs } from '../../database/open-database.ts';
import { chunked } from '../chunked.ts';
import { isHeld } from '../parts/held-states.ts';

type Heard = { nodeId: string; vitals: NodeVitals; skewMs: number };

const columnsOf = ({ vitals, skewMs }: Heard) => ({
  vitals: JSON.stringify(vitals),
  skew_ms: skewMs,
  boot_id: vitals.bootId,
  last_error: null,
});

/** Notes a heartbeat. */
export async function recordVitals(db: Db, heard: Heard): Promise<void> {
  await db
    .updateTable('nodes')
    .set({ ...columnsOf(heard), last_heartbeat_ms: nowMs })
    .where('id', '=', heard.nodeId)
    .execute();
}

/** Notes what the node has answered. It lives, but only a heartbeat shows that it can reach its master. */
export async function recordGreeting(db: Db, heard: Heard, error: ErrorInfo | null): Promise<void> {
  const columns = { ...columnsOf(heard), last_error: error === null ? null : JSON.stringify(error) };
  await db.updateTable('nodes').set(columns).where('id', '=', heard.nodeId).execute();
  if (error !== null) await rememberError(db, heard.nodeId, error);
}

/** Notes why the node was not reached. */
export async function recordNodeError(db: Db, nodeId: string, error: ErrorInfo): Promise<void> {
  await db
    .updateTable('nodes')
    .set({ last_error: JSON.stringify(error) })
    .where('id', '=', nodeId)
    .execute();
  await rememberError(db, nodeId, error);
}

const errorsKept = 10;

/** Adds to the errors that are shown with the node. The same one again only counts. */
export async function rememberError(db: Db, nodeId: string, error: ErrorInfo): Promise<void> {
  const row = await db
    .selectFrom('nodes')
    .select(['recent_errors', nowMs.as('now_ms')])
    .where('id', '=', nodeId)
    .executeTakeFirst();
  if (row === undefined) return;
  const [newest, ...older] = JSON.parse(row.recent_errors) as Node['recentErrors'];
  const isSame = newest?.error.code === error.code && newest.error.message === error.message;
  const recent = { error, atMs: Number(row.now_ms), times: isSame ? newest.times + 1 : 1 };
  const rest = isSame || newest === undefined ? older : [newest, ...older];
  await db
    .updateTable('nodes')
    .set({ recent_errors: JSON.stringify([recent, ...rest].slice(0, errorsKept)) })
    .where('id', '=', nodeId)
    .execute();
}

/**
 * Renews the leases of the attempts that the node says it holds and really holds. Answers the others: `lost` ones
 * belong to somebody else or have ended, `canceled` ones were canceled by their user.
 */
export async function renewLeases(
  db: Db,
  held: { nodeId: string; holding: readonly AttemptRef[]; leaseMs: number },
): Promise<{ lost: AttemptRef[]; canceled: AttemptRef[] }> {
  const lost: AttemptRef[] = [];
  const canceled: AttemptRef[] = [];
  const renewed: AttemptRef[] = [];
  for (let from = 0; from < held.holding.length; from += 500) {
    const slice = held.holding.slice(from, from + 500);
    const rows = await db
      .selectFrom('parts')
      .select(['id', 'attempt', 'state', 'node_id'])
      .where(
        'id',
        'in',
        slice.map((ref) => ref.partId),
      )
      .execute();
    const byId = new Map(rows.map((row) => [row.id, row]));
    for (const ref of slice) {
      const part = byId.get(ref.partId);
      const current = part !== undefined && part.attempt === ref.attempt && part.node_id === held.nodeId;
      if (current && (part.state === 'leased' || part.state === 'running' || part.state === 'waiting')) {
        renewed.push(ref);
      } else if (current && part.state === 'canceled') canceled.push(ref);
      else lost.push(ref);
    }
  }
  // With the attempt: a newer one of the same part, which the node has not got yet, must not count as delivered.
  for (const [attempt, refs] of Map.groupBy(renewed, (ref) => ref.attempt)) {
    for (const some of chunked(refs, 500)) {
      await db
        .updateTable('parts')
        .set({ lease_until_ms: sql<number>`now_ms() + ${held.leaseMs}`, delivered: 1 })
        .where(
          'id',
          'in',
          some.map((ref) => ref.partId),
        )
        .where('attempt', '=', attempt)
        .where('node_id', '=', held.nodeId)
        .where('state', 'in', ['leased', 'running', 'waiting'])
        .execute();
    }
  }
  return { lost, canceled };
}

/** Parts held per node now. */
export async function countHeldParts(db: Db): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('parts')
    .select((eb) => ['node_id', eb.fn.countAll<number>().as('held')])
    .where(isHeld)
    .groupBy('node_id')
    .execute();
  return new Map(rows.map((row) => [row.node_id ?? '', Number(row.held)]));
}

export async function listPicks(db: Db): Promise<Map<string, Record<string, number>>> {
  const rows = await db.selectFrom('rotation').select(['capability', 'node_id', 'picks']).execute();
  const picks = new Map<string, Record<string, number>>();
  for (const row of rows) {
    picks.set(row.node_id, { ...picks.get(row.node_id), [row.capability]: row.picks });
  }
  return picks;
}
