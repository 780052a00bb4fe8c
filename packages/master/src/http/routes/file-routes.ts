import type { OpenAPIHono } from '@hono/zod-openapi';
import { files } from '@longshore/protocol';
import { createFolder } from '../../files/create-folder.ts';
import type { FileDeps } from '../../files/file-deps.ts';
import { listFolder } from '../../files/list-folder.ts';
import { movePath } from '../../files/move-path.ts';
import { removePaths } from '../../files/remove-paths.ts';
import { statPath } from '../../files/stat-path.ts';
import { summarizePaths } from '../../files/summarize-paths.ts';
import type { HttpEnv } from '../http-env.ts';
import { mountEndpoint } from '../mount-endpoint.ts';

/** Listing and changing a user's tree. The bytes of files have routes of their own. */
export function mountFileRoutes(app: OpenAPIHono<HttpEnv>, deps: FileDeps): void {
  const { db } = deps.database;
  mountEndpoint(app, files.listFolder, ({ query, caller }) =>
    listFolder(db, { ...query, cursor: query.cursor, userId: caller.userId }),
  );
  mountEndpoint(app, files.stat, ({ query, caller }) => statPath(db, caller.userId, query.path));
  mountEndpoint(app, files.summarize, ({ body, caller }) => summarizePaths(db, caller.userId, body.paths));
  mountEndpoint(app, files.createFolder, ({ body, caller }) =>
    createFolder(deps, { ...body, userId: caller.userId }),
  );
  mountEndpoint(app, files.move, ({ body, caller }) => movePath(deps, { ...body, userId: caller.userId }));
  mountEndpoint(app, files.remove, async ({ body, caller }) => {
    await removePaths(deps, { ...body, userId: caller.userId });
    return {};
  });
}
