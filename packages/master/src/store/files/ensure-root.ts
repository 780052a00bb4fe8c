import type { Db } from '../../database/open-database.ts';
import { nowMs } from '../../database/open-database.ts';
import { defaultMode } from './file-row.ts';

/** Makes the root folder of a user, unless it is there. */
export async function ensureRoot(db: Db, userId: string): Promise<void> {
  await db
    .insertInto('files')
    .values({
      id: crypto.randomUUID(),
      user_id: userId,
      parent_id: null,
      name: '',
      kind: 'folder',
      blob_id: null,
      mode: defaultMode.folder,
      size_bytes: 0,
      modified_at_ms: nowMs,
      created_at_ms: nowMs,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
