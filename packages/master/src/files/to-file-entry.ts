import { type FileEntry, FileId } from '@longshore/protocol';
import type { FileRow } from '../store/files/file-row.ts';
import { formatPath, type PathNames } from './parse-path.ts';

/** A row as the API shows it. `names` is the path it was found at. */
export const toFileEntry = (row: FileRow, names: PathNames): FileEntry => ({
  id: FileId.parse(row.id),
  path: formatPath(names),
  name: row.name,
  kind: row.kind,
  sizeBytes: row.sizeBytes,
  sha256: row.sha256,
  mode: row.mode,
  modifiedAtMs: row.modifiedAtMs,
  createdAtMs: row.createdAtMs,
});
