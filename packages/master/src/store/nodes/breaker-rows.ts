import type { ErrorInfo } from '@longshore/protocol';
import { sql } from 'kysely';
import { type Database, type Db, nowMs } from '../../database/open-database.ts';
import { prepared } from '../../database/prepared.ts';
import type { NodeRow } from './node-rows.ts';

/** A node's counters as they are stored, with the time of the database. */
export type StoredBreaker = Pick<
  NodeRow,
  | 'faults_in_a_row'
  | 'quarantine_reason'
  | 'quarantined_at_ms'
  | 'probe_at_ms'
  | 'probe_pause_ms'
  | 'probe_part_id'
>;

export const trustedColumns: StoredBreaker = {
  faults_in_a_row: 0,
  quarantine_reason: null,
  quarantined_at_ms: null,
  probe_at_ms: null,
  probe_pause_ms: null,
  probe_part_id: null,
};

/** The counters, locked until the transaction ends so that several masters count together. */
export async function lockBreaker(
  tx: Db,
  nodeId: string,
  dialect: Database['dialect'],
): Promise<(StoredBreaker & { now_ms: number }) | undefined> {
  let query = tx
    .selectFrom('nodes')
    .select([
      'faults_in_a_row',
      'quarantine_reason',
      'quarantined_at_ms',
      'probe_at_ms',
      'probe_pause_ms',
      'probe_part_id',
    ])
    .select(nowMs.as('now_ms'))
    .where('id', '=', nodeId);
  if (dialect === 'postgres') query = query.forUpdate();
  return query.executeTakeFirst();
}

export async function saveBreaker(tx: Db, nodeId: string, breaker: StoredBreaker): Promise<void> {
  await tx.updateTable('nodes').set(breaker).where('id', '=', nodeId).execute();
}

const selectTrust = prepared((db, { nodeId }: { nodeId: string }) =>
  db.selectFrom('nodes').select(['faults_in_a_row', 'quarantined_at_ms']).where('id', '=', nodeId),
);

/** After a success. True when the node was in quarantine until now. Nodes without a fault are not written. */
export async function trustNode(tx: Db, nodeId: string): Promise<boolean> {
  const [row] = (await selectTrust(tx, { nodeId })).rows;
  if (row === undefined || (row.faults_in_a_row === 0 && row.quarantined_at_ms === null)) return false;
  await saveBreaker(tx, nodeId, trustedColumns);
  return row.quarantined_at_ms !== null;
}

/**
 * Makes a part the probe of a node whose pause is over. False when another master was faster. The next probe is due
 * after another pause, should nobody ever hear of this one.
 */
export async function claimProbe(tx: Db, probe: { nodeId: string; partId: string }): Promise<boolean> {
  const claimed = await tx
    .updateTable('nodes')
    .set({ probe_part_id: probe.partId, probe_at_ms: sql<number>`now_ms() + probe_pause_ms` })
    .where('id', '=', probe.nodeId)
    .where('quarantined_at_ms', 'is not', null)
    .where('probe_at_ms', '<=', nowMs)
    .executeTakeFirst();
  return claimed.numUpdatedRows > 0n;
}

export const quarantineReason = (row: Pick<StoredBreaker, 'quarantine_reason'>): ErrorInfo | null =>
  row.quarantine_reason === null ? null : (JSON.parse(row.quarantine_reason) as ErrorInfo);
