/**
 * Text that waits for a reader who is slower than the events. Bounded: `push` answers false when too much waits, and
 * the stream is over, for a reader that comes back is told everything that counts. One text alone always fits.
 */
export type StreamOutbox = {
  /** A text with the key of one that still waits replaces it. */
  push(text: string, key?: string | null): boolean;
  /** Everything that waits, once there is something. Null when the outbox was closed and is empty. */
  take(): Promise<string | null>;
  isEmpty(): boolean;
  /** True when more than half of what may wait does. Whoever can, should wait for `drained`. */
  isCrowded(): boolean;
  /** Resolves when nothing waits any more, or the outbox is closed. */
  drained(): Promise<void>;
  close(): void;
};

export function createStreamOutbox(limits: { maxTexts: number; maxLength: number }): StreamOutbox {
  const waiting = new Map<string, string>();
  let length = 0;
  let count = 0;
  let closed = false;
  let wakeReader: (() => void) | undefined;
  let wakeWriters: (() => void)[] = [];
  const tellWriters = (): void => {
    for (const wake of wakeWriters) wake();
    wakeWriters = [];
  };
  return {
    push: (text, key) => {
      if (closed) return true;
      count += 1;
      const slot = key ?? `#${count}`;
      length += text.length - (waiting.get(slot)?.length ?? 0);
      waiting.delete(slot);
      waiting.set(slot, text);
      wakeReader?.();
      return waiting.size === 1 || (waiting.size <= limits.maxTexts && length <= limits.maxLength);
    },
    take: async () => {
      if (waiting.size === 0 && !closed) {
        await new Promise<void>((resolve) => {
          wakeReader = resolve;
        });
        wakeReader = undefined;
      }
      if (waiting.size === 0) return null;
      const text = [...waiting.values()].join('');
      waiting.clear();
      length = 0;
      tellWriters();
      return text;
    },
    isEmpty: () => waiting.size === 0,
    isCrowded: () => waiting.size > limits.maxTexts / 2 || length > limits.maxLength / 2,
    drained: async () => {
      if (waiting.size > 0 && !closed) await new Promise<void>((resolve) => wakeWriters.push(resolve));
    },
    close: () => {
      closed = true;
      wakeReader?.();
      tellWriters();
    },
  };
}
