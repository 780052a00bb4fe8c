import { type ConflictPolicy, fileBytesRoutes } from '@longshore/protocol';
import type { DetailedError, Upload } from 'tus-js-client';
import { type ApiError, answeredError, toApiError } from '../api/api-error.ts';

type UploadRequest = { file: File; path: string; conflict: ConflictPolicy };
type UploadWatcher = {
  onProgress: (sentBytes: number) => void;
  onDone: () => void;
  onError: (error: ApiError) => void;
};

export type RunningUpload = { pause(): void; cancel(): void };

/** Big files go in pieces, so that a proxy with a limit on bodies is no obstacle. */
const chunkBytes = 64 * 1024 * 1024;
/** Smaller files travel with the request that begins them. A larger one is begun first: only then can it go on later. */
const smallBytes = 1024 * 1024;
const retryDelaysMs = [300, 1_000, 3_000, 5_000, 10_000];

/**
 * Sends one file over tus. What was sent is remembered by path, size and time of change: choosing the same file again,
 * after a reload too, goes on where it stopped.
 */
export function startUpload(request: UploadRequest, on: UploadWatcher): RunningUpload {
  let upload: Upload | undefined;
  let stopped = false;
  void prepare(request, on)
    .then((prepared) => {
      upload = prepared;
      if (!stopped) upload.start();
    })
    .catch((thrown: unknown) => on.onError(toApiError(thrown)));
  return {
    pause: () => {
      stopped = true;
      void upload?.abort();
    },
    cancel: () => {
      stopped = true;
      // The upload may not exist yet, or no longer.
      upload?.abort(true).catch(() => undefined);
    },
  };
}

async function prepare(request: UploadRequest, on: UploadWatcher): Promise<Upload> {
  const { file, path, conflict } = request;
  // Fetched with the first upload: looking at files needs none of it.
  const tus = await import('tus-js-client');
  const upload = new tus.Upload(file, {
    endpoint: fileBytesRoutes.uploads,
    chunkSize: chunkBytes,
    retryDelays: retryDelaysMs,
    uploadDataDuringCreation: file.size <= smallBytes,
    removeFingerprintOnSuccess: true,
    metadata: { path, conflict, modifiedAtMs: String(file.lastModified) },
    fingerprint: () => Promise.resolve(`longshore ${path} ${file.size} ${file.lastModified}`),
    onShouldRetry: (error) => {
      const status = error.originalResponse?.getStatus() ?? 0;
      return status === 0 || status === 429 || status >= 500;
    },
    onProgress: (sentBytes) => on.onProgress(sentBytes),
    onSuccess: () => on.onDone(),
    onError: (thrown) => on.onError(toUploadError(thrown)),
  });
  const [previous] = await upload.findPreviousUploads();
  if (previous !== undefined) upload.resumeFromPreviousUpload(previous);
  return upload;
}

function toUploadError(thrown: Error | DetailedError): ApiError {
  const response = 'originalResponse' in thrown ? thrown.originalResponse : null;
  if (response) return answeredError(response.getStatus(), response.getBody());
  // A request without an answer: the connection is gone.
  return 'originalRequest' in thrown ? toApiError(new TypeError(thrown.message)) : toApiError(thrown);
}
