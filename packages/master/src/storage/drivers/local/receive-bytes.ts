import type { FileHandle } from 'node:fs/promises';
import { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { AppError } from '@longshore/protocol';
import { freeChunk } from '@longshore/runtime';
import { diskError } from './disk-error.ts';

/** Writes smaller than this are collected: few large calls are what makes a disk fast. */
const batchBytes = 1024 * 1024;

export type Received = {
  readonly bytes: number;
  /** Why the content ended early; what came before is written. */
  readonly interruptedBy: AppError | null;
};

/**
 * Writes a stream into a file from `position` on, in batches of 1 MiB, one in flight while the next one is collected.
 * `onChunk` sees every chunk in order. Content beyond `maxBytes` is not written and interrupts with `BODY_TOO_LARGE`.
 * Throws only for errors of the disk.
 */
export function receiveBytes(options: {
  content: Readable;
  file: FileHandle;
  position: number;
  maxBytes: number;
  onChunk: (chunk: Buffer) => void;
  signal?: AbortSignal | undefined;
}): Promise<Received> {
  const { content, file, maxBytes, onChunk, signal } = options;
  return new Promise((resolve, reject) => {
    // What comes off a connection is nobody else's.
    const ownsChunks = content instanceof IncomingMessage;
    let batch: Buffer[] = [];
    let pendingBytes = 0;
    let receivedBytes = 0;
    let position = options.position;
    let writing = false;
    let ended = false;
    let settled = false;
    let interruptedBy: AppError | null = null;

    const settle = (act: () => void): void => {
      if (settled) return;
      settled = true;
      content.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
      signal?.removeEventListener('abort', onAbort);
      act();
    };
    const flush = (): void => {
      if (writing || settled) return;
      if (pendingBytes === 0 && ended) {
        settle(() => resolve({ bytes: receivedBytes, interruptedBy }));
        return;
      }
      if (pendingBytes < batchBytes && !ended) return;
      const buffers = batch;
      const bytes = pendingBytes;
      batch = [];
      pendingBytes = 0;
      writing = true;
      if (content.isPaused() && !ended) content.resume();
      writeAll(file, buffers, bytes, position).then(
        () => {
          writing = false;
          position += bytes;
          if (ownsChunks) for (const buffer of buffers) freeChunk(buffer);
          flush();
        },
        (error: unknown) => settle(() => reject(diskError(error, 'bytes cannot be written'))),
      );
    };
    const stop = (reason: AppError | null): void => {
      if (ended) return;
      ended = true;
      interruptedBy = reason;
      content.pause();
      flush();
    };
    const onData = (chunk: Buffer): void => {
      if (ended) return;
      if (receivedBytes + chunk.length > maxBytes) {
        stop(new AppError('BODY_TOO_LARGE', `more than the ${maxBytes} bytes that are allowed here`));
        return;
      }
      receivedBytes += chunk.length;
      pendingBytes += chunk.length;
      batch.push(chunk);
      onChunk(chunk);
      if (pendingBytes < batchBytes) return;
      if (writing) content.pause();
      else flush();
    };
    const onEnd = (): void => stop(null);
    const onError = (cause: unknown): void => stop(brokenOff(receivedBytes, cause));
    const onClose = (): void => stop(brokenOff(receivedBytes, undefined));
    const onAbort = (): void =>
      stop(new AppError('CANCELED', 'the transfer was stopped', { cause: signal?.reason }));

    content.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    else if (content.errored !== null) onError(content.errored);
    else if (content.readableEnded) onEnd();
    else if (content.destroyed) onClose();
  });
}

const brokenOff = (bytes: number, cause: unknown): AppError =>
  new AppError('TRANSFER_FAILED', `the content broke off after ${bytes} bytes`, { cause });

/** A full disk may take only a part of what it is given. */
async function writeAll(file: FileHandle, buffers: Buffer[], bytes: number, position: number): Promise<void> {
  const { bytesWritten } = await file.writev(buffers, position);
  if (bytesWritten === bytes) return;
  const rest = Buffer.concat(buffers, bytes).subarray(bytesWritten);
  await writeAll(file, [rest], rest.length, position + bytesWritten);
}
