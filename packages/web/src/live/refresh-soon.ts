import type { QueryClient, QueryKey } from '@tanstack/react-query';

const pauseMs = 400;
/** True when something has happened since the last reading. */
const pausing = new Map<string, boolean>();

/** Reads something anew, at once; in a burst of events, once more per pause and once at the end. */
export function refreshSoon(client: QueryClient, queryKey: QueryKey): void {
  const key = JSON.stringify(queryKey);
  if (pausing.has(key)) {
    pausing.set(key, true);
    return;
  }
  pausing.set(key, false);
  void client.invalidateQueries({ queryKey });
  setTimeout(() => {
    const again = pausing.get(key);
    pausing.delete(key);
    if (again) refreshSoon(client, queryKey);
  }, pauseMs);
}
