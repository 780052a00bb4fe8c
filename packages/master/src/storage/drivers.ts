import type { Clock } from '@longshore/runtime';
import { openLocalStore } from './drivers/local.ts';
import type { StorageDriver } from './storage-driver.ts';

export type StoreSpec = { readonly type: 'local'; readonly root: string };

type Opener<Type extends StoreSpec['type']> = (
  spec: Extract<StoreSpec, { type: Type }>,
  clock: Clock,
) => Promise<StorageDriver>;

/** Every kind of store: one file in `drivers/`, one line here. */
export const storageDrivers = {
  local: (spec, clock) => openLocalStore({ root: spec.root, clock }),
} satisfies { [Type in StoreSpec['type']]: Opener<Type> };
