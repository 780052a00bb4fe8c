import type { QueryClient } from '@tanstack/react-query';
import { queryOptions } from '@tanstack/react-query';

/** True while the session of whoever works here is over: the page stays as it is until they have signed in again. */
export const sessionOverQuery = queryOptions({
  queryKey: ['session-over'],
  queryFn: () => false,
  initialData: false,
  staleTime: Number.POSITIVE_INFINITY,
});

const listeners = new Set<() => void>();

/** An answer said that nobody is signed in. */
export function tellSignedOut(): void {
  for (const listener of listeners) listener();
}

export function onSignedOut(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Somebody who was signed in keeps the page; for all others it is the sign-in. */
export function noteSignedOut(client: QueryClient): void {
  if (client.getQueryData(['me'])) client.setQueryData(sessionOverQuery.queryKey, true);
  else client.setQueryData(['me'], null);
}
