import { sql } from 'kysely';
import { type Db, nowMs } from '../../database/open-database.ts';
import type { NodeRow } from './node-rows.ts';

/** True while requests signed with the key before the present one are accepted. */
export const previousKeyIsValid = (
  row: Pick<NodeRow, 'previous_key_id' | 'previous_key_left_ms'>,
): row is typeof row & { previous_key_id: string } =>
  row.previous_key_id !== null && (row.previous_key_left_ms === null || row.previous_key_left_ms > 0);

const noPreviousKey = { previous_key_id: null, previous_secret_sealed: null, previous_until_ms: null };

/**
 * Gives a node a new key. The one it uses stays valid for `overlapMs`, or with null until the new one is used. While a
 * rotation is under way already that is the key from before it: the one in between was never used.
 */
export async function replaceKey(
  db: Db,
  key: { nodeId: string; keyId: string; secretSealed: string; overlapMs: number | null },
): Promise<void> {
  const { overlapMs } = key;
  const inUse = (present: 'key_id' | 'secret_sealed', previous: string) =>
    sql<string>`case when previous_key_id is not null and coalesce(previous_until_ms > now_ms(), true)
      then ${sql.ref(previous)} else ${sql.ref(present)} end`;
  const keeps = {
    previous_key_id: inUse('key_id', 'previous_key_id'),
    previous_secret_sealed: inUse('secret_sealed', 'previous_secret_sealed'),
    previous_until_ms: overlapMs === null ? null : sql<number>`now_ms() + ${overlapMs}`,
  };
  await db
    .updateTable('nodes')
    .set({ key_id: key.keyId, secret_sealed: key.secretSealed, ...(overlapMs === 0 ? noPreviousKey : keeps) })
    .where('id', '=', key.nodeId)
    .execute();
}

/** Ends a rotation: only the present key is valid from now on. */
export async function dropPreviousKey(db: Db, nodeId: string): Promise<void> {
  await db.updateTable('nodes').set(noPreviousKey).where('id', '=', nodeId).execute();
}

/** Ends a rotation because the node has used its new key. A rotation that began since then goes on. */
export async function confirmKey(db: Db, used: { nodeId: string; keyId: string }): Promise<boolean> {
  const confirmed = await db
    .updateTable('nodes')
    .set(noPreviousKey)
    .where('id', '=', used.nodeId)
    .where('key_id', '=', used.keyId)
    .where('previous_key_id', 'is not', null)
    .executeTakeFirst();
  return confirmed.numUpdatedRows > 0n;
}

/** The time that is left to the previous key by the database's clock; negative when it is over. */
export const previousKeyLeftMs = sql<number | null>`previous_until_ms - ${nowMs}`;
