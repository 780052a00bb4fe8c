import { type ArchiveListing, type ListArchive, SubmitTask } from '@longshore/protocol';
import type { AttemptSources } from './attempt-sources.ts';
import type { EntrySize, ReadEntries } from './plan-task.ts';

const pageSize = 20_000;

/** Reads the selected entries of a task's archive through a node, page by page, for the plan of a large extraction. */
export const createReadEntries =
  (deps: {
    sources: AttemptSources;
    list: (request: ListArchive, caller: { userId: string; requestId: string }) => Promise<ArchiveListing>;
  }): ReadEntries =>
  async (task) => {
    const volumes = await deps.sources.volumesOf(task.id);
    if (volumes.length !== 1) return undefined;
    const request = SubmitTask.parse(JSON.parse(task.request));
    if (request.kind !== 'extract-archive') return undefined;
    const { encoding, select } = request;
    const entries: EntrySize[] = [];
    const names = new Set<string>();
    for (let offset: number | null = 0; offset !== null; ) {
      const page: ArchiveListing = await deps.list(
        { volumes, encoding, password: null, offset, limit: pageSize, search: null, select },
        { userId: task.user_id, requestId: task.request_id },
      );
      if (!page.splittable) return undefined;
      for (const entry of page.entries) {
        entries.push({ index: entry.index, bytes: entry.compressedBytes ?? entry.sizeBytes ?? 0 });
        names.add(entry.path.normalize('NFC').toLowerCase());
      }
      offset = page.next;
    }
    // Which of two entries with one name is kept is decided where both are seen.
    return names.size === entries.length ? entries : undefined;
  };
