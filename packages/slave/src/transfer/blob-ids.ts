import { randomUUID } from 'node:crypto';
import { BlobId } from '@longshore/protocol';

const idsPerFolder = 4096;

/**
 * New blob ids. Those that a node makes one after the other begin with the same four digits, so that a store puts
 * them into one folder: an archive of ten thousand files creates and syncs a few folders, not ten thousand.
 */
export function createBlobIds(): () => BlobId {
  let prefix = '';
  let count = 0;
  return () => {
    if (count % idsPerFolder === 0) prefix = randomUUID().slice(0, 4);
    count += 1;
    return BlobId.parse(prefix + randomUUID().slice(4));
  };
}
