import { type ErrorInfo, errorCatalogue, isErrorCode } from '@longshore/protocol';

/**
 * What is known of a node's reliability.
 *
 * ```
 * trusted ──three faults in a row──► quarantined ──pause over──► one probe
 *    ▲                                    ▲                          │
 *    ├──────────── success ───────────────┼──────────────────────────┤
 *    └──────────── administrator          └── fault: twice the pause ┘
 * ```
 */
export type Breaker = {
  /** Parts that failed for the node's own reasons since its last success. */
  readonly faultsInARow: number;
  readonly quarantine: Quarantine | null;
};

export type Quarantine = {
  readonly reason: ErrorInfo;
  readonly sinceMs: number;
  /** When one part may try the node again, unless it still holds others. */
  readonly probeAtMs: number;
  readonly pauseMs: number;
  /** The part that tries the node, once it was chosen. */
  readonly probePartId: string | null;
};

/** How a part has ended on the node. */
export type PartOutcome = { readonly partId: string; readonly fault: ErrorInfo | null };

export const trusted: Breaker = { faultsInARow: 0, quarantine: null };

export const faultsUntilQuarantine = 3;
export const firstPauseMs = 60_000;
const longestPauseMs = 30 * 60_000;

/**
 * Node-blamed errors that say nothing about the node: who gives it too much to do, or loses stored bytes, must not be
 * able to take a machine out of service.
 */
const excused = ['LEASE_LOST', 'SHUTTING_DOWN', 'TASK_TIMEOUT', 'BLOB_NOT_FOUND'];

/** True when a part that fails with this error counts against its node. */
export const countsAgainstNode = (error: ErrorInfo): boolean =>
  isErrorCode(error.code) && errorCatalogue[error.code].blame === 'node' && !excused.includes(error.code);

/**
 * The breaker after a part has ended. In quarantine only the fault of the probe counts: the other parts were given to
 * the node before, and fail for the reason that is known already.
 */
export function nextBreaker(breaker: Breaker, outcome: PartOutcome, nowMs: number): Breaker {
  const { fault } = outcome;
  if (fault === null) return trusted;
  const faultsInARow = breaker.faultsInARow + 1;
  const { quarantine } = breaker;
  if (quarantine !== null) {
    if (quarantine.probePartId !== outcome.partId) return { faultsInARow, quarantine };
    const pauseMs = Math.min(longestPauseMs, quarantine.pauseMs * 2);
    const again = { ...quarantine, reason: fault, pauseMs, probeAtMs: nowMs + pauseMs, probePartId: null };
    return { faultsInARow, quarantine: again };
  }
  if (faultsInARow < faultsUntilQuarantine) return { faultsInARow, quarantine: null };
  return {
    faultsInARow,
    quarantine: {
      reason: fault,
      sinceMs: nowMs,
      pauseMs: firstPauseMs,
      probeAtMs: nowMs + firstPauseMs,
      probePartId: null,
    },
  };
}
