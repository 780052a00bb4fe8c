import type { OpenAPIHono } from '@hono/zod-openapi';
import { AppError, BlobId, masterRoutes, headers as names } from '@longshore/protocol';
import { verifyTicket } from '@longshore/protocol/server';
import { bearSilence, type Clock, type Logger } from '@longshore/runtime';
import type { Context } from 'hono';
import type { Database } from '../../database/open-database.ts';
import type { MasterKeys } from '../../secrets/master-keys.ts';
import { storeBlob } from '../../storage/store-blob.ts';
import type { Stores } from '../../storage/stores.ts';
import { findBlob } from '../../store/blobs/blob-rows.ts';
import type { HttpEnv } from '../http-env.ts';
import { sendBlob } from '../send-blob.ts';

export type BlobRouteDeps = {
  database: Database;
  stores: Stores;
  keys: MasterKeys;
  clock: Clock;
  log: Logger;
};

/**
 * An archive is sent while it is made, in groups of up to 4 MiB, from sources that may be as slow as a phone: 7 kB/s. A node
 * that is gone is noticed by the system long before.
 */
const silentNodeMs = 600_000;

/** Bytes for nodes: what a ticket opens, and nothing else. Tickets are checked before a byte of the body is read. */
export function mountBlobRoutes(app: OpenAPIHono<HttpEnv>, deps: BlobRouteDeps): void {
  const { database, stores, keys, clock } = deps;
  const { db } = database;
  const storeId = stores.defaultStoreId;
  const path = `${masterRoutes.blobs}/:blobId` as const;
  const claimsOf = (c: Context<HttpEnv>) => {
    const ticket = /^Bearer ([\w.-]{1,2048})$/i.exec(c.req.header('authorization') ?? '')?.[1];
    if (ticket === undefined) throw new AppError('TICKET_INVALID', 'the request carries no ticket');
    return verifyTicket(keys.ticket(storeId), ticket, clock.nowMs());
  };

  app.get(path, async (c) => {
    const claims = claimsOf(c);
    const blobId = parseBlobId(c);
    if (claims.op !== 'read' || claims.blobId !== blobId) {
      throw new AppError('TICKET_INVALID', 'the ticket does not open this blob');
    }
    const blob = await findBlob(db, blobId);
    if (blob === undefined) throw new AppError('BLOB_NOT_FOUND', `there is no blob ${blobId}`);
    return sendBlob(c, deps, { blob, headers: { 'cache-control': 'private, no-store' } });
  });

  app.put(path, async (c) => {
    const claims = claimsOf(c);
    const blobId = parseBlobId(c);
    if (claims.op !== 'write') throw new AppError('TICKET_INVALID', 'the ticket does not allow writing');
    bearSilence(c.env.incoming, { silentMs: silentNodeMs });
    const { partId, attempt, maxBytes } = claims;
    const length = c.req.header('content-length');
    const stored = await storeBlob(deps, {
      storeId,
      blobId,
      owner: { partId, attempt },
      content: c.env.incoming,
      sizeBytes: length === undefined ? undefined : Number(length),
      maxBytes,
    });
    return c.json(stored, 201, { [names.blobSha256]: stored.sha256 });
  });
}

function parseBlobId(c: Context<HttpEnv>): BlobId {
  const blobId = BlobId.safeParse(c.req.param('blobId'));
  if (!blobId.success) throw new AppError('BLOB_NOT_FOUND', 'the address does not name a blob');
  return blobId.data;
}
