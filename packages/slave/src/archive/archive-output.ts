import type { Writable } from 'node:stream';
import { AppError } from '@longshore/protocol';
import type { CreateRequest } from './archive-format.ts';
import { eventOrClose } from './event-or-close.ts';

/**
 * The archive that is being written: counts, and waits when the sink is slower than the making. `write` throws
 * what the sink has failed with, or `TRANSFER_FAILED` when it was closed because nobody takes anything from it any more.
 */
export type ArchiveOutput = {
  readonly position: number;
  write(bytes: Uint8Array): Promise<void>;
  end(): void;
};

export function createArchiveOutput({
  sink,
  signal,
  beforeEnd,
}: Pick<CreateRequest, 'sink' | 'signal' | 'beforeEnd'>): ArchiveOutput {
  let position = 0;
  return {
    get position() {
      return position;
    },
    async write(bytes) {
      signal.throwIfAborted();
      if (bytes.length === 0) return;
      if (sink.destroyed) throw whyClosed(sink);
      position += bytes.length;
      if (sink.write(bytes)) return;
      if (sink.writableNeedDrain) await drained(sink, signal);
    },
    end() {
      beforeEnd();
      sink.end();
    },
  };
}

async function drained(sink: Writable, signal: AbortSignal): Promise<void> {
  await eventOrClose(sink, 'drain', signal);
  if (sink.destroyed) throw whyClosed(sink);
}

const whyClosed = (sink: Writable): Error =>
  sink.errored ?? new AppError('TRANSFER_FAILED', 'nobody takes the archive any more');
