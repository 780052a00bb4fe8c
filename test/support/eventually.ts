import { setTimeout as delay } from 'node:timers/promises';

/** What is waited for long is looked at less often: looking takes from the machine what it waits for. */
const pauseMs = (sinceMs: number): number => Math.min(Math.max(sinceMs / 20, 40), 250);

/** Looks again and again until `look` answers something, and answers that. Throws with `what` after the time. */
export async function eventually<Result>(
  what: string,
  look: () => Promise<Result | null | undefined | false>,
  timeoutMs = 60_000,
): Promise<Result> {
  const startMs = performance.now();
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found;
    const sinceMs = performance.now() - startMs;
    if (sinceMs > timeoutMs) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await delay(pauseMs(sinceMs));
  }
}
