import { EventStreamHello, eventsRoute, ServerEvent } from '@longshore/protocol';
import { parseJson } from '../api/api-error.ts';

export type EventFollower = {
  /** Connected, for the first time or again. `missed`: events are lost for good, read everything anew. */
  opened(start: { again: boolean; missed: boolean }): void;
  lost(): void;
  /** `lastEventId` is where to go on after it. */
  event(event: ServerEvent, lastEventId: string): void;
};

/** What somebody else has followed already. */
export type FollowedBefore = { readonly again: boolean; readonly lastEventId: string };

const types = ['task', 'progress', 'task-deleted', 'files', 'node'] as const;
const firstDelayMs = 500;
const maxDelayMs = 8_000;

/**
 * The events of the master until the returned function is called. A browser comes back by itself after a cut
 * connection, but gives up when it is refused, by a proxy or a master that starts: then this comes back, after the
 * last event that was seen.
 */
export function followEvents(
  everybody: boolean,
  follower: EventFollower,
  before: FollowedBefore = { again: false, lastEventId: '' },
): () => void {
  let source: EventSource | undefined;
  let { again, lastEventId } = before;
  let delayMs = firstDelayMs;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const connect = (): void => {
    clearTimeout(timer);
    source?.close();
    const query = new URLSearchParams({ everybody: String(everybody) });
    if (lastEventId !== '') query.set('lastEventId', lastEventId);
    const opened = new EventSource(`${eventsRoute}?${query}`);
    source = opened;
    opened.addEventListener('hello', (message) => {
      remember(message);
      delayMs = firstDelayMs;
      const hello = EventStreamHello.safeParse(parseJson(message.data));
      follower.opened({ again, missed: hello.success && hello.data.missed });
      again = true;
    });
    for (const type of types) {
      opened.addEventListener(type, (message) => {
        remember(message);
        // A newer master may send what this version does not know.
        const event = ServerEvent.safeParse({ ...Object(parseJson(message.data)), type });
        if (event.success) follower.event(event.data, lastEventId);
      });
    }
    opened.addEventListener('error', () => {
      if (opened !== source) return;
      follower.lost();
      if (opened.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(connect, delayMs * (0.5 + Math.random()));
      delayMs = Math.min(maxDelayMs, delayMs * 2);
    });
  };
  const remember = (message: MessageEvent): void => {
    if (message.lastEventId !== '') lastEventId = message.lastEventId;
  };

  connect();
  window.addEventListener('online', connect);
  return () => {
    window.removeEventListener('online', connect);
    clearTimeout(timer);
    source?.close();
    source = undefined;
  };
}
