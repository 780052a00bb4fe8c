import { useSyncExternalStore } from 'react';
import type { ApiError } from '../api/api-error.ts';
import { tellSignedOut } from '../api/session-end.ts';
import { joinPath } from '../format/paths.ts';
import { askConflict, type ConflictAnswer } from '../ui/ask-conflict.tsx';
import type { FileToUpload } from './collect-dropped.ts';
import { measureSpeed, noSpeed, type Speed } from './speed.ts';
import { type RunningUpload, startUpload } from './start-upload.ts';
import { uploadOrder } from './upload-order.ts';

export type UploadState = 'waiting' | 'uploading' | 'paused' | 'taken' | 'done' | 'skipped' | 'failed';

/** `taken`: the name exists, and nobody has said yet what to do. */
export type Upload = {
  readonly id: number;
  readonly file: File;
  /** Full path it goes to. */
  readonly path: string;
  /** The folder it was brought to, of which `path` is a part. */
  readonly folder: string;
  readonly batch: number;
  state: UploadState;
  sentBytes: number;
  speed: Speed;
  error: ApiError | null;
};

export type UploadsSnapshot = {
  readonly uploads: readonly Upload[];
  readonly active: number;
  readonly done: number;
  readonly failed: number;
  readonly bytesPerSecond: number;
  readonly sentBytes: number;
  readonly totalBytes: number;
};

const atOnce = 4;
const drawEveryMs = 200;
const askAfterMs = 600;

const uploads = new Map<number, Upload>();
const running = new Map<number, RunningUpload>();
const answers = new Map<number, ConflictAnswer>();
const asking = new Set<number>();
/** Paused because nobody is signed in. */
const signedOut = new Set<number>();
const listeners = new Set<() => void>();
let nextId = 1;
let nextBatch = 1;
let _drawTimer: ReturnType<typeof setTimeout> | undefined;
let speed = noSpeed;
let snapshot: UploadsSnapshot = summarise();

/** What is being uploaded by this tab. It goes on whatever page is shown. */
export const uploadQueue = {
  add(files: readonly FileToUpload[], folder: string): void {
    const batch = nextBatch++;
    for (const { file, path } of files) {
      const id = nextId++;
      const state = 'waiting' as const;
      const fullPath = joinPath(folder, path);
      const upload = { id, file, path: fullPath, folder, batch, state };
      uploads.set(id, { ...upload, sentBytes: 0, speed: noSpeed, error: null });
    }
    fill();
  },
  pause(id: number): void {
    running.get(id)?.pause();
    settle(id, 'paused');
  },
  resume(id: number): void {
    change(id, { state: 'waiting', error: null });
    fill();
  },
  cancel(id: number): void {
    running.get(id)?.cancel();
    running.delete(id);
    uploads.delete(id);
    fill();
  },
  retryFailed(): void {
    for (const upload of uploads.values())
      if (upload.state === 'failed') change(upload.id, { state: 'waiting', error: null });
    fill();
  },
  pauseAll(): void {
    for (const upload of uploads.values())
      if (upload.state === 'waiting') change(upload.id, { state: 'paused' });
    for (const id of [...running.keys()]) uploadQueue.pause(id);
  },
  resumeAll(): void {
    for (const upload of uploads.values())
      if (upload.state === 'paused') change(upload.id, { state: 'waiting' });
    fill();
  },
  /** What an ended session has stopped goes on. */
  signedIn(): void {
    for (const id of signedOut) change(id, { state: 'waiting' });
    signedOut.clear();
    fill();
  },
  /** Forgets what has ended. */
  clear(): void {
    for (const upload of uploads.values()) {
      if (['done', 'skipped', 'failed'].includes(upload.state)) uploads.delete(upload.id);
    }
    draw();
  },
};

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useUploads = (): UploadsSnapshot => useSyncExternalStore(subscribe, () => snapshot);

function fill(): void {
  for (const upload of uploads.values()) {
    if (running.size >= atOnce) break;
    if (upload.state === 'waiting') start(upload);
  }
  draw();
}

function start(upload: Upload): void {
  const { id, file, path, batch } = upload;
  const answer = answers.get(batch);
  const conflict = answer === undefined || answer === 'skip' ? 'fail' : answer;
  change(id, { state: 'uploading', speed: noSpeed });
  const started = startUpload(
    { file, path, conflict },
    {
      onProgress: (sentBytes) => {
        const now = { atMs: performance.now(), bytes: sentBytes };
        change(id, { sentBytes, speed: measureSpeed(upload.speed, now) });
      },
      onDone: () => settle(id, 'done', { sentBytes: file.size }),
      onError: (error) => {
        if (error.code === 'PATH_EXISTS' && conflict === 'fail') {
          settle(id, answer === 'skip' ? 'skipped' : 'taken');
          if (answer === undefined) setTimeout(() => void ask(batch), askAfterMs);
          return;
        }
        if (error.isSignedOut) {
          signedOut.add(id);
          settle(id, 'paused');
          tellSignedOut();
          return;
        }
        settle(id, 'failed', { error });
      },
    },
  );
  running.set(id, started);
}

/** Once for a batch: the answer holds for names that turn out to be taken later as well. */
async function ask(batch: number): Promise<void> {
  if (asking.has(batch)) return;
  asking.add(batch);
  const taken = (): Upload[] =>
    [...uploads.values()].filter((upload) => upload.batch === batch && upload.state === 'taken');
  const folder = taken()[0]?.folder ?? '/';
  const answer = await askConflict(
    folder,
    taken().map(({ path }) => path.slice(joinPath(folder, '').length)),
  );
  answers.set(batch, answer);
  for (const { id } of taken()) change(id, { state: answer === 'skip' ? 'skipped' : 'waiting' });
  fill();
}

function settle(id: number, state: UploadState, more: Partial<Upload> = {}): void {
  running.delete(id);
  change(id, { state, ...more });
  fill();
}

function change(id: number, change: Partial<Upload>): void {
  const upload = uploads.get(id);
  if (upload === undefined) return;
  Object.assign(upload, change);
  draw();
}

/** At most a few times a second, however many small files end in between. */
function draw(): void {
  _drawTimer ??= setTimeout(() => {
    _drawTimer = undefined;
    snapshot = summarise();
    for (const listener of listeners) listener();
  }, drawEveryMs);
}

function summarise(): UploadsSnapshot {
  const all = [...uploads.values()];
  const counted = all.filter((upload) => upload.state !== 'skipped');
  const sum = (of: (upload: Upload) => number): number =>
    counted.reduce((total, upload) => total + of(upload), 0);
  const sentBytes = sum((upload) => upload.sentBytes);
  const now = { atMs: performance.now(), bytes: sentBytes };
  speed = running.size === 0 ? noSpeed : measureSpeed(speed, now);
  return {
    uploads: uploadOrder(all),
    active: all.filter((upload) => ['waiting', 'uploading', 'taken'].includes(upload.state)).length,
    done: all.filter((upload) => upload.state === 'done').length,
    failed: all.filter((upload) => upload.state === 'failed').length,
    bytesPerSecond: speed.bytesPerSecond,
    sentBytes,
    totalBytes: sum((upload) => upload.file.size),
  };
}

// The browser asks before it closes a tab that still sends.
window.addEventListener('beforeunload', (event) => {
  if (running.size > 0) event.preventDefault();
});
