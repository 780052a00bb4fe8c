import type { Db } from '../../database/open-database.ts';

/** Sets what is known of a folder's mode and time; null leaves it. */
export async function setFolderTimes(
  tx: Db,
  folder: { userId: string; id: string; mode: number | null; modifiedAtMs: number | null },
): Promise<void> {
  const { mode, modifiedAtMs } = folder;
  if (mode === null && modifiedAtMs === null) return;
  await tx
    .updateTable('files')
    .set({
      ...(mode === null ? {} : { mode }),
      ...(modifiedAtMs === null ? {} : { modified_at_ms: modifiedAtMs }),
    })
    .where('id', '=', folder.id)
    .where('user_id', '=', folder.userId)
    .execute();
}
