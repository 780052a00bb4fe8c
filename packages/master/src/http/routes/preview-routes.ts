import type { OpenAPIHono } from '@hono/zod-openapi';
import { type ArchiveListing, files } from '@longshore/protocol';
import type { HttpEnv } from '../http-env.ts';
import { type Call, mountEndpoint } from '../mount-endpoint.ts';

export type PreviewQuery = Call<typeof files.preview>['query'];

export function mountPreviewRoutes(
  app: OpenAPIHono<HttpEnv>,
  preview: (userId: string, query: PreviewQuery, requestId: string) => Promise<ArchiveListing>,
): void {
  mountEndpoint(app, files.preview, ({ query, caller, requestId }) =>
    preview(caller.userId, query, requestId),
  );
}
