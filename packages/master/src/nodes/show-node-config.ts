import { AppError, type NodeConfig, toAppError } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import { type NodeRow, requireNode } from '../store/nodes/node-rows.ts';
import type { NodeClient } from './node-client.ts';
import { toPeer } from './node-peers.ts';
import type { NodeKeys } from './registry.ts';

/** Asks a node what is in force on it. Throws why it cannot be reached, with its name. */
export async function showNodeConfig(
  deps: { db: Db; client: NodeClient; keysOf: (row: NodeRow) => NodeKeys },
  idOrName: string,
): Promise<NodeConfig> {
  const row = await requireNode(deps.db, idOrName);
  const peer = toPeer(row, deps.keysOf);
  if (peer === undefined) throw new AppError('NODE_REFUSED', `"${row.name}" has not started yet`);
  try {
    return await deps.client.config(peer);
  } catch (thrown) {
    const cause = toAppError(thrown);
    if (cause.code === 'NOT_FOUND') {
      throw new AppError(
        'VERSION_MISMATCH',
        `"${row.name}" runs an older version, which cannot tell its settings`,
        {
          cause,
        },
      );
    }
    throw new AppError(cause.code, `"${row.name}" cannot be asked for its settings: ${cause.message}`, {
      cause,
    });
  }
}
