import type { Query, QueryClient, QueryKey } from '@tanstack/react-query';

const pauseMs = 400;
/** An answer that takes longer is not waited for. */
const patienceMs = 10_000;
/** True when something has happened since the last reading. */
const pausing = new Map<string, boolean>();

/**
 * Reads something anew, at once; in a burst of events, once more per pause and once at the end. An answer that is on its
 * way to what was asked is awaited: over a slow connection each event would else take it away.
 */
export function refreshSoon(client: QueryClient, queryKey: QueryKey): void {
  const key = JSON.stringify(queryKey);
  if (pausing.has(key)) {
    pausing.set(key, true);
    return;
  }
  // What is loaded for the first time is not asked for anew but answered, perhaps with what was before.
  pausing.set(key, client.getQueryCache().findAll({ queryKey }).some(isLoading));
  const read = client.invalidateQueries({ queryKey });
  void Promise.all([pause(pauseMs), Promise.race([read, pause(patienceMs)])]).then(() => {
    const again = pausing.get(key);
    pausing.delete(key);
    if (again) refreshSoon(client, queryKey);
  });
}

const isLoading = ({ state }: Query): boolean => state.data === undefined && state.fetchStatus === 'fetching';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
