import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TempSpace } from '../ports.ts';

/** Temporary space under a folder; `inUse` must be 0 when nothing runs any more. */
export function tempSpaceIn(
  parent: string,
): TempSpace & { readonly inUse: number; readonly reservedBytes: number } {
  let inUse = 0;
  let reservedBytes = 0;
  return {
    get inUse() {
      return inUse;
    },
    get reservedBytes() {
      return reservedBytes;
    },
    async reserve(bytes) {
      await mkdir(parent, { recursive: true });
      const folder = await mkdtemp(join(parent, 'reserved-'));
      inUse += 1;
      reservedBytes += bytes;
      return {
        folder,
        async release() {
          inUse -= 1;
          await rm(folder, { recursive: true, force: true });
        },
      };
    },
  };
}
