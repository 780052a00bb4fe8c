import { sql } from 'kysely';
import { type Db, nowMs } from '../../database/open-database.ts';
import { chunked } from '../chunked.ts';

export type BlobRow = {
  readonly id: string;
  readonly storeId: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly partId: string | null;
  readonly attempt: number | null;
};

export type NewBlob = { id: string; storeId: string; sizeBytes: number; sha256: string; crc32: number };
export type AttemptKey = { partId: string; attempt: number };

const values = (blob: NewBlob, state: 'staged' | 'live', owner: AttemptKey | null) => ({
  id: blob.id,
  store_id: blob.storeId,
  size_bytes: blob.sizeBytes,
  sha256: blob.sha256,
  crc32: blob.crc32,
  state,
  part_id: owner?.partId ?? null,
  attempt: owner?.attempt ?? null,
  created_at_ms: nowMs,
});

export async function findBlob(db: Db, blobId: string): Promise<BlobRow | undefined> {
  return db
    .selectFrom('blobs')
    .select([
      'id',
      'store_id as storeId',
      'size_bytes as sizeBytes',
      'sha256',
      'part_id as partId',
      'attempt',
    ])
    .where('id', '=', blobId)
    .executeTakeFirst();
}

/** The digests of blobs, by id. */
export async function findBlobFacts(
  db: Db,
  ids: readonly string[],
): Promise<Map<string, { sha256: string; crc32: number }>> {
  const facts = new Map<string, { sha256: string; crc32: number }>();
  for (const some of chunked(ids, 1000)) {
    const rows = await db
      .selectFrom('blobs')
      .select(['id', 'sha256', 'crc32'])
      .where('id', 'in', some)
      .execute();
    for (const { id, ...digests } of rows) facts.set(id, digests);
  }
  return facts;
}

/** A node holds the attempt now: it may store blobs. */
export async function isAttemptHeld(db: Db, { partId, attempt }: AttemptKey): Promise<boolean> {
  const part = await db
    .selectFrom('parts')
    .select('id')
    .where('id', '=', partId)
    .where('attempt', '=', attempt)
    .where('state', 'in', ['leased', 'running', 'waiting'])
    .executeTakeFirst();
  return part !== undefined;
}

/** Notes a blob that an attempt has stored, while it holds its lease. False when it does not, or the id is taken. */
export async function stageBlob(db: Db, blob: NewBlob, owner: AttemptKey): Promise<boolean> {
  const result = await sql`
    insert into blobs (id, store_id, size_bytes, sha256, crc32, state, part_id, attempt, created_at_ms)
    select ${blob.id}, ${blob.storeId}, cast(${blob.sizeBytes} as bigint), ${blob.sha256},
      cast(${blob.crc32} as bigint), 'staged', p.id, p.attempt, ${nowMs}
    from parts p
    where p.id = ${owner.partId} and p.attempt = ${owner.attempt} and p.state in ('leased', 'running', 'waiting')
    on conflict do nothing`.execute(db);
  return Number(result.numAffectedRows ?? 0) === 1;
}

/**
 * Notes blobs that a node has written straight into a store it shares with the master, as it reports them. The caller
 * has made sure that the attempt holds its lease. A blob that is known already stays as it is.
 */
export async function stageReportedBlobs(
  db: Db,
  blobs: readonly NewBlob[],
  owner: AttemptKey,
): Promise<void> {
  for (const some of chunked(blobs, 1000)) {
    await db
      .insertInto('blobs')
      .values(some.map((blob) => values(blob, 'staged', owner)))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

export async function insertLiveBlob(tx: Db, blob: NewBlob): Promise<void> {
  await tx
    .insertInto('blobs')
    .values(values(blob, 'live', null))
    .execute();
}

/**
 * Makes staged blobs of a task's parts live and answers their sizes, by id. A blob that is absent from the answer does
 * not exist or belongs to somebody else.
 */
export async function makeBlobsLive(
  tx: Db,
  options: { taskId: string; blobIds: readonly string[] },
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const blobIds of chunked(options.blobIds, 1000)) {
    const rows = await tx
      .updateTable('blobs')
      .set({ state: 'live' })
      .where('id', 'in', blobIds)
      .where('part_id', 'in', (part) =>
        part.selectFrom('parts').select('id').where('task_id', '=', options.taskId),
      )
      .returning(['id', 'size_bytes as sizeBytes'])
      .execute();
    for (const row of rows) sizes.set(row.id, row.sizeBytes);
  }
  return sizes;
}
