import { sql } from 'kysely';
import { type Database, nowMs } from '../../database/open-database.ts';
import { isHeld } from './held-states.ts';

/** No part is put off for longer, see `requeuePart`. */
const longestDelayMs = 1_000;

/**
 * Brings back what lies further ahead than anybody could have set it: the clock of the database was set back. Else the
 * leases of a dead node would last, and its last heartbeat be fresh, for as long as the clock was set back by.
 */
export async function rebaseTimes(
  database: Database,
  options: { leaseMs: number; offlineMs: number },
): Promise<void> {
  const latestLeaseMs = sql<number>`now_ms() + ${options.leaseMs}`;
  const nextProbeMs = sql<number>`now_ms() + probe_pause_ms`;
  await database.transaction(async (tx) => {
    await tx
      .updateTable('parts')
      .set({ lease_until_ms: latestLeaseMs })
      .where(isHeld)
      .where('lease_until_ms', '>', latestLeaseMs)
      .execute();
    await tx
      .updateTable('parts')
      .set({ not_before_ms: nowMs })
      .where(sql<boolean>`parts.state = 'queued'`)
      .where('not_before_ms', '>', sql<number>`now_ms() + ${longestDelayMs}`)
      .execute();
    await tx
      .updateTable('nodes')
      .set({ last_heartbeat_ms: sql<number>`now_ms() - ${options.offlineMs}` })
      .where('last_heartbeat_ms', '>', nowMs)
      .execute();
    await tx
      .updateTable('nodes')
      .set({ probe_at_ms: nextProbeMs })
      .where('probe_at_ms', '>', nextProbeMs)
      .execute();
  });
}
