import { accounts, oidc, type User } from '@longshore/protocol';
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { toApiError } from '../api/api-error.ts';
import { call } from '../api/call.ts';

/** The signed-in user, or null. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal, client }): Promise<User | null> => {
    try {
      return await call(accounts.me, {}, { signal });
    } catch (thrown) {
      // Whose page is open stays known, so that it is still there after the next sign-in.
      if (toApiError(thrown).isSignedOut) return client.getQueryData<User | null>(['me']) ?? null;
      throw thrown;
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
});

/** For everything behind the sign-in. */
export function useMe(): User {
  const { data } = useSuspenseQuery(meQuery);
  if (data === null) throw new Error('nobody is signed in');
  return data;
}

export const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: async ({ signal }) => (await call(accounts.listTokens, {}, { signal })).tokens,
});

export const usersQuery = queryOptions({
  queryKey: ['users'],
  queryFn: async ({ signal }) => (await call(accounts.listUsers, {}, { signal })).users,
});

/** How one may sign in besides name and password: a matter of the configuration. */
export const signInMethodsQuery = queryOptions({
  queryKey: ['sign-in-methods'],
  queryFn: ({ signal }) => call(oidc.listSignInMethods, {}, { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});
