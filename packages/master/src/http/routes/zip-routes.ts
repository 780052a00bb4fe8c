import type { OpenAPIHono } from '@hono/zod-openapi';
import { AppError, files, zipRoute } from '@longshore/protocol';
import type { Logger } from '@longshore/runtime';
import { contentDisposition } from '../../files/content-disposition.ts';
import { createZipLink, type ZipDeps } from '../../files/zips/create-zip-link.ts';
import { sendZip } from '../../files/zips/send-zip.ts';
import { verifyZipTicket } from '../../files/zips/zip-ticket.ts';
import type { Stores } from '../../storage/stores.ts';
import { findZip } from '../../store/zips/zip-rows.ts';
import { answerBytes } from '../answer-bytes.ts';
import type { HttpEnv } from '../http-env.ts';
import { mountEndpoint } from '../mount-endpoint.ts';

/** A selection as one zip: the link is made by who is signed in, and opened by who has it. */
export function mountZipRoutes(
  app: OpenAPIHono<HttpEnv>,
  deps: ZipDeps & { stores: Stores; log: Logger },
): void {
  const { database, keys, stores, log } = deps;
  const { db } = database;
  mountEndpoint(app, files.createZip, ({ body, caller }) =>
    createZipLink(deps, { ...body, userId: caller.userId }),
  );
  app.get(`${zipRoute}/:name`, async (c) => {
    const zip = await findZip(db, verifyZipTicket(keys, c.req.query('ticket') ?? ''));
    if (zip === undefined) throw new AppError('ZIP_EXPIRED', 'the link to the zip has ended');
    return answerBytes(c, log, {
      etag: `"${zip.digest}"`,
      sizeBytes: zip.sizeBytes,
      headers: {
        'content-type': 'application/zip',
        'content-disposition': contentDisposition(zip.name),
        'cache-control': 'private, no-store',
      },
      object: { zipId: zip.id },
      send: (to, sending) => sendZip({ db, stores }, zip, { to, ...sending }),
    });
  });
}
