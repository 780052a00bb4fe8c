import { AppError, ConflictPolicy, UserPath } from '@longshore/protocol';
import { z } from 'zod';
import { defaultMode } from '../../store/files/file-row.ts';
import { type PathNames, parsePath } from '../parse-path.ts';

/** What a client says about an upload when it starts it. */
export type UploadRequest = {
  readonly names: PathNames;
  readonly conflict: ConflictPolicy;
  readonly sizeBytes: number;
  readonly mode: number;
  readonly modifiedAtMs: number | null;
};

const wholeNumber = z
  .string()
  .regex(/^-?\d{1,16}(\.\d+)?$/, 'a number')
  .transform((text) => Math.round(Number(text)));

const Metadata = z.object({
  path: UserPath,
  conflict: ConflictPolicy.default('fail'),
  modifiedAtMs: wholeNumber.nullable().default(null),
  mode: wholeNumber.pipe(z.int().min(0).max(0o7777)).default(defaultMode.file),
});

/** Reads `Upload-Length` and `Upload-Metadata`. Throws `BAD_REQUEST`, `PATH_INVALID`, `NAME_INVALID`. */
export function parseUploadRequest(headers: {
  length: string | undefined;
  metadata: string | undefined;
}): UploadRequest {
  const sizeBytes = /^\d{1,15}$/.test(headers.length ?? '') ? Number(headers.length) : undefined;
  if (sizeBytes === undefined) throw new AppError('BAD_REQUEST', 'Upload-Length: a number of bytes');
  const parsed = Metadata.safeParse(parseMetadata(headers.metadata ?? ''));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new AppError('BAD_REQUEST', `Upload-Metadata ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { path, conflict, mode, modifiedAtMs } = parsed.data;
  const names = parsePath(path);
  if (names.length === 0) throw new AppError('IS_A_FOLDER', '"/" is a folder');
  return { names, conflict, sizeBytes, mode: mode & 0o777, modifiedAtMs };
}

/** Pairs of a name and a Base64 value, separated by commas. Source: tus 1.0.0, "Upload-Metadata". */
function parseMetadata(text: string): Record<string, string> {
  const entries = text
    .split(',')
    .map((pair) => pair.trim().split(/\s+/))
    .filter(([name]) => name !== undefined && name !== '')
    .map(([name, value]) => [name, Buffer.from(value ?? '', 'base64').toString('utf8')] as const);
  return Object.fromEntries(entries);
}
