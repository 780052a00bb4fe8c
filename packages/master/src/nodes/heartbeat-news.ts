import type { NodeVitals } from '@longshore/protocol';
import { nodeHealth } from './node-health.ts';

/** True when a heartbeat says something by which waiting work may go to the node. */
export type HeartbeatNews = (nodeId: string, vitals: NodeVitals) => boolean;

/**
 * Most heartbeats say only that a node still lives. Freed places are known from reports, and freed space can wait for the
 * next look of the scheduler; what is left is a node that has come back, or can do other things than before.
 */
export function createHeartbeatNews(clock: { monotonicMs(): number }, heartbeatMs: number): HeartbeatNews {
  const last = new Map<string, { atMs: number; ability: string }>();
  return (nodeId, { workers, capabilities, stopping }) => {
    const atMs = clock.monotonicMs();
    const ability = JSON.stringify([workers, capabilities, stopping]);
    const before = last.get(nodeId);
    last.set(nodeId, { atMs, ability });
    if (before === undefined || before.ability !== ability) return true;
    return nodeHealth(atMs - before.atMs, heartbeatMs) !== 'online';
  };
}
