import {
  AppError,
  type EndpointInput,
  type Node,
  NodeId,
  type nodes as nodeEndpoints,
} from '@longshore/protocol';
import { generateSecret, type SigningKey, signingKey } from '@longshore/protocol/server';
import type { Database } from '../database/open-database.ts';
import type { MasterKeys } from '../secrets/master-keys.ts';
import { type Actor, recordAudit } from '../store/audit/audit-rows.ts';
import { trustedColumns } from '../store/nodes/breaker-rows.ts';
import { countHeldParts, listPicks } from '../store/nodes/heartbeat-rows.ts';
import { confirmKey, dropPreviousKey, previousKeyIsValid, replaceKey } from '../store/nodes/key-rows.ts';
import {
  addressConflict,
  deleteIdleSlave,
  findNodeByKey,
  insertNode,
  isAddressConflict,
  listNodes,
  type NodeRow,
  requireNode,
  updateNode,
} from '../store/nodes/node-rows.ts';
import { restartRotations } from '../store/parts/claims.ts';
import { nodeView } from './node-view.ts';
import { slaveConfIni, slaveStartCommand } from './slave-conf-ini.ts';

export type NodeInput = EndpointInput<typeof nodeEndpoints.createNode>['body'];
export type NodeChange = EndpointInput<typeof nodeEndpoints.updateNode>['body'];

/** The signing key of a node, with the node it belongs to. */
export type NodeKey = SigningKey & {
  readonly nodeId: NodeId;
  /** The key before it is still accepted, and no more once this one is used. */
  readonly replacesAnother: boolean;
};

/** The key that a node is known to have, and during a rotation the one that it may have got meanwhile. */
export type NodeKeys = { readonly key: SigningKey; readonly nextKey: SigningKey | null };

export type NodeRegistry = {
  /** All, or those of these that there are. */
  list(nodeIds?: readonly string[]): Promise<Node[]>;
  /** By id or name. Throws `NODE_NOT_FOUND`. */
  show(idOrName: string): Promise<Node>;
  create(
    input: Required<NodeInput>,
    by: Actor,
  ): Promise<{
    node: Node;
    secret: string;
    confIni: string;
    startCommand: string;
  }>;
  update(idOrName: string, change: NodeChange, by: Actor): Promise<Node>;
  remove(idOrName: string, by: Actor): Promise<void>;
  /**
   * Gives a slave a new key. The present one stays valid for so long, or with null until the new one is used. Throws
   * `NODE_EMBEDDED`.
   */
  rotateKey(
    idOrName: string,
    rotation: { overlapSeconds: number | null },
    by: Actor,
  ): Promise<{ node: Node; secret: string; confIni: string }>;
  /** Ends a rotation at once. Without one, nothing happens. */
  revokeOldKey(idOrName: string, by: Actor): Promise<Node>;
  /** The node has used this key. */
  keyUsed(key: { nodeId: string; keyId: string }): Promise<void>;
  findKey(keyId: string): Promise<NodeKey | undefined>;
  keysOf(row: NodeRow): NodeKeys;
};

const mostOpenedKeys = 10_000;

