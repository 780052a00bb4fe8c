import type { Capability, Placement, Waiting } from '@longshore/protocol';
import { sql } from 'kysely';
import { forRows } from '../../database/for-rows.ts';
import { isSqlite } from '../../database/is-sqlite.ts';
import type { Database, Db } from '../../database/open-database.ts';
import { prepared } from '../../database/prepared.ts';
import { chunked } from '../chunked.ts';
import { isHeld } from './held-states.ts';

/** A queued part that may be placed now. */
export type QueuedPart = {
  id: string;
  userId: string;
  taskId: string;
  ordinal: number;
  createdAtMs: number;
  /** Among the parts of one user: higher ones first. */
  priority: number;
  waitedMs: number;
  capability: Capability;
  attempt: number;
  requestedNodeId: string | null;
  avoid: string[];
  /** Temporary space that the node must have left. */
  tempBytes: number;
  lane: string;
};

/** A lane, or what of it is worth a look. */
export type LaneLook = {
  readonly lane: string;
  /** Only parts that need less temporary space than this. */
  readonly tempBelow?: number;
  /** Only parts of these tasks. */
  readonly taskIds?: readonly string[];
};

/** Parts of one capability and need that may go to the same nodes: they can all be placed now, or none can. */
export type PlacementKey = {
  readonly capability: Capability;
  readonly requestedNodeId: string | null;
  /** The group of their users when not every node works for it. */
  readonly restrictedGroupId: string | null;
  readonly tempBytes: number;
};

/**
 * The lanes in which something waits. Each is found by one step through the index, so that a long backlog costs no
 * more than a short one.
 */
export const queuedLanes = async (db: Db): Promise<string[]> =>
  (await selectLanes(db, {})).rows.map((row) => row.lane);

const selectLanes = prepared(
  () => sql<{ lane: string }>`
    with recursive lanes (lane) as (
      select min(lane) from parts where state = 'queued'
      union all
      select (select min(lane) from parts where state = 'queued' and parts.lane > lanes.lane)
      from lanes where lane is not null
    )
    select lane from lanes where lane is not null`,
);

/** SQLite takes up to 500 terms in one compound select. */
const lanesPerQuery = 200;

/** How far into a lane a look for certain parts goes, so that it costs little however long the backlog is. */
const deepestLook = 2_000;

type StoredPart = Omit<QueuedPart, 'avoid'> & { avoid: string };

function lookInto(look: LaneLook, limit: number) {
  const first = (
    most: number,
  ) => sql<StoredPart>`select id, user_id as "userId", task_id as "taskId", ordinal,
      created_at_ms as "createdAtMs", now_ms() - created_at_ms as "waitedMs", capability,
      attempt, requested_node_id as "requestedNodeId", avoid_nodes as "avoid",
      temp_bytes as "tempBytes", priority, lane
    from parts where state = 'queued' and lane = ${look.lane} and not_before_ms <= now_ms()
    order by priority desc, created_at_ms, task_id, ordinal limit ${most}`;
  const wanted = [
    ...(look.tempBelow === undefined ? [] : [sql`"tempBytes" < ${look.tempBelow}`]),
    ...(look.taskIds === undefined ? [] : [sql`"taskId" in (${sql.join([...look.taskIds])})`]),
  ];
  if (wanted.length === 0) return sql<StoredPart>`select * from (${first(limit)}) as oldest`;
  return sql<StoredPart>`select * from (
    select * from (${first(deepestLook)}) as deep where ${sql.join(wanted, sql` and `)}
    order by priority desc, "createdAtMs", "taskId", ordinal limit ${limit}) as oldest`;
}

const isWholeLane = (looks: readonly LaneLook[]): looks is [LaneLook] =>
  looks.length === 1 && looks[0]?.tempBelow === undefined && looks[0]?.taskIds === undefined;

const selectOldest = prepared((_db, { lane, limit }: { lane: string; limit: number }) =>
  lookInto({ lane }, limit),
);

