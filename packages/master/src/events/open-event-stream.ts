import type { ServerEvent } from '@longshore/protocol';
import type { Logger } from '@longshore/runtime';
import type { Database } from '../database/open-database.ts';
import { eventBounds, listEventsAfter } from '../store/events/event-rows.ts';
import { type Announcement, dataOf, mayRead, type Viewer } from './announcement.ts';
import type { EventHub } from './event-hub.ts';
import { createStreamOutbox } from './stream-outbox.ts';

/** Comments this often keep proxies from closing a quiet stream, and find readers that are gone. */
const heartbeatMs = 15_000;

/** A reader that takes nothing for so long is dropped. */
const stalledAfterMs = 60_000;

const outboxLimits = { maxTexts: 2_000, maxLength: 4 * 1024 * 1024 };
const maxHeld = 2_000;
const replayPage = 50;

/** After how many milliseconds a browser comes back when a stream ends. */
const reconnectAfterMs = 1_000;

export type EventStreamDeps = {
  hub: EventHub;
  database: Database;
  log: Logger;
  /** Progress of the unfinished tasks of a user, or of all users for null. */
  currentProgress: (userId: string | null) => Promise<ServerEvent[]>;
};

export type EventStreamRequest = {
  viewer: Viewer;
  /** Undefined for a client that begins. */
  lastEventId: number | undefined;
  /** False when the credential no longer allows the stream. Asked with every heartbeat. */
  stillAllowed: () => Promise<boolean>;
  /** Cuts the connection of a reader that does not keep up. */
  cut: () => void;
  /** Called once, however the stream ends. */
  onEnd: () => void;
};

/**
 * The text of one event stream. Live events are held back from before the replay begins; what the replay has shown
 * already is dropped from them by number, so that no event is lost or doubled in between.
 */
export function openEventStream(
  deps: EventStreamDeps,
  request: EventStreamRequest,
): ReadableStream<Uint8Array> {
  const { viewer } = request;
  const outbox = createStreamOutbox(outboxLimits);
  let held: Announcement[] | undefined = [];
  let cursor = 0;
  let ended = false;
  let movedMs = performance.now();

  const end = (): void => {
    if (ended) return;
    ended = true;
    unsubscribe();
    clearInterval(timer);
    outbox.close();
    request.onEnd();
  };
  const drop = (): void => {
    end();
    request.cut();
  };
  const push = (text: string, key?: string | null): void => {
    if (outbox.isEmpty()) movedMs = performance.now();
    if (!outbox.push(text, key)) drop();
  };
  const show = (announcement: Announcement): void => {
    if (announcement.seq !== null) {
      if (announcement.seq <= cursor) return;
      cursor = announcement.seq;
    }
    push(format(announcement), announcement.key);
  };
  const take = (announcement: Announcement): void => {
    if (!mayRead(viewer, announcement)) return;
    if (held === undefined) show(announcement);
    else if (held.push(announcement) > maxHeld) drop();
  };
  const unsubscribe = deps.hub.subscribe({ take, end });

  const beat = async (): Promise<void> => {
    if (!outbox.isEmpty() && performance.now() - movedMs > stalledAfterMs) return drop();
    if (outbox.isEmpty()) push(': \n\n');
    if (!(await request.stillAllowed())) end();
  };
  const timer = setInterval(
    () => void beat().catch((error: unknown) => deps.log.warn({ err: error }, 'event stream not checked')),
    heartbeatMs,
  );

  const begin = async (): Promise<void> => {
    const { newest, trimmedThrough } = await eventBounds(deps.database.db);
    const { lastEventId } = request;
    const known = lastEventId !== undefined && lastEventId >= trimmedThrough && lastEventId <= newest;
    cursor = known ? lastEventId : newest;
    push(hello({ seq: cursor, missed: lastEventId !== undefined && !known }));
    if (known) await replay();
    await showHeld();
    const progress = await deps.currentProgress(viewer.everybody ? null : viewer.userId);
    for (const event of progress) push(`event: ${event.type}\ndata: ${dataOf(event)}\n\n`);
  };
  const replay = async (): Promise<void> => {
    const userId = viewer.everybody ? null : viewer.userId;
    while (!ended) {
      const rows = await listEventsAfter(deps.database.db, { seq: cursor, userId, limit: replayPage });
      for (const row of rows) {
        if (mayRead(viewer, row)) show({ ...row, key: null });
        if (outbox.isCrowded()) await outbox.drained();
      }
      if (rows.length < replayPage) return;
    }
  };
  const showHeld = async (): Promise<void> => {
    for (let next = held?.shift(); next !== undefined && !ended; next = held?.shift()) {
      show(next);
      if (outbox.isCrowded()) await outbox.drained();
    }
    held = undefined;
  };
  begin().catch((error: unknown) => {
    deps.log.warn({ err: error }, 'event stream broke');
    drop();
  });

  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const text = await outbox.take();
        movedMs = performance.now();
        if (text === null) controller.close();
        else controller.enqueue(encoder.encode(text));
      },
      cancel: end,
    },
    // Nothing is taken from the outbox before the connection asks for it.
    { highWaterMark: 0 },
  );
}

const hello = (start: { seq: number; missed: boolean }): string =>
  `retry: ${reconnectAfterMs}\nid: ${start.seq}\nevent: hello\ndata: ${JSON.stringify({ missed: start.missed })}\n\n`;

const format = (told: Announcement): string =>
  `${told.seq === null ? '' : `id: ${told.seq}\n`}event: ${told.type}\ndata: ${told.data}\n\n`;
