import { AppError } from '@longshore/protocol';
import type { StorageDriver } from './storage-driver.ts';

/** The stores that hold blobs, by id. New files of users go to `defaultStoreId`. */
export type Stores = {
  readonly defaultStoreId: string;
  readonly all: ReadonlyMap<string, StorageDriver>;
  /** Throws `STORAGE_FAILED` for a store that is not configured. */
  get(storeId: string): StorageDriver;
};

/** The id of the store on the master's own disk. */
export const localStoreId = 'local';

export function createStores(drivers: ReadonlyMap<string, StorageDriver>, defaultStoreId: string): Stores {
  const get = (storeId: string): StorageDriver => {
    const driver = drivers.get(storeId);
    if (driver === undefined) throw new AppError('STORAGE_FAILED', `no store "${storeId}" is configured`);
    return driver;
  };
  get(defaultStoreId);
  return { defaultStoreId, all: drivers, get };
}
