import type { OpenAPIHono } from '@hono/zod-openapi';
import { AppError, fileBytesRoutes, UserPath } from '@longshore/protocol';
import type { Logger } from '@longshore/runtime';
import type { Db } from '../../database/open-database.ts';
import { contentDisposition } from '../../files/content-disposition.ts';
import { findFile } from '../../files/stat-path.ts';
import type { Stores } from '../../storage/stores.ts';
import type { HttpEnv } from '../http-env.ts';
import { requireCaller } from '../require-caller.ts';
import { sendBlob } from '../send-blob.ts';

/** The bytes of a user's file, always as a download, never shown by the browser itself. */
export function mountDownloadRoutes(
  app: OpenAPIHono<HttpEnv>,
  deps: { db: Db; stores: Stores; log: Logger },
): void {
  app.get(fileBytesRoutes.content, async (c) => {
    const { userId } = requireCaller(c);
    const path = UserPath.safeParse(c.req.query('path'));
    if (!path.success) throw new AppError('BAD_REQUEST', `path: ${path.error.issues[0]?.message}`);
    const { blobId, ...file } = await findFile(deps.db, userId, path.data);
    const headers = {
      'content-disposition': contentDisposition(file.name),
      'last-modified': new Date(file.modifiedAtMs).toUTCString(),
      'cache-control': 'private, no-cache',
    };
    return sendBlob(c, deps, { blob: { ...file, id: blobId }, headers });
  });
}
