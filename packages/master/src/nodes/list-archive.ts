import { AppError, type ArchiveListing, type Capability, type ListArchive } from '@longshore/protocol';
import type { Database } from '../database/open-database.ts';
import { findAllowedNodes } from '../store/accounts/group-rows.ts';
import type { NodeRow } from '../store/nodes/node-rows.ts';
import { listNodes } from '../store/nodes/node-rows.ts';
import type { NodeClient, NodePeer } from './node-client.ts';
import { nodeHealth } from './node-health.ts';
import { toPeer } from './node-peers.ts';
import type { NodeKeys } from './registry.ts';

/** Whose archive it is: only nodes that may work for them see it. */
export type ListingCaller = { readonly userId: string; readonly requestId: string };

/**
 * Has a node list an archive: the master itself never opens one. The embedded node is asked first, as it reads the
 * master's disk without a hop. Throws `NO_NODE` when no node that extracts archives is online.
 */
export async function listArchive(
  deps: {
    database: Database;
    client: NodeClient;
    heartbeatMs: number;
    keysOf: (row: NodeRow) => NodeKeys;
  },
  request: ListArchive,
  caller: ListingCaller,
): Promise<ArchiveListing> {
  const peers = await readers(deps, await findAllowedNodes(deps.database.db, caller.userId));
  let lastError: unknown = new AppError(
    'NO_NODE',
    'no node that you may use and that extracts archives is online',
  );
  for (const peer of peers) {
    try {
      return await deps.client.listArchive(peer, request, caller.requestId);
    } catch (error) {
      if (!(error instanceof AppError) || !error.retryable) throw error;
      lastError = error;
    }
  }
  throw lastError;
}

async function readers(
  deps: Parameters<typeof listArchive>[0],
  allowed: readonly string[] | null,
): Promise<NodePeer[]> {
  const rows = await listNodes(deps.database.db);
  return rows
    .filter((row) => allowed === null || allowed.includes(row.id))
    .filter((row) => row.enabled === 1 && nodeHealth(row.heartbeat_age_ms, deps.heartbeatMs) === 'online')
    .filter((row) => (JSON.parse(row.capabilities) as Capability[]).includes('extract-archive'))
    .sort((a, b) => Number(b.type === 'embedded') - Number(a.type === 'embedded'))
    .flatMap((row) => toPeer(row, deps.keysOf) ?? []);
}
