import type { Heartbeat, HeartbeatAnswer, NodeId, NodeVitals } from '@longshore/protocol';
import type { Clock } from '@longshore/runtime';
import type { Database } from '../database/open-database.ts';
import { recordVitals, renewLeases } from '../store/nodes/heartbeat-rows.ts';
import type { AdmitBoot } from './admit-boot.ts';
import { leaseDurationMs } from './node-health.ts';

/**
 * Notes how a node is doing, renews the leases of what it holds, and tells it what to stop. Throws `SLAVE_DUPLICATE` when
 * another program is the node.
 */
export async function receiveHeartbeat(
  deps: {
    database: Database;
    clock: Clock;
    heartbeatMs: number;
    admitBoot: AdmitBoot;
    heard: (nodeId: NodeId, vitals: NodeVitals) => void;
  },
  sender: { nodeId: NodeId; address: string },
  heartbeat: Heartbeat,
): Promise<HeartbeatAnswer> {
  const { database, clock, heartbeatMs } = deps;
  const { vitals, holding } = heartbeat;
  const { nodeId } = sender;
  await deps.admitBoot({ ...sender, bootId: vitals.bootId });
  const skewMs = vitals.clockMs - clock.nowMs();
  // Of hundreds of nodes many share a commit, and none has to wait long for one.
  const answer = await database.transactionSoon(async (tx) => {
    await recordVitals(tx, { nodeId, vitals, skewMs });
    return renewLeases(tx, { nodeId, holding, leaseMs: leaseDurationMs(heartbeatMs) });
  });
  deps.heard(nodeId, vitals);
  return answer;
}
