import type { Capability } from '@longshore/protocol';
import { sql } from 'kysely';
import { type Database, type Db, nowMs } from '../../database/open-database.ts';

/** A queued part that may be placed now. */
export type QueuedPart = {
  id: string;
  capability: Capability;
  attempt: number;
  requestedNodeId: string | null;
  avoid: string[];
};

/** Parts of one capability that want the same node, or any: they can all be placed now, or none can. */
export type PlacementKey = { readonly capability: Capability; readonly requestedNodeId: string | null };

const keyText = (key: PlacementKey): string => `${key.capability} ${key.requestedNodeId ?? ''}`;

/**
 * Queued parts in fair order: users take turns, and who has more parts running comes later; within a user the
 * oldest first. Parts with a blocked key are left out, so that what cannot be placed never stands in the way of
 * what can. Inside a transaction the rows are locked, and rows that another master has locked are left out.
 */
export async function queuedPartsInFairOrder(
  db: Db,
  options: { dialect: Database['dialect']; limit: number; blocked: readonly PlacementKey[] },
): Promise<QueuedPart[]> {
  const blocked = ['', ...options.blocked.map(keyText)];
  const ids = await sql<{ id: string }>`
    with held as (
      select user_id, count(*) as held from parts
      where state in ('leased', 'running', 'waiting') group by user_id
    ), queued as (
      select p.id, p.created_at_ms, p.ordinal,
        coalesce(h.held, 0) + row_number() over (
          partition by p.user_id order by p.created_at_ms, p.task_id, p.ordinal
        ) as turn
      from parts p left join held h on h.user_id = p.user_id
      where p.state = 'queued' and p.not_before_ms <= now_ms()
        and p.capability || ' ' || coalesce(p.requested_node_id, '') not in (${sql.join(blocked)})
    )
    select id from queued order by turn, created_at_ms, ordinal limit ${options.limit}`.execute(db);
  if (ids.rows.length === 0) return [];
  let query = db
    .selectFrom('parts')
    .select(['id', 'capability', 'attempt', 'avoid_nodes', 'requested_node_id'])
    .where(
      'id',
      'in',
      ids.rows.map((row) => row.id),
    )
    .where('state', '=', 'queued');
  if (options.dialect === 'postgres') query = query.forUpdate().skipLocked();
  const rows = await query.execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.rows.flatMap(({ id }) => {
    const row = byId.get(id);
    if (row === undefined) return [];
    return {
      id: row.id,
      capability: row.capability,
      attempt: row.attempt,
      requestedNodeId: row.requested_node_id,
      avoid: JSON.parse(row.avoid_nodes) as string[],
    };
  });
}

/** The rotation of one capability, locked until the transaction ends so that several masters share it. */
export async function lockRotation(
  db: Db,
  options: { dialect: Database['dialect']; capability: Capability },
): Promise<Map<string, number>> {
  let query = db
    .selectFrom('rotation')
    .select(['node_id', 'current_weight'])
    .where('capability', '=', options.capability)
    .orderBy('node_id');
  if (options.dialect === 'postgres') {
    // A lock on rows would miss the first turn of a node, which has no row yet.
    await sql`select pg_advisory_xact_lock(hashtext(${`longshore rotation ${options.capability}`}))`.execute(
      db,
    );
    query = query.forUpdate();
  }
  const rows = await query.execute();
  return new Map(rows.map((row) => [row.node_id, row.current_weight]));
}

export async function saveRotation(
  db: Db,
  saved: {
    capability: Capability;
    rotation: ReadonlyMap<string, number>;
    picks: ReadonlyMap<string, number>;
  },
): Promise<void> {
  for (const [nodeId, currentWeight] of saved.rotation) {
    const picks = saved.picks.get(nodeId) ?? 0;
    await db
      .insertInto('rotation')
      .values({ capability: saved.capability, node_id: nodeId, current_weight: currentWeight, picks })
      .onConflict((conflict) =>
        conflict.columns(['capability', 'node_id']).doUpdateSet((eb) => ({
          current_weight: currentWeight,
          picks: eb('rotation.picks', '+', picks),
        })),
      )
      .execute();
  }
}

/** Leases a queued part to a node under the next attempt number. False when it is not queued any more. */
export async function leasePart(
  db: Db,
  lease: {
    partId: string;
    attempt: number;
    nodeId: string;
    nodeName: string;
    reason: string;
    leaseMs: number;
  },
): Promise<boolean> {
  const leased = await db
    .updateTable('parts')
    .set({
      state: 'leased',
      node_id: lease.nodeId,
      attempt: lease.attempt,
      lease_until_ms: sql<number>`now_ms() + ${lease.leaseMs}`,
      delivered: 0,
      waiting_for: null,
    })
    .where('id', '=', lease.partId)
    .where('state', '=', 'queued')
    .executeTakeFirst();
  if (leased.numUpdatedRows === 0n) return false;
  await db
    .insertInto('attempts')
    .values({
      part_id: lease.partId,
      attempt: lease.attempt,
      node_id: lease.nodeId,
      node_name: lease.nodeName,
      reason: lease.reason,
      state: 'leased',
      started_at_ms: nowMs,
      last_sequence: 0,
    })
    .execute();
  return true;
}

/** Tells the users why parts with this key are not placed. */
export async function explainWaiting(db: Db, key: PlacementKey, waitingFor: string): Promise<void> {
  await db
    .updateTable('parts')
    .set({ waiting_for: waitingFor })
    .where('state', '=', 'queued')
    .where('capability', '=', key.capability)
    .where('requested_node_id', key.requestedNodeId === null ? 'is' : '=', key.requestedNodeId)
    .where((eb) => eb.or([eb('waiting_for', 'is', null), eb('waiting_for', '!=', waitingFor)]))
    .execute();
}
