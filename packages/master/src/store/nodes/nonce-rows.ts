import type { NonceStore } from '@longshore/protocol/server';
import { type Db, nowMs } from '../../database/open-database.ts';

/** Nonces of signed requests, in the database so that every master refuses what any of them has seen. */
export const createNonceStore = (db: Db): NonceStore => ({
  remember: async (keyId, nonce, untilMs) => {
    const inserted = await db
      .insertInto('nonces')
      .values({ key_id: keyId, nonce, until_ms: Math.round(untilMs) })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return (inserted.numInsertedOrUpdatedRows ?? 0n) > 0n;
  },
});

export async function forgetOldNonces(db: Db): Promise<void> {
  await db.deleteFrom('nonces').where('until_ms', '<', nowMs).execute();
}
