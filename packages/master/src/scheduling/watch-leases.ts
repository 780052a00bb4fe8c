import { type Database, nowMs } from '../database/open-database.ts';
import { offlineAfterMs } from '../nodes/node-health.ts';
import { rebaseTimes } from '../store/parts/rebase-times.ts';
import { expireLeases } from './expire-leases.ts';
import type { Hearing } from './hearing.ts';

type WatchDeps = Parameters<typeof expireLeases>[0] & {
  hearing: Hearing;
  heartbeatMs: number;
  leaseMs: number;
};

/**
 * Takes parts from silent nodes, once every living node had the chance to be heard. To be called about twice a second.
 * Answers the tasks of parts that were given up.
 */
export async function watchLeases(deps: WatchDeps): Promise<{ failed: string[] }> {
  const { database, hearing, heartbeatMs, leaseMs } = deps;
  // The first look is as after a change of the clock: it may have been set while no master ran.
  if (hearing.look(await readClock(database)) === 'set') {
    await rebaseTimes(database, { leaseMs, offlineMs: offlineAfterMs(heartbeatMs) + 1 });
    hearing.timesAreInLine();
  }
  return hearing.hadTheirChance() ? expireLeases(deps) : { failed: [] };
}

const readClock = async ({ db }: Database): Promise<number> => {
  const { ms } = await db.selectNoFrom(nowMs.as('ms')).executeTakeFirstOrThrow();
  return Number(ms);
};
