import type { OpenAPIHono } from '@hono/zod-openapi';
import { history } from '@longshore/protocol';
import type { Db } from '../../database/open-database.ts';
import { nodeHistory, statsHistory } from '../../history/read-history.ts';
import type { HttpEnv } from '../http-env.ts';
import { mountEndpoint } from '../mount-endpoint.ts';

export function mountHistoryRoutes(app: OpenAPIHono<HttpEnv>, db: Db): void {
  mountEndpoint(app, history.nodeHistory, ({ params, query }) => nodeHistory(db, params.id, query.span));
  mountEndpoint(app, history.statsHistory, ({ query }) => statsHistory(db, query.span));
}
