import { z } from 'zod';
import { Count, FileId, Sha256 } from '../ids.ts';
import { ArchiveListing } from '../node-api/list-archive.ts';
import { ConflictPolicy } from '../task.ts';
import { endpoint } from './endpoint.ts';

/** An absolute path in the user's own tree, such as "/photos/2026". "/" is the root folder. */
export const UserPath = z.string().min(1).max(4096).startsWith('/', 'an absolute path, starting with "/"');

export const FileEntry = z.object({
  id: FileId,
  path: z.string(),
  name: z.string(),
  kind: z.enum(['file', 'folder']),
  /** 0 for a folder. */
  sizeBytes: Count,
  /** Null for a folder. */
  sha256: Sha256.nullable(),
  /** Permissions as Unix has them, such as 0o644. */
  mode: Count,
  modifiedAtMs: z.int(),
  createdAtMs: Count,
});
export type FileEntry = z.infer<typeof FileEntry>;

/** A selection of files as one zip. What it holds is fixed: the files may change, and the download be continued. */
export const ZipLink = z.object({
  /** Relative to the address of the master. Opens the zip, without a session, for whoever has it. */
  url: z.string(),
  name: z.string(),
  sizeBytes: Count,
  entries: Count,
  /** Equal for equal zips; the ETag of the download. */
  digest: Sha256,
  expiresAtMs: Count,
});
export type ZipLink = z.infer<typeof ZipLink>;

const Done = z.object({});
const tag = 'Files';

export const files = {
  listFolder: endpoint({
    method: 'get',
    path: '/api/v1/files',
    tag,
    summary: 'The content of a folder, folders first, by name',
    access: 'user',
    query: z.object({
      path: UserPath.default('/'),
      cursor: z.string().max(1024).optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(1000),
    }),
    status: 200,
    response: z.object({ folder: FileEntry, entries: z.array(FileEntry), next: z.string().nullable() }),
  }),
  stat: endpoint({
    method: 'get',
    path: '/api/v1/files/stat',
    tag,
    summary: 'One file or folder',
    access: 'user',
    query: z.object({ path: UserPath }),
    status: 200,
    response: FileEntry,
  }),
  summarize: endpoint({
    method: 'post',
    path: '/api/v1/files/summary',
    tag,
    summary: 'How much a selection holds, folders with everything in them; nothing counts twice',
    access: 'user',
    body: z.strictObject({ paths: z.array(UserPath).min(1).max(10_000) }),
    status: 200,
    response: z.object({ files: Count, folders: Count, bytes: Count }),
  }),
  createZip: endpoint({
    method: 'post',
    path: '/api/v1/files/zip',
    tag,
    summary: 'Make a link to files and folders as one zip, stored without compression',
    access: 'user',
    body: z.strictObject({ paths: z.array(UserPath).min(1).max(10_000) }),
    status: 201,
    response: ZipLink,
  }),
  createFolder: endpoint({
    method: 'post',
    path: '/api/v1/folders',
    tag,
    summary: 'Create a folder; with `parents`, its parents too, and an existing folder is no error',
    access: 'user',
    body: z.strictObject({
      path: UserPath,
      parents: z.boolean().default(false),
      /** Of a folder that is made; now, when absent. */
      modifiedAtMs: z.int().optional(),
    }),
    status: 201,
    response: FileEntry,
  }),
  move: endpoint({
    method: 'post',
    path: '/api/v1/files/move',
    tag,
    summary: 'Move or rename a file or folder; `to` is the full new path',
    access: 'user',
    body: z.strictObject({ from: UserPath, to: UserPath, conflict: ConflictPolicy.default('fail') }),
    status: 200,
    response: FileEntry,
  }),
  remove: endpoint({
    method: 'post',
    path: '/api/v1/files/delete',
    tag,
    summary: 'Delete files and folders with everything in them',
    access: 'user',
    body: z.strictObject({ paths: z.array(UserPath).min(1).max(1000) }),
    status: 200,
    response: Done,
  }),
  /** With a body, although it changes nothing: a password has no place in an address. */
  preview: endpoint({
    method: 'post',
    path: '/api/v1/files/preview',
    tag,
    summary: 'List an archive without extracting it',
    access: 'user',
    body: z.strictObject({
      path: UserPath,
      /** Detected when absent. */
      encoding: z.string().max(32).optional(),
      /** Of an archive whose names are encrypted too. */
      password: z.string().min(1).max(1024).optional(),
      offset: Count.default(0),
      limit: z.int().min(1).max(10_000).default(1000),
      search: z.string().max(256).optional(),
    }),
    status: 200,
    response: ArchiveListing,
  }),
} as const;

/**
 * Bytes travel outside the JSON operations:
 * - `GET` and `HEAD /api/v1/files/content?path=…` answer the bytes of a file, with Range (one), ETag, `If-None-Match`
 *   and `If-Range`; `longshore-blob-sha256` is their SHA-256.
 * - `GET` and `HEAD` of the `url` of a `ZipLink` answer a zip in the same way, to whoever has the address.
 * - `/api/v1/uploads` speaks tus 1.0.0 (creation, creation-with-upload, termination, expiration). Metadata: `path` (full
 *   path of the file; missing folders are made), `conflict` (a conflict policy), `modifiedAtMs`, `mode` (decimal). A
 *   small file is quickest as one POST with its bytes. The answer that completes an upload carries `uploadHeaders`.
 */
export const fileBytesRoutes = { content: '/api/v1/files/content', uploads: '/api/v1/uploads' } as const;

export const zipRoute = '/api/v1/zips';

/** What the answer to the last byte of an upload, and to HEAD of a finished one, says of the file. */
export const uploadHeaders = {
  fileId: 'longshore-file-id',
  /** Percent-encoded like a URL; differs from the path asked for under the conflict policy "rename". */
  filePath: 'longshore-file-path',
  sha256: 'longshore-blob-sha256',
} as const;
