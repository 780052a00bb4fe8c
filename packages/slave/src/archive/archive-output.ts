import { once } from 'node:events';
import type { CreateRequest } from './archive-format.ts';

/** The archive that is being written: counts, and waits when the sink is slower than the making. */
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
      position += bytes.length;
      if (sink.write(bytes)) return;
      if (sink.writableNeedDrain) await once(sink, 'drain', { signal }).catch(rethrowReason(signal));
    },
    end() {
      beforeEnd();
      sink.end();
    },
  };
}

const rethrowReason = (signal: AbortSignal) => (error: unknown) => {
  signal.throwIfAborted();
  throw error;
};
