import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type ConflictPolicy, files } from '@longshore/protocol';
import type { Api } from '../api/api.ts';
import { withRetries } from '../api/with-retries.ts';
import { CommandError } from '../errors/command-error.ts';
import { toLocalFileError } from '../errors/local-file-error.ts';
import type { ByteClient } from './byte-client.ts';
import { createTusUpload, type TusProgress } from './tus.ts';
import { uploadBig } from './upload-big.ts';
import type { UploadRecords } from './upload-records.ts';

export type FileToUpload = {
  readonly localPath: string;
  readonly remotePath: string;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
  readonly mode: number;
};

export type Uploading = {
  readonly api: Api;
  readonly client: ByteClient;
  readonly records: UploadRecords;
  readonly conflict: ConflictPolicy;
  readonly signal: AbortSignal;
  /** Bytes that have gone out; negative when some must be sent again. */
  readonly onBytes: (bytes: number) => void;
};

/** Up to this size a file travels in the request that announces it. */
const smallFileBytes = 4 * 1024 * 1024;

/**
 * Sends one file and answers the path it got. The master tells the SHA-256 of what it has stored: other bytes than
 * those that were read are an error. Interrupted uploads of big files go on where they were, also after this program
 * has ended.
 */
export async function uploadFile(file: FileToUpload, uploading: Uploading): Promise<string> {
  try {
    const upload = file.sizeBytes <= smallFileBytes ? uploadSmall : uploadBig;
    const { sha256, stored } = await upload(file, uploading);
    if (stored.sha256 === sha256) return stored.path ?? file.remotePath;
  } catch (error) {
    throw toLocalFileError(error, file.localPath);
  }
  throw CommandError.local(
    'CHECKSUM_MISMATCH',
    `${file.remotePath} is stored with other bytes than were sent`,
    {
      hint: 'The file was changed while it was read; run the command again with `--conflict overwrite`.',
    },
  );
}

async function uploadSmall(
  file: FileToUpload,
  uploading: Uploading,
): Promise<{ sha256: string; stored: NonNullable<TusProgress['file']> }> {
  const { api, client, signal } = uploading;
  const data = await readFile(file.localPath);
  const sha256 = createHash('sha256').update(data).digest('hex');
  const stored = await withRetries({ signal, patience: 'long' }, async ({ first }) => {
    try {
      const announced = { ...announcement(file, uploading), sizeBytes: data.length, data };
      return (await createTusUpload(client, announced)).file;
    } catch (error) {
      // The answer to the try before may have been lost after the file had arrived.
      if (!first && error instanceof CommandError && error.code === 'PATH_EXISTS') {
        const entry = await api.call(files.stat, { query: { path: file.remotePath } });
        if (entry.sha256 === sha256) return { sha256, path: file.remotePath };
      }
      throw error;
    }
  });
  if (stored === null) throw CommandError.local('NOT_A_MASTER', 'the upload ended without a file');
  uploading.onBytes(data.length);
  return { sha256, stored };
}

/** What is said of a file before its bytes. */
export const announcement = (file: FileToUpload, { api, conflict }: Uploading) => ({
  masterUrl: api.url,
  sizeBytes: file.sizeBytes,
  metadata: {
    path: file.remotePath,
    conflict,
    modifiedAtMs: String(file.modifiedAtMs),
    mode: String(file.mode),
  },
});
