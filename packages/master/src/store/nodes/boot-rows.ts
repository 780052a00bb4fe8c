import { type Db, nowMs } from '../../database/open-database.ts';
import { prepared } from '../../database/prepared.ts';

/** The program that is the node now: the one that answered last at the node's address. */
export async function findBootId(db: Db, nodeId: string): Promise<string | null> {
  const { rows } = await selectBootId(db, { nodeId });
  return rows[0]?.boot_id ?? null;
}

const selectBootId = prepared((db, { nodeId }: { nodeId: string }) =>
  db.selectFrom('nodes').select('boot_id').where('id', '=', nodeId),
);

/** Notes that another program with the same secret was refused just now. */
export async function noteRival(db: Db, rival: { nodeId: string; address: string }): Promise<void> {
  await db
    .updateTable('nodes')
    .set({ rival_address: rival.address, rival_seen_ms: nowMs })
    .where('id', '=', rival.nodeId)
    .execute();
}
