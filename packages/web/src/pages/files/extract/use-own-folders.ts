import { files } from '@longshore/protocol';
import { useQuery } from '@tanstack/react-query';
import { call } from '../../../api/call.ts';
import { joinPath } from '../../../format/paths.ts';
import { isFile, ownFolders } from './own-folders.ts';

export type OwnFolders = {
  /** One for each archive; undefined until the master has said which names are taken. */
  readonly names: readonly string[] | undefined;
  /** Why the master could not say it. */
  readonly error: Error | null;
  readonly lookAgain: () => void;
};

/** The folder of its own in `folder` for each archive. */
export function useOwnFolders(folder: string, archives: readonly string[]): OwnFolders {
  const query = useQuery({
    queryKey: ['files', folder, 'own folders', archives],
    queryFn: ({ signal }) =>
      ownFolders(archives, (name) =>
        isFile(call(files.stat, { query: { path: joinPath(folder, name) } }, { signal })),
      ),
  });
  return { names: query.data, error: query.error, lookAgain: () => void query.refetch() };
}
