import { PartId } from '@longshore/protocol';
import type { Logger } from '@longshore/runtime';
import type { Holder } from '../store/parts/outcomes.ts';
import type { NodeClient, NodePeer } from './node-client.ts';

/**
 * Tells nodes to stop attempts that are fenced off already, so that they free their workers within a moment. Nothing
 * depends on it: what a node does not hear here, the answer to its next heartbeat tells it.
 */
export function createStopAttempts(deps: {
  client: NodeClient;
  findPeer: (nodeId: string) => Promise<NodePeer | undefined>;
  log: Logger;
}): (holders: readonly Holder[], reason: 'user' | 'lease-lost') => void {
  const tell = async (nodeId: string, holders: readonly Holder[], reason: 'user' | 'lease-lost') => {
    const peer = await deps.findPeer(nodeId);
    if (peer === undefined) return;
    await deps.client.cancel(
      peer,
      holders.map(({ partId, attempt }) => ({ partId: PartId.parse(partId), attempt, reason })),
    );
  };
  return (holders, reason) => {
    for (const [nodeId, held] of Map.groupBy(holders, (holder) => holder.nodeId)) {
      tell(nodeId, held, reason).catch((error: unknown) => {
        deps.log.info({ nodeId, err: error }, 'node not told to stop, its next heartbeat will');
      });
    }
  };
}
