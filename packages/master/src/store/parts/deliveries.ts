import type { Capability } from '@longshore/protocol';
import { sql } from 'kysely';
import { forRows } from '../../database/for-rows.ts';
import type { Db } from '../../database/open-database.ts';
import { prepared } from '../../database/prepared.ts';
import { type Allowance, allowanceColumns } from '../accounts/allowance.ts';

/** A leased part that its node has not acknowledged yet, with what the node must be told. */
export type Undelivered = {
  partId: string;
  taskId: string;
  attempt: number;
  nodeId: string;
  capability: Capability;
  work: string;
  requestId: string;
  traceparent: string | null;
  passwordSealed: string | null;
  allowance: Allowance;
  leaseLeftMs: number;
  avoid: string[];
};

const selectUndelivered = prepared((db, { limit }: { limit: number }) =>
  db
    .selectFrom('parts')
    .innerJoin('tasks', 'tasks.id', 'parts.task_id')
    .innerJoin('users', 'users.id', 'tasks.user_id')
    .innerJoin('user_groups', 'user_groups.id', 'users.group_id')
    .select([
      'parts.id',
      'parts.task_id',
      'parts.attempt',
      'parts.node_id',
      'parts.capability',
      'parts.work',
      'parts.avoid_nodes',
      'tasks.request_id',
      'tasks.traceparent',
      'tasks.password_sealed',
      sql<number>`parts.lease_until_ms - now_ms()`.as('lease_left_ms'),
    ])
    .select(allowanceColumns)
    // As literals, for the partial index.
    .where(sql<boolean>`parts.state = 'leased'`)
    .where(sql<boolean>`parts.delivered = 0`)
    .orderBy('parts.created_at_ms')
    .limit(limit),
);

/**
 * Leases that have ended are among them while nobody has taken them back: an outage may have come between the lease and
 * its delivery, and the node is not to blame.
 */
export async function listUndelivered(db: Db, limit: number): Promise<Undelivered[]> {
  const { rows } = await selectUndelivered(db, { limit });
  return rows.map((row) => ({
    partId: row.id,
    taskId: row.task_id,
    attempt: row.attempt,
    nodeId: row.node_id ?? '',
    capability: row.capability,
    work: row.work,
    requestId: row.request_id,
    traceparent: row.traceparent,
    passwordSealed: row.password_sealed,
    allowance: row,
    leaseLeftMs: row.lease_left_ms,
    avoid: JSON.parse(row.avoid_nodes) as string[],
  }));
}

export const markDelivered = forRows<{ partId: string; attempt: number }>(
  { partId: 'text', attempt: 'bigint' },
  `update parts set delivered = 1 from r
   where parts.id = r.partId and parts.attempt = r.attempt and parts.state in ('leased', 'running', 'waiting')`,
);
