import type { Clock } from '@longshore/runtime';
import type { Stores } from '../../storage/stores.ts';
import type { FileDeps } from '../file-deps.ts';
import type { UploadTurns } from './create-upload-turns.ts';

export type UploadDeps = FileDeps & {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly turns: UploadTurns;
};

/** Unfinished uploads are dropped when nothing has arrived for this long. */
export const uploadLifetimeMs = 24 * 60 * 60 * 1000;
