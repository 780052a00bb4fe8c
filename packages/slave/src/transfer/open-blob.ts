import type { BlobAccess } from '@longshore/protocol';
import type { ByteSource } from '../archive/ports.ts';
import type { TransferMeter } from '../metrics/slave-metrics.ts';
import type { MasterLink } from '../report/master-link.ts';
import type { LocalStore } from '../storage/local-store.ts';
import type { BlobHttp } from './blob-http.ts';
import { openLocalBlob } from './local-blob-source.ts';
import { remoteBlobSource } from './remote-blob-source.ts';

/** The bytes of a blob by the shortest way: this node's own disk, else the address in the access. */
export type OpenBlob = (request: {
  access: BlobAccess;
  link: MasterLink;
  renew: ((signal: AbortSignal) => Promise<BlobAccess>) | null;
  meter: TransferMeter;
}) => Promise<ByteSource>;

export const createOpenBlob =
  (options: { stores: ReadonlyMap<string, LocalStore>; http: BlobHttp }): OpenBlob =>
  async ({ access, link, renew, meter }) => {
    const { http } = options;
    const store = options.stores.get(access.storeId);
    if (store !== undefined) return await openLocalBlob(access, store.pathOf(access.blobId), meter);
    return remoteBlobSource({ access, link, http, renew, meter });
  };