/**
 * The first queued parts of each lane, by priority and age, at most `limit` of each. Inside a transaction of PostgreSQL the rows are
 * locked, and rows that another master has locked are left out.
 */
export async function oldestQueued(
  db: Db,
  options: { dialect: Database['dialect']; lanes: readonly LaneLook[]; limit: number },
): Promise<QueuedPart[]> {
  const { limit } = options;
  const parts: QueuedPart[] = [];
  for (const looks of chunked(options.lanes, lanesPerQuery)) {
    const { rows } = await (isWholeLane(looks)
      ? selectOldest(db, { lane: looks[0].lane, limit })
      : sql<StoredPart>`${sql.join(
          looks.map((look) => lookInto(look, limit)),
          sql` union all `,
        )}`.execute(db));
    for (const row of rows) parts.push({ ...row, avoid: JSON.parse(row.avoid) as string[] });
  }
  if (options.dialect === 'sqlite' || parts.length === 0) return parts;
  const locked = await lockQueued(db, { ids: parts.map((part) => part.id) });
  const ours = new Set(locked.rows.map((row) => row.id));
  return parts.filter((part) => ours.has(part.id));
}

const lockQueued = prepared((db, { ids }: { ids: readonly string[] }, isOneOf) =>
  db
    .selectFrom('parts')
    .select('id')
    .where(isOneOf('id', ids))
    .where('state', '=', 'queued')
    .forUpdate()
    .skipLocked(),
);

/** Parts of one capability that a node holds, and the temporary space that they were said to need. */
export type Held = { readonly capability: Capability; readonly parts: number; readonly tempBytes: number };

const selectHeld = prepared((db) =>
  db
    .selectFrom('parts')
    .select((eb) => [
      'node_id',
      'user_id',
      'capability',
      eb.fn.countAll<number>().as('held'),
      eb.fn.sum<number>('temp_bytes').as('temp'),
    ])
    .where(isHeld)
    .groupBy(['node_id', 'user_id', 'capability']),
);

/** What each node holds, and how many parts are held of each user. */
export async function countHeld(
  db: Db,
): Promise<{ byNode: Map<string, readonly Held[]>; byUser: Map<string, number> }> {
  const { rows } = await selectHeld(db, {});
  const byNode = new Map<string, Held[]>();
  const byUser = new Map<string, number>();
  for (const { node_id: nodeId, user_id: userId, capability, held, temp } of rows) {
    const parts = Number(held);
    const ofNode = byNode.get(nodeId ?? '') ?? [];
    byNode.set(nodeId ?? '', [...ofNode, { capability, parts, tempBytes: Number(temp) }]);
    byUser.set(userId, (byUser.get(userId) ?? 0) + parts);
  }
  return { byNode, byUser };
}

const selectRotation = prepared((db, { capability }: { capability: Capability }) =>
  db
    .selectFrom('rotation')
    .select(['node_id', 'current_weight'])
    .where('capability', '=', capability)
    .orderBy('node_id')
    .$if(!isSqlite(db), (query) => query.forUpdate()),
);

const lockTurns = (db: Db, capability: Capability) =>
  sql`select pg_advisory_xact_lock(hashtext(${`longshore rotation ${capability}`}))`.execute(db);

/** The rotation of one capability, locked until the transaction ends so that several masters share it. */
export async function lockRotation(
  db: Db,
  options: { dialect: Database['dialect']; capability: Capability },
): Promise<Map<string, number>> {
  const { capability, dialect } = options;
  // A lock on rows would miss the first turn of a node, which has no row yet.
  const locked = dialect === 'sqlite' ? undefined : lockTurns(db, capability);
  const [{ rows }] = await Promise.all([selectRotation(db, { capability }), locked]);
  return new Map(rows.map((row) => [row.node_id, row.current_weight]));
}

/**
 * Begins every rotation anew. Counters are in the measure of the weights they grew by: what a round that was cut off in
 * its middle has left would give a node many turns too many under smaller ones.
 */
