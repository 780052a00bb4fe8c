import { QueryClient } from '@tanstack/react-query';
import { toApiError } from '../api/api-error.ts';
import { noteSignedOut, onSignedOut } from '../api/session-end.ts';

/**
 * The one cache of the page. Events keep it fresh, so nothing is fetched again because it is old; a lost session
 * brings up the sign-in over the page.
 */
export function createQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 60_000,
        refetchOnWindowFocus: false,
        retry: (count, thrown) => toApiError(thrown).isPassing && count < 4,
        retryDelay: (count) => Math.min(5_000, 300 * 2 ** count),
        networkMode: 'always',
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
  onSignedOut(() => noteSignedOut(client));
  return client;
}
