import { setTimeout as delay } from 'node:timers/promises';

/** Looks again and again until `look` answers something, and answers that. Throws with `what` after the time. */
export async function eventually<Result>(
  what: string,
  look: () => Promise<Result | null | undefined | false>,
  timeoutMs = 30_000,
): Promise<Result> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found;
    if (performance.now() > endMs) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await delay(50);
  }
}
