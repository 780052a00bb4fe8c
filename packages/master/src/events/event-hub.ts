import { AppError, type ServerEvent, type UserId } from '@longshore/protocol';
import type { Logger } from '@longshore/runtime';
import type { Database, Db } from '../database/open-database.ts';
import { type EventRow, eventBounds, insertEvents, listEventsAfter } from '../store/events/event-rows.ts';
import { type EventChannel, openPostgresChannel } from '../store/events/postgres-channel.ts';
import { type Announcement, type DurableEvent, dataOf, isDurable, toAnnouncement } from './announcement.ts';

const pageSize = 100;

/** How often the table is read without a notice, in case one was missed. */
const readAnywayMs = 5_000;

export type Subscriber = {
  /** Must not throw, and must not wait. */
  take(announcement: Announcement): void;
  /** The master stops. */
  end(): void;
};

/** Carries events from those who cause them to the streams of this master and, with PostgreSQL, of the others. */
export type EventHub = {
  /** Stores an event with the caller's transaction; it is told once that has committed. */
  recordEvent(tx: Db, told: { userId: UserId | null; event: DurableEvent }): void;
  /** Tells a user, or administrators for null. Events of tasks are stored first, the others only told. */
  publish(userId: UserId | null, event: ServerEvent): Promise<void>;
  /** From now on. Throws `UNAVAILABLE` when the master is stopping. Answers how to end it. */
  subscribe(subscriber: Subscriber): () => void;
  /** Ends all subscriptions. */
  close(): Promise<void>;
};

/**
 * Stored events are never handed over directly: a notice makes every master read the table after the last number
 * it has seen, so that all streams get all events in one order, whoever wrote them. With SQLite the notice is a
 * read that queues behind the transaction on the only connection; with PostgreSQL it is a NOTIFY of the commit.
 */
export async function createEventHub(deps: {
  database: Database;
  /** Null with SQLite. */
  postgresUrl: string | null;
  log: Logger;
}): Promise<EventHub> {
  const { database, log } = deps;
  const subscribers = new Set<Subscriber>();
  const origin = crypto.randomUUID();
  let lastSeq = (await eventBounds(database.db)).newest;
  let closed = false;
  let reading: Promise<void> | undefined;
  let readAgain = false;

  const fanOut = (announcement: Announcement): void => {
    for (const subscriber of subscribers) subscriber.take(announcement);
  };

  const readNew = async (): Promise<void> => {
    do {
      readAgain = false;
      const rows = await listEventsAfter(database.db, { seq: lastSeq, userId: null, limit: pageSize });
      for (const row of rows) {
        lastSeq = row.seq;
        fanOut({ ...row, key: null });
      }
      readAgain ||= rows.length === pageSize;
    } while (readAgain && !closed);
  };

  const wake = (): void => {
    if (closed) return;
    readAgain = true;
    reading ??= readNew()
      .catch((error: unknown) => log.warn({ err: error }, 'new events cannot be read'))
      .finally(() => {
        reading = undefined;
        // A notice that came after the last read and before this moment.
        if (readAgain && !closed) setImmediate(wake);
      });
  };

  const hear = (text: string): void => {
    if (text === '') {
      wake();
      return;
    }
    const notice = JSON.parse(text) as { origin: string; announcement: Announcement };
    if (notice.origin !== origin) fanOut(notice.announcement);
  };

  const channel: EventChannel | undefined =
    deps.postgresUrl === null
      ? undefined
      : openPostgresChannel({
          url: deps.postgresUrl,
          onNotice: hear,
          onConnected: wake,
          onError: (error) => log.warn({ err: error }, 'the connection that listens for events broke'),
        });
  const timer = setInterval(wake, readAnywayMs);

  const insert = (tx: Db, events: readonly Omit<EventRow, 'seq'>[]): Promise<void> =>
    insertEvents(tx, database.dialect, events);
  const recordEvent: EventHub['recordEvent'] = (tx, { userId, event }) => {
    database.lastly(tx, insert, { userId, type: event.type, data: dataOf(event) });
    if (database.dialect === 'sqlite') wake();
  };

  return {
    recordEvent,
    publish: async (userId, event) => {
      if (isDurable(event)) {
        await database.transaction(async (tx) => recordEvent(tx, { userId, event }));
        return;
      }
      const announcement = toAnnouncement(userId, event);
      fanOut(announcement);
      channel?.tell(announcement.key, JSON.stringify({ origin, announcement }));
    },
    subscribe: (subscriber) => {
      if (closed) throw new AppError('UNAVAILABLE', 'the master is stopping');
      subscribers.add(subscriber);
      return () => subscribers.delete(subscriber);
    },
    close: async () => {
      closed = true;
      clearInterval(timer);
      for (const subscriber of subscribers) subscriber.end();
      await channel?.close();
      await reading;
    },
  };
}
