import type { Waiting } from '@longshore/protocol';
import { sql } from 'kysely';
import type { Database, Db } from '../../database/open-database.ts';
import { prepared } from '../../database/prepared.ts';
import { parseAllowedNodes } from '../accounts/group-rows.ts';
import { chunked } from '../chunked.ts';
import { isHeld } from './held-states.ts';

/** What the group of a user says about placing. */
export type PlacementLimits = {
  readonly groupId: string;
  /** The only nodes that may be used; null for all. */
  readonly allowedNodes: readonly string[] | null;
  /** Tasks that may have a part on a node at once; null for any number. */
  readonly maxRunningTasks: number | null;
  /** The tasks that have one; only read for users whose number is limited. */
  readonly runningTasks: Set<string>;
};

const usersPerQuery = 500;

const selectLimits = prepared((db, { userIds }: { userIds: readonly string[] }, isOneOf) =>
  db
    .selectFrom('user_groups as g')
    .innerJoin('users as u', 'u.group_id', 'g.id')
    .select(['u.id', 'g.id as groupId', 'g.allowed_nodes', 'g.max_running_tasks as maxRunningTasks'])
    .where((eb) => eb.or([eb('g.allowed_nodes', 'is not', null), eb('g.max_running_tasks', 'is not', null)]))
    .where(isOneOf('u.id', userIds)),
);

/**
 * The limits of these users, without those who have none. What is read of running tasks stays true until the
 * transaction ends: where their number is limited, one master at a time places parts.
 */
export async function readPlacementLimits(
  tx: Db,
  options: { dialect: Database['dialect']; userIds: readonly string[] },
): Promise<Map<string, PlacementLimits>> {
  const limits = new Map<string, PlacementLimits>();
  const { rows: limited } = await selectLimits(tx, { userIds: options.userIds });
  for (const { id, groupId, maxRunningTasks, allowed_nodes: allowed } of limited) {
    const allowedNodes = parseAllowedNodes(allowed);
    limits.set(id, { groupId, maxRunningTasks, allowedNodes, runningTasks: new Set() });
  }
  const counted = [...limits].filter(([, limit]) => limit.maxRunningTasks !== null).map(([id]) => id);
  if (counted.length === 0) return limits;
  if (options.dialect === 'postgres') {
    await sql`select pg_advisory_xact_lock(hashtext('longshore running tasks'))`.execute(tx);
  }
  for (const userIds of chunked(counted, usersPerQuery)) {
    const rows = await tx
      .selectFrom('parts')
      .select(['user_id', 'task_id'])
      .distinct()
      .where(isHeld)
      .where('user_id', 'in', [...userIds])
      .execute();
    for (const row of rows) limits.get(row.user_id)?.runningTasks.add(row.task_id);
  }
  return limits;
}

/** Tells a user that tasks of their own are what the others wait for. */
export async function explainHeldBack(db: Db, userId: string, maxRunningTasks: number): Promise<void> {
  const reason = JSON.stringify({ kind: 'tasks-at-once', most: maxRunningTasks } satisfies Waiting);
  await db
    .updateTable('parts')
    .set({ waiting_for: reason })
    .where('state', '=', 'queued')
    .where('user_id', '=', userId)
    .where('task_id', 'not in', (eb) =>
      eb.selectFrom('parts').select('task_id').where(isHeld).where('user_id', '=', userId),
    )
    .where((eb) => eb.or([eb('waiting_for', 'is', null), eb('waiting_for', '!=', reason)]))
    .execute();
}
