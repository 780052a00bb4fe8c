/**
 * Since when a living node could have been heard without a break. Leases are taken only from nodes that had their
 * chance: a master that has just started, that stood still, or whose database was away or had its clock set, does not
 * know yet who is silent and who could not be heard.
 */
export type Hearing = {
  /** Nobody could be heard until now. */
  interrupted(): void;
  /** The master is at work and could write. To be called far more often than heartbeats come. */
  atWork(): void;
  /**
   * The same, with the clock of the database. Answers `set` at first, and when that clock was set, until it is told that
   * the times in the database were brought in line.
   */
  look(databaseMs: number): 'steady' | 'set';
  timesAreInLine(): void;
  /** Every living node had the chance to be heard. */
  hadTheirChance(): boolean;
};

/** A break that is shorter than this is none, however often heartbeats come. */
const shortestBreakMs = 1_000;
/** How long callers pause after an answer that the service is unavailable. */
const mostPauseMs = 5_000;

export function createHearing(options: { monotonicMs: () => number; heartbeatMs: number }): Hearing {
  const { monotonicMs, heartbeatMs } = options;
  const mostBreakMs = Math.max(heartbeatMs, shortestBreakMs);
  // A heartbeat that fails right before the end of a break has waited for its answer as long as the next one then waits,
  // and its sender may be busy with what else has failed.
  const chanceMs = 2 * heartbeatMs + mostPauseMs;
  let sinceMs = monotonicMs();
  let atWorkMs = sinceMs;
  let aheadMs: number | undefined;
  let isInLine = false;

  const interrupted = (): void => {
    sinceMs = monotonicMs();
    atWorkMs = sinceMs;
  };
  const atWork = (): void => {
    if (monotonicMs() - atWorkMs > mostBreakMs) interrupted();
    atWorkMs = monotonicMs();
  };
  return {
    interrupted,
    atWork,
    look: (databaseMs) => {
      atWork();
      const nowAheadMs = databaseMs - monotonicMs();
      if (aheadMs !== undefined && Math.abs(nowAheadMs - aheadMs) > mostBreakMs / 2) {
        interrupted();
        isInLine = false;
      }
      aheadMs = nowAheadMs;
      return isInLine ? 'steady' : 'set';
    },
    timesAreInLine: () => {
      isInLine = true;
    },
    hadTheirChance: () => monotonicMs() - sinceMs >= chanceMs,
  };
}
