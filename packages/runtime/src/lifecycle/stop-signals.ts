import type { Clock } from './clock.ts';

/** Signals closer to each other than this are one wish. */
const sameWishMs = 1000;

/**
 * Calls `stop` at the first SIGINT or SIGTERM, and `stopNow` at one that comes later, from somebody who does not
 * want to wait any more. One Ctrl+C under npm arrives twice, from the terminal and passed on by npm; that counts
 * once. Returns the function that stops listening.
 */
export function onStopSignals(options: {
  clock: Clock;
  stop(signal: NodeJS.Signals): void;
  stopNow(signal: NodeJS.Signals): void;
}): () => void {
  let firstMs: number | undefined;
  const receive = (signal: NodeJS.Signals): void => {
    const nowMs = options.clock.monotonicMs();
    if (firstMs === undefined) {
      firstMs = nowMs;
      options.stop(signal);
    } else if (nowMs - firstMs > sameWishMs) {
      options.stopNow(signal);
    }
  };
  process.on('SIGINT', receive).on('SIGTERM', receive);
  return () => {
    process.off('SIGINT', receive).off('SIGTERM', receive);
  };
}
