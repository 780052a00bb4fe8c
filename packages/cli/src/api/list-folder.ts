import { type FileEntry, files } from '@longshore/protocol';
import type { Api } from './api.ts';

/** A folder and all it holds, every page of it. */
export async function listFolder(
  api: Api,
  path: string,
): Promise<{ folder: FileEntry; entries: FileEntry[] }> {
  const first = await api.call(files.listFolder, { query: { path } });
  const entries = [...first.entries];
  for (let next = first.next; next !== null; ) {
    const page = await api.call(files.listFolder, { query: { path, cursor: next } });
    entries.push(...page.entries);
    next = page.next;
  }
  return { folder: first.folder, entries };
}
