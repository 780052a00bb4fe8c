import type { OpenAPIHono } from '@hono/zod-openapi';
import {
  AppError,
  type EndpointOutput,
  type NodeConfig,
  nodes,
  type TestStep,
  UnsavedNode,
  unsavedNodeTestRoute,
} from '@longshore/protocol';
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { stream } from 'hono/streaming';
import type { NodeRegistry } from '../../nodes/registry.ts';
import type { Actor } from '../../store/audit/audit-rows.ts';
import type { Caller, HttpEnv } from '../http-env.ts';
import { actorOf, mountEndpoint } from '../mount-endpoint.ts';

export function mountNodeRoutes(
  app: OpenAPIHono<HttpEnv>,
  use: {
    registry: NodeRegistry;
    config: (idOrName: string) => Promise<NodeConfig>;
    choices: (caller: Caller) => Promise<EndpointOutput<(typeof nodes)['listNodeChoices']>>;
    /** `origin` is that of the page which asks, when a browser does. */
    test: (
      node: string | UnsavedNode,
      origin: string | undefined,
      by: Actor,
    ) => Promise<AsyncIterable<TestStep>>;
  },
): void {
  const { registry } = use;
  mountEndpoint(app, nodes.listNodes, async () => ({ nodes: await registry.list() }));
  mountEndpoint(app, nodes.listNodeChoices, ({ caller }) => use.choices(caller));
  mountEndpoint(app, nodes.createNode, ({ body, actor }) => registry.create(body, actor));
  mountEndpoint(app, nodes.showNode, ({ params }) => registry.show(params.id));
  mountEndpoint(app, nodes.showNodeConfig, ({ params }) => use.config(params.id));
  mountEndpoint(app, nodes.updateNode, ({ params, body, actor }) => registry.update(params.id, body, actor));
  mountEndpoint(app, nodes.rotateKey, ({ params, body, actor }) =>
    registry.rotateKey(params.id, body, actor),
  );
  mountEndpoint(app, nodes.revokeOldKey, ({ params, actor }) => registry.revokeOldKey(params.id, actor));
  mountEndpoint(app, nodes.deleteNode, async ({ params, actor }) => {
    await registry.remove(params.id, actor);
    return {};
  });

  const answerSteps = async (c: Context<HttpEnv>, node: string | UnsavedNode): Promise<Response> => {
    const steps = await use.test(node, c.req.header('origin'), actorOf(c));
    c.header('content-type', 'application/x-ndjson');
    return stream(c, async (out) => {
      for await (const step of steps) await out.write(`${JSON.stringify(step)}\n`);
    });
  };
  app.post('/api/v1/nodes/:id/test', requireAdmin, async (c) => answerSteps(c, c.req.param('id')));
  app.post(unsavedNodeTestRoute, requireAdmin, smallBody, async (c) => {
    const node = UnsavedNode.safeParse(await c.req.json().catch(() => undefined));
    if (node.success) return answerSteps(c, node.data);
    const issue = node.error.issues[0];
    throw new AppError('BAD_REQUEST', `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'not JSON'}`);
  });
}

const smallBody = bodyLimit({ maxSize: 64 * 1024 });

const requireAdmin: MiddlewareHandler<HttpEnv> = async (c, next) => {
  const caller = c.get('caller');
  if (caller === undefined) {
    throw new AppError('UNAUTHENTICATED', 'this request carries no session or API token');
  }
  if (caller.role !== 'admin')
    throw new AppError('FORBIDDEN', `"${caller.userName}" is not an administrator`);
  await next();
};
