import { join } from 'node:path';

/**
 * Where a store kept in a folder has a blob: `<root>/blobs/<first 2 digits>/<next 2>/<id>`. The master's local
 * driver and a node that holds the store itself must agree on this.
 */
export const blobPath = (root: string, blobId: string): string =>
  join(root, 'blobs', blobId.slice(0, 2), blobId.slice(2, 4), blobId);

/** Where a blob is written before it is whole and renamed to its `blobPath`. `name` is the writer's own. */
export const stagingPath = (root: string, name: string): string => join(root, 'staging', name);
