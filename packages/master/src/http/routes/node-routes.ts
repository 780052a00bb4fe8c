import type { OpenAPIHono } from '@hono/zod-openapi';
import { AppError, nodes, type TestStep } from '@longshore/protocol';
import { stream } from 'hono/streaming';
import type { NodeRegistry } from '../../nodes/registry.ts';
import type { HttpEnv } from '../http-env.ts';
import { mountEndpoint } from '../mount-endpoint.ts';

export function mountNodeRoutes(
  app: OpenAPIHono<HttpEnv>,
  use: { registry: NodeRegistry; test: (idOrName: string) => Promise<AsyncIterable<TestStep>> },
): void {
  const { registry } = use;
  mountEndpoint(app, nodes.listNodes, async () => ({ nodes: await registry.list() }));
  mountEndpoint(app, nodes.createNode, ({ body }) => registry.create(body));
  mountEndpoint(app, nodes.showNode, ({ params }) => registry.show(params.id));
  mountEndpoint(app, nodes.updateNode, ({ params, body }) => registry.update(params.id, body));
  mountEndpoint(app, nodes.rotateKey, ({ params, body }) => registry.rotateKey(params.id, body));
  mountEndpoint(app, nodes.revokeOldKey, ({ params }) => registry.revokeOldKey(params.id));
  mountEndpoint(app, nodes.deleteNode, async ({ params }) => {
    await registry.remove(params.id);
    return {};
  });

  app.post('/api/v1/nodes/:id/test', async (c) => {
    const caller = c.get('caller');
    if (caller === undefined)
      throw new AppError('UNAUTHENTICATED', 'this request carries no session or API token');
    if (caller.role !== 'admin')
      throw new AppError('FORBIDDEN', `"${caller.userName}" is not an administrator`);
    const steps = await use.test(c.req.param('id'));
    c.header('content-type', 'application/x-ndjson');
    return stream(c, async (out) => {
      for await (const step of steps) await out.write(`${JSON.stringify(step)}\n`);
    });
  });
}
