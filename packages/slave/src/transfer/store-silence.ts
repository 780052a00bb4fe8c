/** What is seen of a connection to a store on which no byte has passed. */
export type SilentMoment = {
  readonly nowMs: number;
  /** Bytes given to the system so far, or about to be. */
  readonly written: number;
  /** What the system holds of what was sent; null where it does not say. */
  readonly unacknowledged: number | null;
  /** There is nothing to send at the moment. */
  readonly weAreSlow: boolean;
};

export type StoreSilence = {
  /** How long the connection has to be silent for a look at it, and then for the next one. */
  readonly lookEveryMs: number;
  /** To be called at each look: true when nobody is there any more. */
  isDead(moment: SilentMoment): boolean;
};

const looksPerPatience = 4;

/**
 * Tells a store that is gone from one that is busy. Bytes that the system cannot get rid of mean that nobody takes them:
 * `wayMs` after the last one was taken, that is known. When all were taken, the store and machines in between may still
 * be busy with them, and are as quiet as dead ones: that is waited for `answerMs`.
 */
export function createStoreSilence(patience: { wayMs: number; answerMs: number }): StoreSilence {
  const lookEveryMs = patience.wayMs / looksPerPatience;
  let last: SilentMoment | undefined;
  let stuckLooks = 0;
  let quietLooks = 0;
  return {
    lookEveryMs,
    isDead: (moment) => {
      const { nowMs, written, unacknowledged, weAreSlow } = moment;
      // A look comes late when bytes have passed in between, of which others in the same number may wait now.
      const isLate = last !== undefined && nowMs - last.nowMs > 1.5 * lookEveryMs;
      const hasMoved =
        last !== undefined &&
        (last.written !== written ||
          last.unacknowledged !== unacknowledged ||
          (isLate && unacknowledged !== 0));
      last = moment;
      stuckLooks = hasMoved || !unacknowledged ? 0 : stuckLooks + 1;
      quietLooks = hasMoved || weAreSlow ? 0 : quietLooks + 1;
      return stuckLooks >= looksPerPatience - 1 || quietLooks * lookEveryMs >= patience.answerMs;
    },
  };
}
