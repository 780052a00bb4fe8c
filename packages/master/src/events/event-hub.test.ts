import { setImmediate } from 'node:timers/promises';
import { createLogger } from '@longshore/runtime';
import { sql } from 'kysely';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { openPostgres } from '../database/dialects/postgres.ts';
import { type Database, openDatabase } from '../database/open-database.ts';
import { eventBounds, listEventsAfter, trimEvents } from '../store/events/event-rows.ts';
import { filesEvent, newUserId, nodeEvent, progressEvent, taskEvent } from '../testing/event-samples.ts';
import { postgresUrlOf } from '../testing/serve-accounts.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import type { Announcement } from './announcement.ts';
import { createEventHub, type EventHub } from './event-hub.ts';

const log = createLogger({ program: 'test', level: 'silent', format: 'json' });

describeDatabases('events', (open, dialect) => {
  let database: Database;
  let hub: EventHub;
  let told: Announcement[];
  const hubs: EventHub[] = [];
  const newHub = async (): Promise<EventHub> => {
    const made = await createEventHub({ database, postgresUrl: await postgresUrlOf(database), log });
    hubs.push(made);
    return made;
  };
  const listen = (to: EventHub): Announcement[] => {
    const heard: Announcement[] = [];
    to.subscribe({ take: (announcement) => heard.push(announcement), end: () => {} });
    return heard;
  };
  beforeAll(async () => {
    database = await open();
  });
  beforeEach(async () => {
    hub = await newHub();
    told = listen(hub);
  });
  afterEach(async () => {
    for (const made of hubs.splice(0)) await made.close();
  });
  const titles = (from: Announcement[]): string[] =>
    from.filter(({ type }) => type === 'task').map(({ data }) => JSON.parse(data).task.title);
  const userId = newUserId();

  it('are told once their transaction has committed, and not before', async () => {
    const { newest } = await eventBounds(database.db);
    await database.transaction(async (tx) => {
      hub.recordEvent(tx, { userId, event: taskEvent(1) });
      await sql`select 1`.execute(tx);
      expect(told).toEqual([]);
    });
    await expect.poll(() => titles(told)).toEqual(['1']);
    expect(told[0]).toMatchObject({ userId, type: 'task' });
    expect(told[0]?.seq).toBeGreaterThan(newest);
  });

  it('of a transaction that was rolled back are never told', async () => {
    const failed = database.transaction(async (tx) => {
      hub.recordEvent(tx, { userId, event: taskEvent(1) });
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    await hub.publish(userId, taskEvent(2));
    await expect.poll(() => titles(told)).toEqual(['2']);
  });

  it('are told in the order of their numbers, each once, while many are written at the same time', async () => {
    const count = 200;
    const writers = Array.from({ length: count }, (_, number) =>
      database.transaction(async (tx) => {
        hub.recordEvent(tx, { userId, event: taskEvent(number) });
        // Transactions end in another order than they began.
        if (number % 3 === 0 && dialect === 'postgres') await sql`select pg_sleep(0.002)`.execute(tx);
      }),
    );
    await Promise.all(writers);
    await expect.poll(() => told).toHaveLength(count);
    const numbers = told.map(({ seq }) => seq ?? 0);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(new Set(titles(told)).size).toBe(count);
  });

  it('never become visible out of order to somebody who only reads the table', async () => {
    let writing = true;
    const seen: number[] = [];
    let { newest } = await eventBounds(database.db);
    const reader = (async () => {
      for (let last = false; ; ) {
        const rows = await listEventsAfter(database.db, { seq: newest, userId, limit: 1000 });
        for (const { seq } of rows) {
          seen.push(seq);
          newest = seq;
        }
        if (last) return;
        last = !writing;
        // SQLite answers without leaving this turn of the event loop, in which nobody could write.
        await setImmediate();
      }
    })();
    // A second master, whose transactions are its own.
    const url = await postgresUrlOf(database);
    const other =
      url === null
        ? database
        : await openDatabase(openPostgres({ url, maxConnections: 5, onLostConnection: () => {} }));
    const otherHub = await createEventHub({ database: other, postgresUrl: url, log });
    const write = (number: number) => {
      const [master, itsHub] = number % 2 === 0 ? [database, hub] : [other, otherHub];
      return master.transaction(async (tx) => {
        itsHub.recordEvent(tx, { userId, event: taskEvent(number) });
        if (dialect === 'postgres') await sql`select pg_sleep(${(number % 5) / 1000})`.execute(tx);
      });
    };
    await Promise.all(Array.from({ length: 100 }, (_, number) => write(number)));
    writing = false;
    await reader;
    await otherHub.close();
    if (other !== database) await other.close();
    expect(seen).toHaveLength(100);
  });

  it('that are not stored are told at once', async () => {
    const { newest } = await eventBounds(database.db);
    await hub.publish(userId, filesEvent('/photos'));
    await hub.publish(null, nodeEvent('shed'));
    expect(told.map(({ type, seq, userId: owner }) => [type, seq, owner])).toEqual([
      ['files', null, userId],
      ['node', null, null],
    ]);
    expect((await eventBounds(database.db)).newest).toBe(newest);
  });

  it('end for all subscribers when the hub closes, and no more can subscribe', async () => {
    const end = vi.fn();
    hub.subscribe({ take: () => {}, end });
    await hub.close();
    expect(end).toHaveBeenCalledOnce();
    expect(() => listen(hub)).toThrowError(expect.objectContaining({ code: 'UNAVAILABLE' }));
  });

  it('of more than a day ago are forgotten, and how far is remembered', async () => {
    await hub.publish(userId, taskEvent(1));
    await hub.publish(userId, taskEvent(2));
    const { newest } = await eventBounds(database.db);
    await database.db
      .updateTable('events')
      .set({ created_at_ms: sql`created_at_ms - ${25 * 3600 * 1000}` })
      .where('seq', '<=', newest)
      .execute();
    await hub.publish(userId, taskEvent(3));
    expect(await trimEvents(database)).toBeGreaterThanOrEqual(2);
    expect(await eventBounds(database.db)).toEqual({ newest: newest + 1, trimmedThrough: newest });
    const left = await listEventsAfter(database.db, { seq: 0, userId, limit: 10 });
    expect(left.map(({ seq }) => seq)).toEqual([newest + 1]);
    expect(await trimEvents(database)).toBe(0);
  });

  if (dialect === 'postgres') {
    it('reach the subscribers of every master', async () => {
      const other = await newHub();
      const there = listen(other);
      const taskId = crypto.randomUUID();
      // The other master hears nothing before its own connection listens.
      await expect
        .poll(async () => {
          await hub.publish(userId, progressEvent(taskId, 0));
          return there;
        })
        .not.toEqual([]);
      await hub.publish(userId, taskEvent(1));
      await hub.publish(userId, progressEvent(taskId, 7));
      await expect.poll(() => titles(there)).toEqual(['1']);
      const sevens = (from: Announcement[]) => from.filter(({ data }) => data.includes('"bytesDone":7'));
      await expect.poll(() => sevens(there)).toHaveLength(1);
      expect(titles(told)).toEqual(['1']);
      expect(sevens(told)).toHaveLength(1);
    });

    it('that are stored reach every master although the connections that listen were cut', async () => {
      const other = await newHub();
      const there = listen(other);
      await hub.publish(userId, taskEvent(0));
      await expect.poll(() => titles(there)).toEqual(['0']);
      await sql`select pg_terminate_backend(pid) from pg_stat_activity
        where query like 'listen%' or query like '%pg_notify%' and pid <> pg_backend_pid()`.execute(
        database.db,
      );
      for (let number = 1; number <= 20; number += 1) await hub.publish(userId, taskEvent(number));
      const all = Array.from({ length: 21 }, (_, number) => String(number));
      await expect.poll(() => titles(there)).toEqual(all);
      await expect.poll(() => titles(told)).toEqual(all);
    });

    it('that are too long for a notice reach those who listen here', async () => {
      await hub.publish(userId, filesEvent(`/${'ü'.repeat(4_000)}`));
      await hub.publish(userId, taskEvent(1));
      await expect.poll(() => titles(told)).toEqual(['1']);
      expect(told).toHaveLength(2);
    });
  }
});
