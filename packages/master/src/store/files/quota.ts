import { AppError } from '@longshore/protocol';
import { sql } from 'kysely';
import type { Db } from '../../database/open-database.ts';

/**
 * Every change of a user's files begins with this: changes of one user's tree happen one after another, so that what
 * a transaction has read of the tree stays true until it ends. Readers are not held up. Throws `USER_NOT_FOUND`.
 */
export async function lockTree(tx: Db, userId: string): Promise<void> {
  const result = await tx
    .updateTable('users')
    .set((expression) => ({ used_bytes: expression.ref('used_bytes') }))
    .where('id', '=', userId)
    .executeTakeFirst();
  if (Number(result.numUpdatedRows) === 0) throw new AppError('USER_NOT_FOUND', 'the account is gone');
}

/**
 * Counts bytes that are added or, when negative, freed, in one conditional update, so that parallel changes never
 * exceed the quota together. Freeing always succeeds. Throws `QUOTA_EXCEEDED`.
 */
export async function changeUsedBytes(tx: Db, userId: string, deltaBytes: number): Promise<void> {
  if (deltaBytes === 0) return;
  let update = tx
    .updateTable('users')
    .set((expression) => ({ used_bytes: expression('used_bytes', '+', deltaBytes) }))
    .where('id', '=', userId);
  if (deltaBytes > 0) {
    update = update.where(
      sql<boolean>`used_bytes + cast(${deltaBytes} as bigint) <= coalesce(users.quota_bytes, (
        select g.quota_bytes from user_groups g where g.id = users.group_id
      ), ${Number.MAX_SAFE_INTEGER})`,
    );
  }
  const result = await update.executeTakeFirst();
  if (Number(result.numUpdatedRows) === 0) await throwQuotaExceeded(tx, userId, deltaBytes);
}

/** Throws `QUOTA_EXCEEDED` when the bytes do not fit now. Promises nothing: only `changeUsedBytes` does. */
export async function checkQuota(db: Db, userId: string, neededBytes: number): Promise<void> {
  const user = await findUsage(db, userId);
  if (user.quotaBytes !== null && user.usedBytes + neededBytes > user.quotaBytes) {
    throw quotaExceeded(user.usedBytes, user.quotaBytes, neededBytes);
  }
}

async function throwQuotaExceeded(db: Db, userId: string, neededBytes: number): Promise<never> {
  const { usedBytes, quotaBytes } = await findUsage(db, userId);
  throw quotaExceeded(usedBytes, quotaBytes ?? 0, neededBytes);
}

async function findUsage(db: Db, userId: string): Promise<{ usedBytes: number; quotaBytes: number | null }> {
  const user = await db
    .selectFrom('users')
    .innerJoin('user_groups as g', 'g.id', 'users.group_id')
    .select((expression) => [
      'used_bytes as usedBytes',
      expression.fn.coalesce('users.quota_bytes', 'g.quota_bytes').as('quotaBytes'),
    ])
    .where('users.id', '=', userId)
    .executeTakeFirst();
  if (user === undefined) throw new AppError('USER_NOT_FOUND', 'the account is gone');
  return user;
}

const quotaExceeded = (usedBytes: number, quotaBytes: number, neededBytes: number): AppError =>
  new AppError(
    'QUOTA_EXCEEDED',
    `${neededBytes} bytes do not fit: ${usedBytes} of ${quotaBytes} bytes are in use`,
    { details: { usedBytes, quotaBytes, neededBytes } },
  );
