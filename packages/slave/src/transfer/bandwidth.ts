import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '@longshore/runtime';

/** What all transfers of this slave may use together. */
export type Bandwidth = {
  /** False when nothing is limited now: then nobody needs to ask. */
  isLimited(): boolean;
  /** How many bytes are worth asking for at once, so that transfers take turns several times a second. */
  pieceBytes(): number;
  /** Resolves when so many bytes may pass. Who asks first goes first. */
  take(bytes: number, signal: AbortSignal): Promise<void>;
};

const turnsPerSecond = 8;

/**
 * A token bucket that holds one turn. It counts the moment until which everything granted so far keeps the line busy, so
 * that a limit which changes is in force for what is asked next.
 */
export function createBandwidth(options: {
  /** Bytes per second; 0 for no limit. */
  limit: () => number;
  clock: Clock;
}): Bandwidth {
  const { limit, clock } = options;
  let busyUntilMs = 0;
  return {
    isLimited: () => limit() > 0,
    pieceBytes: () => Math.max(1, Math.floor(limit() / turnsPerSecond)),
    take: async (bytes, signal) => {
      const bytesPerSecond = limit();
      if (bytesPerSecond === 0) return;
      const nowMs = clock.monotonicMs();
      const earliestMs = Math.max(busyUntilMs, nowMs - 1000 / turnsPerSecond);
      busyUntilMs = earliestMs + (bytes / bytesPerSecond) * 1000;
      const waitMs = busyUntilMs - nowMs;
      if (waitMs > 0) await pause(waitMs, undefined, { signal });
    },
  };
}

/** Passes bytes on at the pace that is allowed. A chunk is cut in pieces, which share its memory. */
export async function* paced(
  chunks: AsyncIterable<Uint8Array>,
  bandwidth: Bandwidth,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield* pieces(chunk, bandwidth, signal);
}

export async function* pieces(
  chunk: Uint8Array,
  bandwidth: Bandwidth,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  while (at < chunk.length) {
    const piece = bandwidth.isLimited()
      ? chunk.subarray(at, at + bandwidth.pieceBytes())
      : chunk.subarray(at);
    await bandwidth.take(piece.length, signal);
    yield piece;
    at += piece.length;
  }
}
