import { z } from 'zod';
import { ErrorInfo } from '../errors/app-error.ts';
import { Count, NodeId } from '../ids.ts';
import { NodeConfig } from '../node-api/node-config.ts';
import { Capability, GrantableCapability, NodeVitals } from '../node-api/node-status.ts';
import { endpoint } from './endpoint.ts';
import { Evidence } from './evidence.ts';
import { NodeUrl } from './node-url.ts';

export const NodeName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'a name of 1 to 63 letters, digits, ".", "_" or "-"');

export const Weight = z.int().min(1).max(1000);

/**
 * `online`: heartbeats arrive · `suspect`: some are missing, nothing new is sent · `offline`: gone, its tasks run
 * elsewhere · `never-seen`: not connected yet. Draining and disabled are wishes of the admin, told beside it.
 */
export const NodeHealth = z.enum(['online', 'suspect', 'offline', 'never-seen']);
export type NodeHealth = z.infer<typeof NodeHealth>;

export const Node = z.object({
  id: NodeId,
  name: NodeName,
  type: z.enum(['embedded', 'slave']),
  /** Where the master reaches the slave; null for the embedded node. */
  url: z.string().nullable(),
  /** Address for traffic inside the private network; null means `url`. */
  internalUrl: z.string().nullable(),
  weight: Weight,
  enabled: z.boolean(),
  draining: z.boolean(),
  /** Takes no new work because it failed three parts in a row for its own reasons; null when it is trusted. */
  quarantine: z
    .object({
      /** Why the last of them failed. */
      reason: ErrorInfo,
      sinceMs: Count,
      /** When one part may try the node, which is released when it succeeds. */
      probeAtMs: Count,
    })
    .nullable(),
  /** The key before the present one, while it is still accepted; null when only the present one is. */
  oldKey: z
    .object({
      /** Null: until the node uses its new key. */
      untilMs: Count.nullable(),
    })
    .nullable(),
  capabilities: z.array(Capability),
  /** Counts edits. An edit that names an older revision is refused. */
  revision: Count,
  createdAtMs: Count,
  health: NodeHealth,
  lastHeartbeatAgeMs: Count.nullable(),
  /** The node's clock minus the master's. */
  skewMs: z.number().nullable(),
  /** As of the last heartbeat; null when never seen. */
  vitals: NodeVitals.nullable(),
  /** Parts leased to the node now. */
  leasedParts: Count,
  /** Parts each capability's rotation has given to the node. */
  picks: z.record(z.string(), Count),
  /** Another slave with the same secret is being refused now: where it is, and what to do. Null when there is none. */
  rival: ErrorInfo.nullable(),
  /** Why the node is not reached, from the last try; null when it is. */
  lastError: ErrorInfo.nullable(),
  /** What went wrong with it last, newest first: it was not reached, or a part failed for its reasons. */
  recentErrors: z.array(
    z.object({
      error: ErrorInfo,
      /** When it happened last, and how often in a row. */
      atMs: Count,
      times: Count,
    }),
  ),
});
export type Node = z.infer<typeof Node>;

/**
 * One step of the communication test, answered as one line of JSON as soon as it is known. `callback` comes once for
 * each address of the master.
 */
export const TestStep = z.object({
  step: z.enum([
    'resolve',
    'connect',
    'tls',
    'slave',
    'version',
    'signature',
    'clock',
    'callback',
    'temp',
    'cors',
  ]),
  /** `warning`: it works, but not as it should; `error` says what to do. */
  status: z.enum(['ok', 'warning', 'failed', 'skipped']),
  durationMs: z.number(),
  /** What was seen: an address, a version, a difference in ms. */
  evidence: z.string(),
  /** The same for machines; null for a step that failed, of which `error` tells. */
  seen: Evidence.nullable().default(null),
  error: ErrorInfo.nullable(),
});
export type TestStep = z.infer<typeof TestStep>;

/** A node as the users see it who may have their tasks run there. */
export const NodeChoice = z.object({
  name: NodeName,
  capabilities: z.array(Capability),
  /** Work for a node that is not `online` waits until it is. */
  status: z.enum([...NodeHealth.options, 'draining', 'quarantined']),
});
export type NodeChoice = z.infer<typeof NodeChoice>;

const Editable = {
  url: NodeUrl,
  internalUrl: NodeUrl.nullable().default(null),
  weight: Weight.default(1),
  enabled: z.boolean().default(true),
  capabilities: z.array(GrantableCapability).min(1).default(['create-archive', 'extract-archive']),
};

