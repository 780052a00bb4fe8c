import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/**
 * Resolves with an event of a stream, or when it is closed before that, of which a stream that is destroyed without an
 * error says nothing else. Throws what the stream fails with, or the reason of the abort.
 */
export async function eventOrClose(
  stream: Readable | Writable,
  event: 'readable' | 'drain',
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const closed = once(stream, 'close', { signal: either });
  closed.catch(() => undefined);
  try {
    await Promise.race([once(stream, event, { signal: either }), closed]);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    over.abort();
  }
}
