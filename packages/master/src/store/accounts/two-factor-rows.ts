import type { Db } from '../../database/open-database.ts';

export type TwoFactorRow = {
  readonly secretSealed: string;
  /** Null until a first code was confirmed: signing in does not ask for one yet. */
  readonly enabledAtMs: number | null;
  /** Of the last code that was accepted; older ones are refused. */
  readonly lastStep: number;
};

export const findTwoFactor = (db: Db, userId: string): Promise<TwoFactorRow | undefined> =>
  db
    .selectFrom('two_factor')
    .select(['secret_sealed as secretSealed', 'enabled_at_ms as enabledAtMs', 'last_step as lastStep'])
    .where('user_id', '=', userId)
    .executeTakeFirst();

/** Keeps a secret that is not confirmed yet. False when two-factor is on. */
export async function startTwoFactorRow(db: Db, userId: string, secretSealed: string): Promise<boolean> {
  const fresh = { secret_sealed: secretSealed, enabled_at_ms: null, last_step: 0 };
  const stored = await db
    .insertInto('two_factor')
    .values({ user_id: userId, ...fresh })
    .onConflict((conflict) =>
      conflict.column('user_id').doUpdateSet(fresh).where('two_factor.enabled_at_ms', 'is', null),
    )
    .executeTakeFirst();
  return stored.numInsertedOrUpdatedRows === 1n;
}

/** Accepts the code of a step once: false when it, or a later one, was accepted before. */
export async function spendStep(db: Db, userId: string, step: number): Promise<boolean> {
  const used = await db
    .updateTable('two_factor')
    .set({ last_step: step })
    .where('user_id', '=', userId)
    .where('last_step', '<', step)
    .executeTakeFirst();
  return used.numUpdatedRows === 1n;
}

export async function enableTwoFactorRow(
  tx: Db,
  enabled: { userId: string; atMs: number; codeHashes: readonly string[] },
): Promise<void> {
  const { userId, atMs } = enabled;
  await tx.updateTable('two_factor').set({ enabled_at_ms: atMs }).where('user_id', '=', userId).execute();
  await replaceRecoveryCodes(tx, enabled);
}

export async function replaceRecoveryCodes(
  tx: Db,
  { userId, codeHashes }: { userId: string; codeHashes: readonly string[] },
): Promise<void> {
  await tx.deleteFrom('recovery_codes').where('user_id', '=', userId).execute();
  await tx
    .insertInto('recovery_codes')
    .values(codeHashes.map((hash) => ({ user_id: userId, code_hash: hash })))
    .execute();
}

/** True when it was one of the user's; it is none any more. */
export async function spendRecoveryCode(db: Db, userId: string, codeHash: string): Promise<boolean> {
  const used = await db
    .deleteFrom('recovery_codes')
    .where('user_id', '=', userId)
    .where('code_hash', '=', codeHash)
    .executeTakeFirst();
  return used.numDeletedRows === 1n;
}

export async function countRecoveryCodes(db: Db, userId: string): Promise<number> {
  const row = await db
    .selectFrom('recovery_codes')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

/** False when there was none. */
export async function deleteTwoFactor(tx: Db, userId: string): Promise<boolean> {
  await tx.deleteFrom('recovery_codes').where('user_id', '=', userId).execute();
  const deleted = await tx.deleteFrom('two_factor').where('user_id', '=', userId).executeTakeFirst();
  return deleted.numDeletedRows === 1n;
}