export function createNodeRegistry(deps: {
  database: Database;
  keys: MasterKeys;
  heartbeatMs: number;
  masterUrl: () => string;
  /** Called after every edit, so that it is in force at once. */
  changed: (node: Node) => void;
}): NodeRegistry {
  const { database, keys, heartbeatMs } = deps;
  const { db } = database;

  const view = async (row: NodeRow): Promise<Node> => {
    const [held, picks] = await Promise.all([countHeldParts(db), listPicks(db)]);
    return nodeView(row, { heartbeatMs, leasedParts: held.get(row.id) ?? 0, picks: picks.get(row.id) ?? {} });
  };
  const show = async (idOrName: string): Promise<Node> => view(await requireNode(db, idOrName));
  const opened = new Map<string, SigningKey>();
  /** Every request of a node needs its key, which changes only with the text it is sealed in. */
  const unsealed = (sealed: string): SigningKey => {
    const known = opened.get(sealed);
    if (known !== undefined) return known;
    if (opened.size >= mostOpenedKeys) opened.clear();
    const key = signingKey(keys.unseal('node secret', sealed));
    opened.set(sealed, key);
    return key;
  };
  const keysOf = (row: NodeRow): NodeKeys => {
    const key = unsealed(row.secret_sealed);
    const previous = previousKeyIsValid(row) ? row.previous_secret_sealed : null;
    return previous === null ? { key, nextKey: null } : { key: unsealed(previous), nextKey: key };
  };

  return {
    show,
    keysOf,
    list: async (nodeIds) => {
      const [rows, held, picks] = await Promise.all([
        listNodes(db, nodeIds),
        countHeldParts(db),
        listPicks(db),
      ]);
      return rows.map((row) =>
        nodeView(row, { heartbeatMs, leasedParts: held.get(row.id) ?? 0, picks: picks.get(row.id) ?? {} }),
      );
    },
    create: async (input, by) => {
      const secret = generateSecret();
      const id = crypto.randomUUID();
      await database.transaction(async (tx) => {
        await insertNode(tx, {
          id,
          name: input.name,
          type: 'slave',
          url: input.url,
          internal_url: input.internalUrl,
          key_id: signingKey(secret).keyId,
          secret_sealed: keys.seal('node secret', secret),
          weight: input.weight,
          enabled: input.enabled ? 1 : 0,
          capabilities: JSON.stringify(input.capabilities),
        });
        const after = audited(await requireNode(tx, id));
        await recordAudit(tx, by, {
          action: 'node.create',
          object: objectOf({ id, name: input.name }),
          after,
        });
      });
      const node = await show(id);
      deps.changed(node);
      return {
        node,
        secret,
        confIni: slaveConfIni({ node, secret, masterUrl: deps.masterUrl() }),
        startCommand: slaveStartCommand,
      };
    },
    update: async (idOrName, change, by) => {
      const row = await requireNode(db, idOrName);
      if (row.type === 'embedded' && (change.url !== undefined || change.internalUrl !== undefined)) {
        throw new AppError(
          'NODE_EMBEDDED',
          `"${row.name}" runs inside the master; it has no address to change`,
        );
      }
      const updated = await database
        .transaction(async (tx) => {
          const { id } = row;
          const before = audited(await requireNode(tx, id));
          const { revision } = change;
          if (!(await updateNode(tx, { id, revision, change: toColumns(change) }))) return false;
          if (changesShares(change)) await restartRotations(tx);
          const after = audited(await requireNode(tx, id));
          await recordAudit(tx, by, { action: 'node.update', object: objectOf(row), before, after });
          return true;
        })
        .catch((cause: unknown) => {
          throw editConflict(cause, change);
        });
      if (!updated) throw new AppError('NODE_CHANGED', `"${row.name}" was edited by somebody else meanwhile`);
      const node = await show(row.id);
      deps.changed(node);
      return node;
    },
    remove: async (idOrName, by) => {
      const row = await requireNode(db, idOrName);
      if (row.type === 'embedded') {
        throw new AppError('NODE_EMBEDDED', `"${row.name}" is the embedded node of a master`);
      }
      await database.transaction(async (tx) => {
        if (!(await deleteIdleSlave(tx, row.id))) {
          throw new AppError('NODE_IN_USE', `"${row.name}" still holds work`);
        }
        await recordAudit(tx, by, { action: 'node.delete', object: objectOf(row), before: audited(row) });
      });
    },
    rotateKey: async (idOrName, { overlapSeconds }, by) => {
      const row = await requireNode(db, idOrName);
      if (row.type === 'embedded') {
        throw new AppError('NODE_EMBEDDED', `"${row.name}" runs inside the master; nobody else has its key`);
      }
      const secret = generateSecret();
      await database.transaction(async (tx) => {
        await replaceKey(tx, {
          nodeId: row.id,
          keyId: signingKey(secret).keyId,
          secretSealed: keys.seal('node secret', secret),
          overlapMs: overlapSeconds === null ? null : overlapSeconds * 1000,
        });
        const after = { overlapSeconds };
        await recordAudit(tx, by, { action: 'node.rotate-key', object: objectOf(row), after });
      });
      const node = await show(row.id);
      deps.changed(node);
      return { node, secret, confIni: slaveConfIni({ node, secret, masterUrl: deps.masterUrl() }) };
    },
    revokeOldKey: async (idOrName, by) => {
      const { id, name } = await requireNode(db, idOrName);
      await database.transaction(async (tx) => {
        await dropPreviousKey(tx, id);
        await recordAudit(tx, by, { action: 'node.revoke-old-key', object: objectOf({ id, name }) });
      });
      const node = await show(id);
      deps.changed(node);
      return node;
    },
    keyUsed: async (key) => {
      if (await confirmKey(db, key)) deps.changed(await show(key.nodeId));
    },
    findKey: async (keyId) => {
      const row = await findNodeByKey(db, keyId);
      if (row === undefined) return undefined;
      const { key, nextKey } = keysOf(row);
      const found = key.keyId === keyId ? key : nextKey;
      if (found === null) return undefined;
      return { ...found, nodeId: NodeId.parse(row.id), replacesAnother: found === nextKey };
    },
  };
}

const objectOf = ({
  id,
  name,
}: {
  id: string;
  name: string;
}): { kind: 'node'; id: string; name: string } => ({
  kind: 'node',
  id,
  name,
});

/** What administrators decide about a node. */
const audited = (row: NodeRow): Record<string, unknown> => ({
  name: row.name,
  url: row.url,
  internalUrl: row.internal_url,
  weight: row.weight,
  enabled: row.enabled === 1,
  draining: row.draining === 1,
  quarantined: row.quarantined_at_ms !== null,
  capabilities: JSON.parse(row.capabilities) as unknown,
});

/** Whether others have other shares by this edit. */
const changesShares = ({ weight, enabled, draining, capabilities }: NodeChange): boolean =>
  [weight, enabled, draining, capabilities].some((value) => value !== undefined);

const toColumns = (change: NodeChange) => ({
  ...(change.name === undefined ? {} : { name: change.name }),
  ...(change.url === undefined ? {} : { url: change.url }),
  ...(change.internalUrl === undefined ? {} : { internal_url: change.internalUrl }),
  ...(change.weight === undefined ? {} : { weight: change.weight }),
  ...(change.enabled === undefined ? {} : { enabled: change.enabled ? (1 as const) : (0 as const) }),
  ...(change.draining === undefined ? {} : { draining: change.draining ? (1 as const) : (0 as const) }),
  ...(change.quarantined === undefined ? {} : trustedColumns),
  ...(change.capabilities === undefined ? {} : { capabilities: JSON.stringify(change.capabilities) }),
});

/** The unique columns that an edit can hit are the address and the name. */
const editConflict = (cause: unknown, change: NodeChange): unknown =>
  isAddressConflict(cause)
    ? addressConflict(change.url, cause)
    : change.name !== undefined && cause instanceof Error && /unique/i.test(cause.message)
      ? new AppError('NODE_EXISTS', `a node named "${change.name}" exists already`, { cause })
      : cause;
