import { AppError } from '@longshore/protocol';
import type { Db } from '../../database/open-database.ts';

/** A value that is fixed by whoever asks first, such as the id of the installation. */
export async function metaOnce(db: Db, key: string, firstValue: string): Promise<string> {
  await db
    .insertInto('meta')
    .values({ key, value: firstValue })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
  const row = await db.selectFrom('meta').select('value').where('key', '=', key).executeTakeFirstOrThrow();
  return row.value;
}

export async function findMeta(db: Db, key: string): Promise<string | undefined> {
  const row = await db.selectFrom('meta').select('value').where('key', '=', key).executeTakeFirst();
  return row?.value;
}

/** Refuses a master key that is not the one the database was made with. */
export async function requireMasterKey(db: Db, fingerprint: string): Promise<void> {
  if ((await metaOnce(db, 'master key', fingerprint)) !== fingerprint) {
    throw new AppError(
      'CONFIG_INVALID',
      '[Master] MasterKey, or master.key in the data directory, is not the one this database was made with',
    );
  }
}
