import { sql } from 'kysely';
import { type Db, nowMs } from '../../database/open-database.ts';
import { chunked } from '../chunked.ts';

/** A selection of files as it was when its link was made. */
export type ZipRow = {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  /** Of everything the zip consists of: equal for equal bytes. */
  readonly digest: string;
  readonly entries: number;
  /** Where the directory begins, behind the last entry. */
  readonly directoryOffset: number;
  readonly sizeBytes: number;
};

/** An entry with its places in the zip: of its local header, and of its record in the directory. */
export type NewZipEntry = {
  readonly offset: number;
  readonly recordOffset: number;
  readonly kind: 'file' | 'folder';
  readonly path: string;
  readonly modifiedAtMs: number;
  readonly mode: number;
  readonly blobId: string | null;
  readonly sizeBytes: number;
};

export type ZipEntryRow = NewZipEntry & { readonly storeId: string | null; readonly crc32: number };

/** Notes a zip with its entries; its blobs stay until it ends. Answers when that is. */
export async function insertZip(
  tx: Db,
  zip: { row: ZipRow; entries: readonly NewZipEntry[]; lifetimeMs: number },
): Promise<number> {
  const { row, entries, lifetimeMs } = zip;
  const { expiresAtMs } = await tx
    .insertInto('zips')
    .values({
      id: row.id,
      user_id: row.userId,
      name: row.name,
      digest: row.digest,
      entries: row.entries,
      directory_offset: row.directoryOffset,
      size_bytes: row.sizeBytes,
      created_at_ms: nowMs,
      expires_at_ms: sql`now_ms() + cast(${lifetimeMs} as bigint)`,
    })
    .returning('expires_at_ms as expiresAtMs')
    .executeTakeFirstOrThrow();
  for (const some of chunked(entries, 1000)) {
    await tx
      .insertInto('zip_entries')
      .values(
        some.map((entry) => ({
          zip_id: row.id,
          entry_offset: entry.offset,
          record_offset: entry.recordOffset,
          kind: entry.kind,
          path: entry.path,
          modified_at_ms: entry.modifiedAtMs,
          mode: entry.mode,
          blob_id: entry.blobId,
          size_bytes: entry.sizeBytes,
        })),
      )
      .execute();
  }
  return expiresAtMs;
}

/** A zip that has not ended, of a user who may still sign in. */
export async function findZip(db: Db, id: string): Promise<ZipRow | undefined> {
  return db
    .selectFrom('zips')
    .innerJoin('users', 'users.id', 'zips.user_id')
    .select([
      'zips.id',
      'zips.user_id as userId',
      'zips.name',
      'digest',
      'entries',
      'directory_offset as directoryOffset',
      'size_bytes as sizeBytes',
    ])
    .where('zips.id', '=', id)
    .where('expires_at_ms', '>', nowMs)
    .where('users.disabled', '=', 0)
    .executeTakeFirst();
}

/** The next entries in the order of the zip, from the one that holds a byte at `from`, or behind an offset. */
export async function findZipEntries(
  db: Db,
  page: { zipId: string; limit: number; from: { entry: number } | { record: number } | { after: number } },
): Promise<ZipEntryRow[]> {
  const { zipId, limit, from } = page;
  const last = (column: 'entry_offset' | 'record_offset', at: number) => sql<number>`coalesce((
    select max(entry_offset) from zip_entries
    where zip_id = ${zipId} and ${sql.ref(column)} <= cast(${at} as bigint)), 0)`;
  const query = db
    .selectFrom('zip_entries as z')
    .leftJoin('blobs as b', 'b.id', 'z.blob_id')
    .select([
      'z.entry_offset as offset',
      'z.record_offset as recordOffset',
      'z.kind',
      'z.path',
      'z.modified_at_ms as modifiedAtMs',
      'z.mode',
      'z.blob_id as blobId',
      'z.size_bytes as sizeBytes',
      'b.store_id as storeId',
      sql<number>`coalesce(b.crc32, 0)`.as('crc32'),
    ])
    .where('z.zip_id', '=', zipId)
    .orderBy('z.entry_offset')
    .limit(limit);
  if ('after' in from) return query.where('z.entry_offset', '>', from.after).execute();
  const first = 'entry' in from ? last('entry_offset', from.entry) : last('record_offset', from.record);
  return query.where('z.entry_offset', '>=', first).execute();
}

/** Ends the zips of a user but for the newest. */
export async function endOldZips(tx: Db, userId: string, kept: number): Promise<void> {
  await tx
    .deleteFrom('zips')
    .where('user_id', '=', userId)
    .where('id', 'not in', (newest) =>
      newest
        .selectFrom('zips')
        .select('id')
        .where('user_id', '=', userId)
        .orderBy('created_at_ms', 'desc')
        .orderBy('id')
        .limit(kept),
    )
    .execute();
}

/** Ends the zips whose time is over; answers how many. */
export async function deleteExpiredZips(db: Db): Promise<number> {
  const result = await db.deleteFrom('zips').where('expires_at_ms', '<=', nowMs).executeTakeFirst();
  return Number(result.numDeletedRows);
}
