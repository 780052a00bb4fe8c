import type { AppError } from '@longshore/protocol';

/**
 * What this master has noticed of nodes between heartbeats: since when one is full, and which could not be reached
 * although it sends heartbeats. Lost at a restart without harm.
 */
export type NodePresence = {
  /** Call at every look: answers for how long the node has been full, 0 when it has room. */
  fullForMs(nodeId: string, room: number): number;
  /** The code of why nothing should be sent to the node for the moment, or null. */
  unreachable(nodeId: string): string | null;
  notReached(nodeId: string, error: AppError): void;
  reached(nodeId: string): void;
};

const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

export function createNodePresence(clock: { monotonicMs(): number }): NodePresence {
  const fullSince = new Map<string, number>();
  const pauses = new Map<string, { untilMs: number; pauseMs: number; code: string }>();
  return {
    fullForMs: (nodeId, room) => {
      if (room > 0) {
        fullSince.delete(nodeId);
        return 0;
      }
      const sinceMs = fullSince.get(nodeId) ?? clock.monotonicMs();
      fullSince.set(nodeId, sinceMs);
      return clock.monotonicMs() - sinceMs;
    },
    unreachable: (nodeId) => {
      const pause = pauses.get(nodeId);
      return pause !== undefined && pause.untilMs > clock.monotonicMs() ? pause.code : null;
    },
    notReached: (nodeId, error) => {
      const pauseMs = Math.min(longestPauseMs, (pauses.get(nodeId)?.pauseMs ?? firstPauseMs / 2) * 2);
      pauses.set(nodeId, { untilMs: clock.monotonicMs() + pauseMs, pauseMs, code: error.code });
    },
    reached: (nodeId) => {
      pauses.delete(nodeId);
    },
  };
}
