import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { AppError, BlobId } from '@longshore/protocol';
import type { Db } from '../../database/open-database.ts';
import type { ByteRange } from '../../storage/storage-driver.ts';
import type { Stores } from '../../storage/stores.ts';
import { findZipEntries, type ZipEntryRow, type ZipRow } from '../../store/zips/zip-rows.ts';
import { memberHeader, memberRecord, zipEnd } from './zip-layout.ts';

/** A stretch of a zip: bytes that are made here, or a blob. */
type Piece = { readonly start: number } & (
  | { readonly bytes: Buffer }
  | { readonly blob: { id: string; storeId: string; sizeBytes: number } }
);

/** What is held at once of a zip of any size. */
const pageEntries = 500;

/** Small files are read side by side and leave in one write: one after the other, opening them would cost most. */
const smallBytes = 64 * 1024;
const groupPieces = 64;
const groupBytes = 1024 * 1024;

/**
 * Copies a range of a zip into a writable, like `StorageDriver.send`: `onOpen` is called once before the first byte, and
 * `to` is not ended. Throws what the storage driver throws; `TRANSFER_FAILED` when the receiver is gone.
 */
export async function sendZip(
  deps: { db: Db; stores: Stores },
  zip: ZipRow,
  options: { to: Writable; range: ByteRange; onOpen: () => void },
): Promise<void> {
  const { to, range, onOpen } = options;
  let opened = false;
  const open = (): void => {
    if (!opened) onOpen();
    opened = true;
  };
  let group: (() => Promise<Buffer>)[] = [];
  let groupedBytes = 0;
  const sendGroup = async (): Promise<void> => {
    const chunks = await Promise.all(group.map((read) => read()));
    open();
    await write(to, Buffer.concat(chunks));
    group = [];
    groupedBytes = 0;
  };
  for await (const piece of piecesOf(deps.db, zip, range)) {
    const sizeBytes = 'bytes' in piece ? piece.bytes.length : piece.blob.sizeBytes;
    const start = Math.max(0, range.start - piece.start);
    const end = Math.min(sizeBytes, range.end - piece.start);
    if (start >= end) continue;
    if ('bytes' in piece) group.push(() => Promise.resolve(piece.bytes.subarray(start, end)));
    else {
      const store = deps.stores.get(piece.blob.storeId);
      const blobId = BlobId.parse(piece.blob.id);
      if (end - start > smallBytes) {
        await sendGroup();
        await store.send(blobId, to, { range: { start, end }, onOpen: open });
        continue;
      }
      group.push(async () => buffer(await store.openRead(blobId, { range: { start, end } })));
    }
    groupedBytes += end - start;
    if (group.length >= groupPieces || groupedBytes >= groupBytes) await sendGroup();
  }
  await sendGroup();
}

/** The pieces of a zip that hold the range, in order; those at its ends may hold more. */
async function* piecesOf(db: Db, zip: ZipRow, range: ByteRange): AsyncIterable<Piece> {
  const { directoryOffset, entries, sizeBytes } = zip;
  if (range.start < directoryOffset) {
    for await (const page of pagesOf(db, zip.id, { entry: range.start })) {
      for (const entry of page) {
        if (entry.offset >= range.end) return;
        const bytes = memberHeader(entry);
        yield { start: entry.offset, bytes };
        if (entry.sizeBytes > 0) yield { start: entry.offset + bytes.length, blob: blobOf(entry) };
      }
    }
  }
  const record = Math.max(range.start, directoryOffset);
  let position = directoryOffset;
  for await (const page of pagesOf(db, zip.id, { record })) {
    const start = page[0]?.recordOffset ?? directoryOffset;
    if (start >= range.end) return;
    const bytes = Buffer.concat(page.map((entry) => memberRecord(entry, entry.offset)));
    yield { start, bytes };
    position = start + bytes.length;
  }
  const end = zipEnd({ entries, directoryOffset, directoryBytes: position - directoryOffset });
  yield { start: sizeBytes - end.length, bytes: end };
}

async function* pagesOf(
  db: Db,
  zipId: string,
  first: { entry: number } | { record: number },
): AsyncIterable<ZipEntryRow[]> {
  let from: Parameters<typeof findZipEntries>[1]['from'] = first;
  for (;;) {
    const page = await findZipEntries(db, { zipId, from, limit: pageEntries });
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageEntries) return;
    from = { after: last.offset };
  }
}

function blobOf({ blobId, storeId, sizeBytes, path }: ZipEntryRow) {
  if (blobId !== null && storeId !== null) return { id: blobId, storeId, sizeBytes };
  throw new AppError('BLOB_NOT_FOUND', `there are no bytes of "${path}"`);
}

async function write(to: Writable, bytes: Buffer): Promise<void> {
  if (to.destroyed) throw receiverGone();
  if (to.write(bytes)) return;
  const stop = new AbortController();
  const { signal } = stop;
  const closed = once(to, 'close', { signal }).then(() => {
    throw receiverGone();
  });
  await Promise.race([once(to, 'drain', { signal }), closed]).finally(() => {
    closed.catch(() => undefined);
    stop.abort();
  });
}

const receiverGone = (): AppError =>
  new AppError('TRANSFER_FAILED', 'the receiver has closed the connection');
