import { AppError, type Capability, protocolVersion, type UnsavedNode } from '@longshore/protocol';
import { generateSecret, signingKey } from '@longshore/protocol/server';
import type { NodeRow } from '../../store/nodes/node-rows.ts';
import type { NodePeer } from '../node-client.ts';
import { toPeer } from '../node-peers.ts';
import type { NodeKeys } from '../registry.ts';

/** The way to examine, of a registered node or of one that somebody is about to register. */
export type NodeUnderTest = {
  /** With a key that nobody has when no secret was given. */
  readonly peer: NodePeer;
  readonly secretGiven: boolean;
  readonly registered: boolean;
  readonly masterUrls: readonly string[];
  readonly capabilities: readonly Capability[];
  /** Where a browser reaches the node; null for one that browsers never ask. */
  readonly browserUrl: string | null;
};

/** Throws `NODE_REFUSED` for an embedded node that has not started yet. */
export function registeredNode(
  row: NodeRow,
  context: { keysOf: (row: NodeRow) => NodeKeys; masterUrls: readonly string[] },
): NodeUnderTest {
  const peer = toPeer(row, context.keysOf);
  if (peer === undefined) throw new AppError('NODE_REFUSED', `"${row.name}" has not started yet`);
  return {
    peer,
    secretGiven: true,
    registered: true,
    masterUrls: context.masterUrls,
    capabilities: JSON.parse(row.capabilities) as Capability[],
    browserUrl: row.type === 'embedded' ? null : row.url,
  };
}

export function unsavedNode(node: UnsavedNode, masterUrls: readonly string[]): NodeUnderTest {
  const { url, secret, capabilities } = node;
  const key = signingKey(secret ?? generateSecret());
  return {
    peer: { nodeId: '', name: url, url, key, nextKey: null, minor: protocolVersion.minor },
    secretGiven: secret !== null,
    registered: false,
    masterUrls,
    capabilities,
    browserUrl: url,
  };
}
