import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { toApiError } from '../api/api-error.ts';

/**
 * The one cache of the page. Events keep it fresh, so nothing is fetched again because it is old; a lost session
 * empties `me`, which brings up the sign-in over the same address.
 */
export function createQueryClient(): QueryClient {
  const onError = (thrown: unknown): void => {
    if (toApiError(thrown).isSignedOut) client.setQueryData(['me'], null);
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
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
  return client;
}
