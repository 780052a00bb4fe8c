import type { User } from '@longshore/protocol';
import { type QueryKey, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { applyEvent } from './apply-event.ts';
import { setConnection } from './connection.ts';
import { shareEvents } from './share-events.ts';

const nodesEveryMs = 5_000;

/** Tasks are told from where a stream broke off; what happened to the rest in between is not. */
const toldInPart = [['files'], ['nodes'], ['active-tasks'], ['task-log']];

/** What may have changed without an event: at first whatever was read before the stream began. */
function staleKeys({ again, missed }: { again: boolean; missed: boolean }): readonly QueryKey[] {
  if (missed) return [[]];
  return again ? toldInPart : [...toldInPart, ['tasks'], ['task']];
}

/** Keeps the cache fresh from the one event stream of this browser, for as long as somebody is signed in. */
export function useLive(me: User): void {
  const client = useQueryClient();
  const { id, name, role } = me;
  useEffect(
    () =>
      shareEvents(
        { userId: id, everybody: role === 'admin' },
        {
          opened: ({ again, missed }) => {
            setConnection('open');
            for (const queryKey of staleKeys({ again, missed })) void client.invalidateQueries({ queryKey });
          },
          lost: () => {
            setConnection('lost');
            // A session that has ended looks the same as a master that has gone: asking tells them apart.
            void client.invalidateQueries({ queryKey: ['me'] });
          },
          event: (event) => applyEvent(client, { id, name }, event),
        },
      ),
    [client, id, name, role],
  );
  // Ages and loads move, and nodes go, without an event. An interval of the query would begin anew with each event.
  useEffect(() => {
    if (role !== 'admin') return;
    const refresh = (): unknown => client.refetchQueries({ queryKey: ['nodes'], type: 'active' });
    const timer = setInterval(refresh, nodesEveryMs);
    return () => clearInterval(timer);
  }, [client, role]);
}
