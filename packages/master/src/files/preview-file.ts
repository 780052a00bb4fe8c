import { AppError, type ArchiveListing, type BlobAccess, type ListArchive } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import { findBlob } from '../store/blobs/blob-rows.ts';
import { findVolumes } from './task-sources.ts';

/** Lists the archive at a path of the user, by a node that reads only what the format needs for it. */
export async function previewFile(
  deps: {
    db: Db;
    accessTo: (blob: { id: string; storeId: string; sizeBytes: number; sha256: string }) => BlobAccess;
    list: (request: ListArchive, caller: { userId: string; requestId: string }) => Promise<ArchiveListing>;
  },
  userId: string,
  wish: {
    path: string;
    encoding?: string;
    password?: string;
    offset: number;
    limit: number;
    search?: string;
  },
  requestId: string,
): Promise<ArchiveListing> {
  const volumes = await Promise.all(
    (await findVolumes(deps.db, userId, wish.path)).map(async (file) => {
      const blob = await findBlob(deps.db, file.blobId ?? '');
      if (blob === undefined) throw new AppError('BLOB_NOT_FOUND', `the bytes of "${file.name}" are gone`);
      return { name: file.name, access: deps.accessTo(blob) };
    }),
  );
  const request: ListArchive = {
    volumes,
    encoding: wish.encoding ?? null,
    password: wish.password ?? null,
    offset: wish.offset,
    limit: wish.limit,
    search: wish.search ?? null,
    select: [],
  };
  return deps.list(request, { userId, requestId });
}
