import type { NodeHealth } from '@longshore/protocol';

/** From this age of the last heartbeat on a node counts as gone. */
export const offlineAfterMs = (heartbeatMs: number): number => heartbeatMs * 2.6;

/**
 * Health by the age of the last heartbeat. One from the future, before a clock that was set back, is as far away as one
 * from the past. With heartbeats every 5 s a node is suspect after 8 s, offline after
 * 13 s (so at most 13 s after it died), and its leases of 15 s end soon after.
 */
export function nodeHealth(heartbeatAgeMs: number | null, heartbeatMs: number): NodeHealth {
  if (heartbeatAgeMs === null) return 'never-seen';
  const awayMs = Math.abs(heartbeatAgeMs);
  if (awayMs > offlineAfterMs(heartbeatMs)) return 'offline';
  if (awayMs > heartbeatMs * 1.6) return 'suspect';
  return 'online';
}

/** How long an attempt may run after the last heartbeat that named it. */
export const leaseDurationMs = (heartbeatMs: number): number => heartbeatMs * 3;
