import type { IncomingMessage } from 'node:http';
import type { OpenAPIHono } from '@hono/zod-openapi';
import {
  AppError,
  AttemptRef,
  type CallbackAnswer,
  Count,
  formatProtocolVersion,
  Heartbeat,
  type HeartbeatAnswer,
  masterRoutes,
  type NodeId,
  type OutputAccess,
  productVersion,
  protocolVersion,
  ReportBatch,
  type ReportVerdicts,
  type SourcePage,
  type StoredEntries,
} from '@longshore/protocol';
import { answerSigned, parseSigned, type SignedEnv } from '@longshore/runtime';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { z } from 'zod';
import type { NodeKey } from '../../nodes/registry.ts';
import type { HttpEnv } from '../http-env.ts';

/** The node by its key, and the address that its request came from. */
export type NodeSender = { readonly nodeId: NodeId; readonly address: string };

/** What slaves may ask of the master. The node is the owner of the key that signed the request. */
export type NodeApi = {
  heartbeat(sender: NodeSender, heartbeat: Heartbeat): Promise<HeartbeatAnswer>;
  reports(sender: NodeSender, batch: ReportBatch): Promise<ReportVerdicts>;
  /** `from` is the position of the first source of the page. */
  sources(nodeId: NodeId, ref: AttemptRef, from: number): Promise<SourcePage>;
  storedEntries(nodeId: NodeId, ref: AttemptRef, index: number | undefined): Promise<StoredEntries>;
  output(nodeId: NodeId, ref: AttemptRef): Promise<OutputAccess>;
};

const Cursor = z.coerce.number().pipe(z.int32().min(0)).default(0);
const RefParams = z.object({ partId: AttemptRef.shape.partId, attempt: z.coerce.number().pipe(Count) });

export function mountNodeApiRoutes(
  app: OpenAPIHono<HttpEnv>,
  options: {
    api: NodeApi;
    signed: MiddlewareHandler<SignedEnv<NodeKey>>;
    keyUsed: (key: NodeKey) => Promise<void>;
    clientAddress: (incoming: IncomingMessage) => string;
  },
): void {
  const { api } = options;
  const senderOf = (c: Context<SignedEnv<NodeKey>>): NodeSender => ({
    nodeId: nodeOf(c),
    address: options.clientAddress(c.env.incoming),
  });
  const routes = new Hono<SignedEnv<NodeKey>>();
  routes.use('/node/*', options.signed, async (c, next) => {
    const { key } = c.get('peer');
    if (key.replacesAnother) await options.keyUsed(key);
    await next();
  });
  routes.post(masterRoutes.heartbeat, async (c) =>
    answerSigned(c, await api.heartbeat(senderOf(c), parseSigned(c, Heartbeat))),
  );
  routes.post(masterRoutes.reports, async (c) =>
    answerSigned(c, await api.reports(senderOf(c), parseSigned(c, ReportBatch))),
  );
  routes.post(masterRoutes.callback, async (c) => {
    const answer: CallbackAnswer = {
      version: productVersion,
      protocol: formatProtocolVersion(protocolVersion),
    };
    return answerSigned(c, answer);
  });
  routes.get(masterRoutes.sources, async (c) =>
    answerSigned(c, await api.sources(nodeOf(c), refOf(c), cursorOf(c))),
  );
  routes.get(masterRoutes.storedEntries, async (c) =>
    answerSigned(c, await api.storedEntries(nodeOf(c), refOf(c), indexOf(c.req.query('index')))),
  );
  routes.post(masterRoutes.output, async (c) => answerSigned(c, await api.output(nodeOf(c), refOf(c))));
  app.route('/', routes);
}

const nodeOf = (c: Context<SignedEnv<NodeKey>>): NodeId => c.get('peer').key.nodeId;

function indexOf(query: string | undefined): number | undefined {
  if (query === undefined) return undefined;
  const index = z.coerce.number().pipe(Count).safeParse(query);
  if (!index.success) throw new AppError('BAD_REQUEST', 'index: not the position of an entry');
  return index.data;
}

function refOf(c: Context<SignedEnv<NodeKey>>): AttemptRef {
  const ref = RefParams.safeParse(c.req.param());
  if (!ref.success) throw new AppError('BAD_REQUEST', 'the path names no part and attempt');
  return ref.data;
}

/** A cursor that we have answered, or the beginning where there is none. */
function cursorOf(c: Context<SignedEnv<NodeKey>>): number {
  const cursor = Cursor.safeParse(c.req.query('cursor'));
  if (!cursor.success) throw new AppError('BAD_REQUEST', 'cursor: not one that was answered');
  return cursor.data;
}
