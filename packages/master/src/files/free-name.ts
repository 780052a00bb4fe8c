import type { Db } from '../database/open-database.ts';
import { findChildren } from '../store/files/find-children.ts';
import { numberedName } from './numbered-name.ts';

/** "name (1).ext" or the first number after it that is free in the folder. The caller has locked the tree. */
export async function freeName(
  tx: Db,
  wanted: { userId: string; parentId: string; name: string; kind: 'file' | 'folder' },
): Promise<string> {
  const { userId, parentId } = wanted;
  for (let first = 1, count = 8; ; first += count, count = Math.min(1000, count * 4)) {
    const names = Array.from({ length: count }, (_, index) =>
      numberedName(wanted.name, first + index, wanted.kind),
    );
    const found = await findChildren(tx, { userId, children: names.map((name) => ({ parentId, name })) });
    const taken = new Set(found.map((row) => row.name));
    const free = names.find((name) => !taken.has(name));
    if (free !== undefined) return free;
  }
}