const tag = 'Nodes';
const ById = z.object({ id: z.string().max(64).describe('Id or name of the node') });

export const nodes = {
  listNodes: endpoint({
    method: 'get',
    path: '/api/v1/nodes',
    tag,
    summary: 'All nodes with their live status',
    access: 'admin',
    status: 200,
    response: z.object({ nodes: z.array(Node) }),
  }),
  listNodeChoices: endpoint({
    method: 'get',
    path: '/api/v1/node-choices',
    tag,
    summary: 'The nodes that you may choose for a task; none when your group may not choose',
    access: 'user',
    status: 200,
    response: z.object({ mayChoose: z.boolean(), nodes: z.array(NodeChoice) }),
  }),
  createNode: endpoint({
    method: 'post',
    path: '/api/v1/nodes',
    tag,
    summary: 'Register a slave; the secret and its conf.ini are shown only in this answer',
    access: 'admin',
    body: z.strictObject({ name: NodeName, ...Editable }),
    status: 201,
    response: z.object({
      node: Node,
      secret: z.string(),
      confIni: z.string(),
      startCommand: z.string(),
    }),
  }),
  showNode: endpoint({
    method: 'get',
    path: '/api/v1/nodes/{id}',
    tag,
    summary: 'One node with its live status',
    access: 'admin',
    params: ById,
    status: 200,
    response: Node,
  }),
  showNodeConfig: endpoint({
    method: 'get',
    path: '/api/v1/nodes/{id}/config',
    tag,
    summary: 'The settings in force on a node, asked of it now, each with where it comes from',
    access: 'admin',
    params: ById,
    status: 200,
    response: NodeConfig,
  }),
  updateNode: endpoint({
    method: 'patch',
    path: '/api/v1/nodes/{id}',
    tag,
    summary: 'Change a node; in force at once',
    access: 'admin',
    params: ById,
    body: z.strictObject({
      name: NodeName.optional(),
      url: NodeUrl.optional(),
      internalUrl: NodeUrl.nullable().optional(),
      weight: Weight.optional(),
      enabled: z.boolean().optional(),
      draining: z.boolean().optional(),
      /** Releases the node from quarantine. */
      quarantined: z.literal(false).optional(),
      capabilities: z.array(GrantableCapability).min(1).optional(),
      /** The revision that was read; a node edited since then answers NODE_CHANGED. */
      revision: Count.optional(),
    }),
    status: 200,
    response: Node,
  }),
  rotateKey: endpoint({
    method: 'post',
    path: '/api/v1/nodes/{id}/rotate-key',
    tag,
    summary: 'Give a slave a new secret, shown only in this answer; the old one stays valid meanwhile',
    access: 'admin',
    params: ById,
    body: z.strictObject({
      /** For how long the old secret is accepted; null: until the slave uses the new one; 0: not at all. */
      overlapSeconds: Count.max(30 * 86_400)
        .nullable()
        .default(null),
    }),
    status: 200,
    response: z.object({ node: Node, secret: z.string(), confIni: z.string() }),
  }),
  revokeOldKey: endpoint({
    method: 'post',
    path: '/api/v1/nodes/{id}/revoke-old-key',
    tag,
    summary: 'Accept only the newest secret of a slave from now on',
    access: 'admin',
    params: ById,
    status: 200,
    response: Node,
  }),
  deleteNode: endpoint({
    method: 'delete',
    path: '/api/v1/nodes/{id}',
    tag,
    summary: 'Delete a slave that holds no work',
    access: 'admin',
    params: ById,
    status: 200,
    response: z.object({}),
  }),
} as const;

/** A node that is not registered, to be tested. Nothing of it is stored. */
export const UnsavedNode = z.strictObject({
  url: NodeUrl,
  /** What the slave has as its secret; without it the test ends where the secret is needed. */
  secret: z.string().min(16).max(512).nullable().default(null),
  capabilities: Editable.capabilities,
});
export type UnsavedNode = z.infer<typeof UnsavedNode>;

/**
 * `POST /api/v1/nodes/{id}/test` (admin) runs the communication test of a node, `POST /api/v1/nodes/test` that of an
 * `UnsavedNode`. Both answer `application/x-ndjson`: one `TestStep` a line, each as soon as it is known.
 */
export const nodeTestRoute = '/api/v1/nodes/{id}/test';
export const unsavedNodeTestRoute = '/api/v1/nodes/test';
