import { files } from '@longshore/protocol';
import { useQuery } from '@tanstack/react-query';
import { call } from '../../../api/call.ts';
import { joinPath } from '../../../format/paths.ts';
import { ownFolders } from './own-folders.ts';

/** The folder of its own in `folder` for each archive; undefined until the master has said which names are taken. */
export const useOwnFolders = (folder: string, names: readonly string[]): string[] | undefined =>
  useQuery({
    queryKey: ['files', folder, 'own folders', names],
    queryFn: ({ signal }) =>
      ownFolders(names, async (name) => {
        const query = { path: joinPath(folder, name) };
        // What cannot be looked at is not in the way; whatever is wrong with it, the task will tell.
        const found = await call(files.stat, { query }, { signal }).catch(() => null);
        return found?.kind === 'file';
      }),
  }).data;
