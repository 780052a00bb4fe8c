import type { QueryClient, QueryKey } from '@tanstack/react-query';

const pauseMs = 400;
const waiting = new Map<string, ReturnType<typeof setTimeout>>();

/** Reads something anew, but only once for a burst of events. */
export function refreshSoon(client: QueryClient, queryKey: QueryKey): void {
  const key = JSON.stringify(queryKey);
  if (waiting.has(key)) return;
  const timer = setTimeout(() => {
    waiting.delete(key);
    void client.invalidateQueries({ queryKey });
  }, pauseMs);
  waiting.set(key, timer);
}
