import { setTimeout as sleep } from 'node:timers/promises';
import { eventsRoute, ServerEvent } from '@longshore/protocol';
import { createParser } from 'eventsource-parser';
import { CommandError } from '../errors/command-error.ts';
import { parseJson } from './answered-error.ts';
import type { Api } from './api.ts';
import { toReachError } from './to-reach-error.ts';

/**
 * `connected` comes at each (re)connection, before its events: the moment to look up what may have been missed.
 * `disconnected` says that the connection is gone and tried anew.
 */
export type Followed =
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected' }
  | { readonly type: 'event'; readonly event: ServerEvent };

const firstDelayMs = 250;
const maxDelayMs = 5_000;
/** A master that stays away longer than this is reported as not reachable. */
const patienceMs = 5 * 60_000;

/**
 * The events of the master, without end: a lost connection is made again, from the last event seen. The first
 * connection must succeed; refusals (signed out, for example) end it with that error.
 */
export async function* followEvents(
  api: Api,
  {
    signal,
    everybody,
  }: { signal: AbortSignal /** Tasks of all users, for administrators. */; everybody: boolean },
): AsyncGenerator<Followed> {
  let lastEventId: string | null = null;
  let everConnected = false;
  let lostAtMs = 0;
  let delayMs = firstDelayMs;
  for (;;) {
    try {
      const response = await api.open({
        method: 'GET',
        path: everybody ? `${eventsRoute}?everybody=true` : eventsRoute,
        headers: {
          accept: 'text/event-stream',
          ...(lastEventId === null ? {} : { 'last-event-id': lastEventId }),
        },
        signal,
      });
      everConnected = true;
      lostAtMs = 0;
      delayMs = firstDelayMs;
      yield { type: 'connected' };
      for await (const message of messagesOf(response, api.url)) {
        if (message.id !== undefined) lastEventId = message.id;
        // A newer master may send kinds of events that this version does not know.
        const event = ServerEvent.safeParse(message.value);
        if (event.success) yield { type: 'event', event: event.data };
      }
      yield { type: 'disconnected' };
    } catch (error) {
      const lost = toReachError(error, api.url);
      // Too many streams at once is no reason to give up: others end.
      const isBusy = lost.code === 'RATE_LIMITED';
      if (!isBusy && !(everConnected && isTemporary(lost))) throw lost;
      if (lostAtMs !== 0 && performance.now() - lostAtMs > patienceMs) throw lost;
      if (lostAtMs === 0) yield { type: 'disconnected' };
    }
    if (lostAtMs === 0) lostAtMs = performance.now();
    await sleep(delayMs * (0.5 + Math.random()), undefined, { signal }).catch((error: unknown) => {
      throw toReachError(error, api.url);
    });
    delayMs = Math.min(maxDelayMs, delayMs * 2);
  }
}

const isTemporary = (error: CommandError): boolean =>
  ['MASTER_UNREACHABLE', 'UNAVAILABLE', 'DATABASE_UNAVAILABLE'].includes(error.code);

type Message = { id: string | undefined; value: unknown };

async function* messagesOf(response: Response, url: string): AsyncGenerator<Message> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream') || response.body === null) {
    throw CommandError.local('NOT_A_MASTER', `${url}${eventsRoute} does not answer with events`);
  }
  const waiting: Message[] = [];
  const parser = createParser({
    onEvent: ({ id, event, data }) => {
      const rest = parseJson(data);
      const value =
        typeof rest === 'object' && rest !== null ? { ...rest, type: event ?? 'message' } : undefined;
      waiting.push({ id, value });
    },
  });
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    parser.feed(text);
    yield* waiting.splice(0);
  }
}
