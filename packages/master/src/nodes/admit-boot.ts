import { AppError, type NodeId } from '@longshore/protocol';
import type { Database } from '../database/open-database.ts';
import { findBootId, noteRival } from '../store/nodes/boot-rows.ts';
import { findNode, type NodeRow } from '../store/nodes/node-rows.ts';
import type { Greeter } from './greet-nodes.ts';

/** One start of a slave, and where its request came from. */
export type Boot = { readonly nodeId: NodeId; readonly bootId: string; readonly address: string };

/**
 * Lets one program act as a node: the one that answers at the node's address. A slave that was copied together with its
 * secret is signed for as well as the real one, but is not found there. Throws `SLAVE_DUPLICATE` for such a one, and
 * `UNAVAILABLE` while nobody answers there.
 */
export type AdmitBoot = (boot: Boot) => Promise<void>;

export function createAdmitBoot(deps: {
  database: Database;
  confirm: Greeter['confirm'];
  changed: (nodeId: NodeId) => void;
}): AdmitBoot {
  const { db } = deps.database;
  return async ({ nodeId, bootId, address }) => {
    if ((await findBootId(db, nodeId)) === bootId) return;
    // A restart looks the same as a copy until the one at the address was asked.
    const failure = await deps.confirm(nodeId);
    if ((await findBootId(db, nodeId)) === bootId) return;
    const row = await findNode(db, nodeId);
    if (row === undefined) throw new AppError('NODE_NOT_FOUND', 'the node was deleted meanwhile');
    if (failure !== null) {
      throw new AppError('UNAVAILABLE', `"${row.name}" does not answer at its address: ${failure.message}`);
    }
    await noteRival(db, { nodeId, address });
    deps.changed(nodeId);
    throw duplicateError(row, address);
  };
}

export const duplicateError = (row: Pick<NodeRow, 'name' | 'url'>, address: string): AppError =>
  new AppError(
    'SLAVE_DUPLICATE',
    `two slaves have the secret of "${row.name}": the one at ${row.url} is the node, the other, at ${address}, is refused`,
    { details: { url: row.url, address } },
  );
