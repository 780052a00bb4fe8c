import { AppError, type FileEntry } from '@longshore/protocol';
import { z } from 'zod';
import type { Db } from '../database/open-database.ts';
import { listChildren } from '../store/files/list-children.ts';
import { parsePath } from './parse-path.ts';
import { resolveFolder } from './resolve-path.ts';
import { toFileEntry } from './to-file-entry.ts';

export type FolderPage = { folder: FileEntry; entries: FileEntry[]; next: string | null };

/** Where a page starts: behind this name, among the folders or among the files that come after them. */
const Cursor = z.object({ kind: z.enum(['folder', 'file']), after: z.string().nullable() });
type Cursor = z.infer<typeof Cursor>;

/** One page of a folder: folders first, then files, each by name. Throws `BAD_REQUEST` for a foreign cursor. */
export async function listFolder(
  db: Db,
  request: { userId: string; path: string; cursor: string | undefined; limit: number },
): Promise<FolderPage> {
  const { userId, limit } = request;
  const names = parsePath(request.path);
  const cursor = readCursor(request.cursor);
  const folder = await resolveFolder(db, userId, names);
  const page = (kind: Cursor['kind'], after: string | null, count: number) =>
    listChildren(db, { userId, folderId: folder.id, kind, after, limit: count });
  // One more than asked for tells whether there is a next page.
  const folders = cursor.kind === 'folder' ? await page('folder', cursor.after, limit + 1) : [];
  const missing = limit + 1 - folders.length;
  const files = missing > 0 ? await page('file', cursor.kind === 'file' ? cursor.after : null, missing) : [];
  const rows = [...folders, ...files];
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    folder: toFileEntry(folder, names),
    entries: shown.map((row) => toFileEntry(row, [...names, row.name])),
    next:
      rows.length > limit && last !== undefined ? writeCursor({ kind: last.kind, after: last.name }) : null,
  };
}

const writeCursor = (cursor: Cursor): string => Buffer.from(JSON.stringify(cursor)).toString('base64url');

function readCursor(text: string | undefined): Cursor {
  if (text === undefined) return { kind: 'folder', after: null };
  try {
    return Cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new AppError('BAD_REQUEST', 'cursor: not a cursor of this listing', { cause });
  }
}
