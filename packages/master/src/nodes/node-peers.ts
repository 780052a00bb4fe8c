import { NodeId, type NodeVitals, protocolVersion } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import { findNode, type NodeRow } from '../store/nodes/node-rows.ts';
import type { NodePeer } from './node-client.ts';
import type { NodeKeys } from './registry.ts';

/** How to reach a registered node, or undefined when it has no address yet. */
export function toPeer(row: NodeRow, keysOf: (row: NodeRow) => NodeKeys): NodePeer | undefined {
  const url = row.internal_url ?? row.url;
  return url === null
    ? undefined
    : { nodeId: row.id, name: row.name, url, ...keysOf(row), minor: minorOf(row) };
}

/** By its last heartbeat; before the first one nothing is asked of it that the version matters for. */
function minorOf({ vitals }: NodeRow): number {
  if (vitals === null) return protocolVersion.minor;
  return Number((JSON.parse(vitals) as NodeVitals).protocol.split('.')[1]);
}

export async function findPeer(
  db: Db,
  nodeId: string,
  keysOf: (row: NodeRow) => NodeKeys,
): Promise<NodePeer | undefined> {
  const row = await findNode(db, NodeId.parse(nodeId));
  return row === undefined ? undefined : toPeer(row, keysOf);
}
