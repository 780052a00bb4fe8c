import { AppError, type ZipLink, zipRoute } from '@longshore/protocol';
import type { Database } from '../../database/open-database.ts';
import type { MasterKeys } from '../../secrets/master-keys.ts';
import { findBlobFacts } from '../../store/blobs/blob-rows.ts';
import { isReferenceConflict } from '../../store/blobs/unused-blobs.ts';
import { endOldZips, insertZip } from '../../store/zips/zip-rows.ts';
import { collectSources } from '../collect-sources.ts';
import { parsePath } from '../parse-path.ts';
import { summarizePaths } from '../summarize-paths.ts';
import { planZip } from './plan-zip.ts';
import { issueZipTicket } from './zip-ticket.ts';

export type ZipDeps = { readonly database: Database; readonly keys: MasterKeys };

/** A link holds its blobs, also of files that are deleted meanwhile, so it may not last for ever. */
const lifetimeMs = 24 * 60 * 60 * 1000;
const maxLinksPerUser = 20;
const maxEntries = 100_000;
const conflictTries = 3;

/**
 * Makes a link to a selection as one zip. What the zip holds is fixed now, and stays whatever happens to the files, so
 * that a download can be continued; each user's oldest links end when there are too many. Throws `PATH_NOT_FOUND`,
 * `PATH_EXISTS` when two of the paths have the same name, `LIMIT_EXCEEDED`.
 */
export async function createZipLink(
  deps: ZipDeps,
  request: { userId: string; paths: readonly string[] },
): Promise<ZipLink> {
  const { userId, paths } = request;
  const { files, folders } = await summarizePaths(deps.database.db, userId, paths);
  if (files + folders > maxEntries) {
    const message = `the selection has ${files + folders} files and folders; a zip may have ${maxEntries}`;
    throw new AppError('LIMIT_EXCEEDED', message);
  }
  for (let tries = 1; ; tries += 1) {
    try {
      return await storeSnapshot(deps, request);
    } catch (error) {
      // A file was deleted, and its bytes purged, after it was read.
      if (tries === conflictTries || !isReferenceConflict(error)) throw error;
    }
  }
}

async function storeSnapshot(
  { database, keys }: ZipDeps,
  { userId, paths }: { userId: string; paths: readonly string[] },
): Promise<ZipLink> {
  const { sources } = await collectSources(database.db, userId, paths);
  const facts = await findBlobFacts(
    database.db,
    sources.flatMap(({ blobId }) => blobId ?? []),
  );
  const plan = await planZip(
    sources.map((source) => {
      const blob = facts.get(source.blobId ?? '');
      return { ...source, crc32: blob?.crc32 ?? 0, sha256: blob?.sha256 ?? null };
    }),
  );
  const { entries, directoryOffset, sizeBytes, digest } = plan;
  const id = crypto.randomUUID();
  const name = zipName(paths);
  const row = { id, userId, name, digest, entries: entries.length, directoryOffset, sizeBytes };
  const expiresAtMs = await database.transaction(async (tx) => {
    await endOldZips(tx, userId, maxLinksPerUser - 1);
    return insertZip(tx, { row, entries, lifetimeMs });
  });
  const query = new URLSearchParams({ ticket: issueZipTicket(keys, id) });
  const url = `${zipRoute}/${encodeURIComponent(name)}?${query}`;
  return { url, name, sizeBytes, entries: entries.length, digest, expiresAtMs };
}

/** After the one thing that is in it, or after the folder that the things come from. */
function zipName(paths: readonly string[]): string {
  const [first = []] = paths.map((path) => parsePath(path));
  const name = (paths.length === 1 ? first : first.slice(0, -1)).at(-1) ?? 'files';
  return `${name}.zip`;
}
