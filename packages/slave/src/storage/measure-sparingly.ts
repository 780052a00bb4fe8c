const quickMs = 50;
/** At most one part of the time in so many is spent on measuring. */
const share = 20;

/**
 * Repeats a measurement that may take long, such as a walk through a hundred thousand files, for somebody who must not wait.
 * While it is quick it is made anew each time; otherwise the last result is given, and a new one comes about beside, for a
 * twentieth of the time. `nowMs` tells milliseconds.
 */
export function measureSparingly(
  measure: () => Promise<number>,
  nowMs: () => number = () => performance.now(),
): () => Promise<number> {
  let last = 0;
  let tookMs = 0;
  let endedAtMs = Number.NEGATIVE_INFINITY;
  let underWay: Promise<number> | undefined;

  function begin(): Promise<number> {
    const startedAtMs = nowMs();
    return measure()
      .then((result) => {
        last = result;
        return result;
      })
      .finally(() => {
        endedAtMs = nowMs();
        tookMs = endedAtMs - startedAtMs;
        underWay = undefined;
      });
  }

  return async () => {
    const isQuick = tookMs <= quickMs;
    if (isQuick || nowMs() - endedAtMs >= tookMs * (share - 1)) underWay ??= begin();
    if (isQuick && underWay !== undefined) return await underWay;
    underWay?.catch(() => undefined);
    return last;
  };
}