export async function restartRotations(db: Db): Promise<void> {
  await db.updateTable('rotation').set({ current_weight: 0 }).where('current_weight', '!=', 0).execute();
}

export async function saveRotation(
  db: Db,
  saved: {
    capability: Capability;
    rotation: ReadonlyMap<string, number>;
    picks: ReadonlyMap<string, number>;
  },
): Promise<void> {
  const rows = [...saved.rotation].map(([nodeId, currentWeight]) => ({
    capability: saved.capability,
    nodeId,
    currentWeight,
    picks: saved.picks.get(nodeId) ?? 0,
  }));
  await saveCounters(db, rows);
}

const saveCounters = forRows<{ capability: string; nodeId: string; currentWeight: number; picks: number }>(
  { capability: 'text', nodeId: 'text', currentWeight: 'bigint', picks: 'bigint' },
  `insert into rotation (capability, node_id, current_weight, picks)
   select r.capability, r.nodeId, r.currentWeight, r.picks from r where true
   on conflict (capability, node_id) do update set
     current_weight = excluded.current_weight, picks = rotation.picks + excluded.picks`,
);

/** A queued part that goes to a node under this attempt number. */
export type Lease = { partId: string; attempt: number; nodeId: string; nodeName: string; why: Placement };

const leaseRows = forRows<
  { partId: string; attempt: number; nodeId: string; leaseMs: number },
  { id: string }
>(
  { partId: 'text', attempt: 'bigint', nodeId: 'text', leaseMs: 'bigint' },
  `update parts set state = 'leased', node_id = r.nodeId, attempt = r.attempt,
     lease_until_ms = now_ms() + r.leaseMs, delivered = 0, waiting_for = null from r
   where parts.id = r.partId and parts.state = 'queued'
   returning id`,
);

const attemptRows = forRows<Omit<Lease, 'why'> & { reason: string }>(
  { partId: 'text', attempt: 'bigint', nodeId: 'text', nodeName: 'text', reason: 'text' },
  `insert into attempts (part_id, attempt, node_id, node_name, reason, state, started_at_ms, last_sequence)
   select r.partId, r.attempt, r.nodeId, r.nodeName, r.reason, 'leased', now_ms(), 0 from r`,
);

/** Leases parts that the transaction has found queued, and locked. */
export async function leaseParts(db: Db, leases: readonly Lease[], leaseMs: number): Promise<void> {
  const [leased] = await Promise.all([
    leaseRows(
      db,
      leases.map(({ partId, attempt, nodeId }) => ({ partId, attempt, nodeId, leaseMs })),
    ),
    attemptRows(
      db,
      leases.map(({ why, ...lease }) => ({ ...lease, reason: JSON.stringify(why) })),
    ),
  ]);
  if (leased.length !== leases.length) {
    throw new RangeError('a part that was locked is not queued any more');
  }
}

/** Tells the users why parts with this key are not placed. */
export async function explainWaiting(db: Db, key: PlacementKey, why: Waiting): Promise<void> {
  const waitingFor = JSON.stringify(why);
  await db
    .updateTable('parts')
    .set({ waiting_for: waitingFor })
    .where('state', '=', 'queued')
    .where('capability', '=', key.capability)
    .where('temp_bytes', '=', key.tempBytes)
    .where('requested_node_id', key.requestedNodeId === null ? 'is' : '=', key.requestedNodeId)
    .where('user_id', 'in', (eb) => {
      const users = eb.selectFrom('users').innerJoin('user_groups as g', 'g.id', 'users.group_id');
      const { restrictedGroupId: id } = key;
      return (id === null ? users.where('g.allowed_nodes', 'is', null) : users.where('g.id', '=', id)).select(
        'users.id',
      );
    })
    .where((eb) => eb.or([eb('waiting_for', 'is', null), eb('waiting_for', '!=', waitingFor)]))
    .execute();
}
