import type { OpenAPIHono } from '@hono/zod-openapi';
import { type ArchiveListing, files } from '@longshore/protocol';
import type { HttpEnv } from '../http-env.ts';
import { type Call, mountEndpoint } from '../mount-endpoint.ts';

export type PreviewRequest = Call<typeof files.preview>['body'];

export function mountPreviewRoutes(
  app: OpenAPIHono<HttpEnv>,
  preview: (userId: string, request: PreviewRequest, requestId: string) => Promise<ArchiveListing>,
): void {
  mountEndpoint(app, files.preview, ({ body, caller, requestId }) => preview(caller.userId, body, requestId));
}
