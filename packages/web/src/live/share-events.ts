import type { ServerEvent } from '@longshore/protocol';
import { type EventFollower, followEvents } from './follow-events.ts';

type Told =
  /** `stream` is another one each time that it had to be opened. */
  | { type: 'opened'; stream: string; missed: boolean }
  | { type: 'lost' }
  | { type: 'event'; event: ServerEvent; lastEventId: string }
  /** A tab has come, and asks whether there is a stream. */
  | { type: 'new-tab' };

/**
 * The events of the master, over one stream for all tabs: over HTTP/1.1 a browser opens six connections to a host, and
 * a stream in each tab would leave nothing for the seventh. The tab that holds the lock has the stream and tells the
 * others; when it goes, the next one goes on after the last event it was told. Where a browser has no locks, which is
 * so for addresses that are neither https nor localhost, each tab has a stream of its own.
 */
export function shareEvents(
  who: { userId: string; everybody: boolean },
  follower: EventFollower,
): () => void {
  if (navigator.locks === undefined) return followEvents(who.everybody, follower);
  const name = `longshore-events-${who.userId}`;
  const channel = new BroadcastChannel(name);
  const left = new AbortController();
  /** The stream that tells this tab, while it is open. */
  let stream = '';
  let seen = false;
  let lastEventId = '';
  let isLeading = false;

  const take = (told: Told): void => {
    switch (told.type) {
      case 'opened':
        // Asked for by another new tab: nothing has changed for this one.
        if (stream === told.stream) return;
        stream = told.stream;
        follower.opened({ again: seen, missed: told.missed });
        seen = true;
        return;
      case 'lost':
        stream = '';
        follower.lost();
        return;
      case 'event':
        lastEventId = told.lastEventId;
        follower.event(told.event, lastEventId);
        return;
      case 'new-tab':
        if (isLeading && stream !== '')
          channel.postMessage({ type: 'opened', stream, missed: false } satisfies Told);
        return;
      default:
        told satisfies never;
    }
  };
  const tell = (told: Told): void => {
    channel.postMessage(told);
    take(told);
  };
  const lead = (): Promise<void> =>
    new Promise((resolve) => {
      isLeading = true;
      const stop = followEvents(
        who.everybody,
        {
          opened: ({ missed }) => tell({ type: 'opened', stream: crypto.randomUUID(), missed }),
          lost: () => tell({ type: 'lost' }),
          event: (event, id) => tell({ type: 'event', event, lastEventId: id }),
        },
        { again: seen, lastEventId },
      );
      left.signal.addEventListener('abort', () => {
        stop();
        resolve();
      });
    });

  channel.addEventListener('message', ({ data }: MessageEvent<Told>) => take(data));
  channel.postMessage({ type: 'new-tab' } satisfies Told);
  navigator.locks.request(name, { signal: left.signal }, lead).catch((thrown: unknown) => {
    if (!left.signal.aborted) throw thrown;
  });
  return () => {
    left.abort();
    channel.close();
  };
}
