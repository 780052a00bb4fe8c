import { connect } from 'node:net';
import type { UserId } from '@longshore/protocol';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { createApiToken } from '../../accounts/api-tokens.ts';
import { login } from '../../accounts/login.ts';
import { logout } from '../../accounts/logout.ts';
import { createUser, updateUser } from '../../accounts/users.ts';
import type { Database } from '../../database/open-database.ts';
import { trimEvents } from '../../store/events/event-rows.ts';
import { filesEvent, nodeEvent, progressEvent, taskEvent } from '../../testing/event-samples.ts';
import { type EventReader, readEvents } from '../../testing/read-events.ts';
import { type AccountServer, serveAccounts } from '../../testing/serve-accounts.ts';
import { actingAs, testActor } from '../../testing/test-actor.ts';
import { describeDatabases } from '../../testing/test-databases.ts';

const password = 'a long password';

describeDatabases('the event stream', (open) => {
  let database: Database;
  let server: AccountServer;
  let ann: { id: UserId; token: string };
  let bob: { id: UserId; token: string };
  let boss: { id: UserId; token: string };
  const readers: EventReader[] = [];

  const newUser = async (name: string, role: 'user' | 'admin') => {
    const { user } = await createUser(server.accounts, {
      name,
      role,
      password,
      quotaBytes: null,
      by: testActor,
    });
    const made = await createApiToken(server.accounts, {
      userId: user.id,
      name: 'test',
      access: 'full',
      expiresInSeconds: null,
      by: testActor,
    });
    return { id: user.id, token: made.token };
  };
  beforeAll(async () => {
    database = await open();
    server = await serveAccounts(database);
    [ann, bob, boss] = [
      await newUser('ann', 'user'),
      await newUser('bob', 'user'),
      await newUser('boss', 'admin'),
    ];
  });
  afterAll(() => server.close());
  afterEach(() => {
    vi.useRealTimers();
    for (const reader of readers.splice(0)) reader.close();
    server.progress.splice(0);
  });

  const listen = async (token: string, query = '', headers: Record<string, string> = {}) => {
    const reader = await readEvents(`${server.url}/api/v1/events${query}`, {
      authorization: `Bearer ${token}`,
      ...headers,
    });
    readers.push(reader);
    if (reader.status === 200) await expect.poll(() => reader.events).not.toEqual([]);
    return reader;
  };
  const titles = (reader: EventReader): string[] =>
    reader.of('task').map(({ data }) => (data as { task: { title: string } }).task.title);
  const numbers = (from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, index) => String(from + index));

  it('begins with hello and the number from which it goes on', async () => {
    const reader = await listen(ann.token);
    expect(reader.events[0]).toEqual({
      id: expect.stringMatching(/^\d+$/),
      event: 'hello',
      data: { missed: false },
    });
    await server.hub.publish(ann.id, taskEvent(1));
    await expect.poll(() => titles(reader)).toEqual(['1']);
    expect(Number(reader.of('task')[0]?.id)).toBeGreaterThan(Number(reader.events[0]?.id));
  });

  it('replays what was missed, in order, and goes on live', async () => {
    const first = await listen(ann.token);
    const lastEventId = first.events[0]?.id ?? '';
    first.close();
    for (const number of numbers(1, 250)) await server.hub.publish(ann.id, taskEvent(Number(number)));
    const again = await listen(ann.token, '', { 'last-event-id': lastEventId });
    await server.hub.publish(ann.id, taskEvent(251));
    await expect.poll(() => titles(again)).toEqual(numbers(1, 251));
    expect(again.events[0]).toMatchObject({ id: lastEventId, event: 'hello' });
  });

  it('takes the id from the address too, and believes the header more', async () => {
    const first = await listen(ann.token);
    const start = first.events[0]?.id ?? '';
    await server.hub.publish(ann.id, taskEvent(1));
    await server.hub.publish(ann.id, taskEvent(2));
    await expect.poll(() => titles(first)).toEqual(['1', '2']);
    const fromAddress = await listen(ann.token, `?lastEventId=${start}`);
    await expect.poll(() => titles(fromAddress)).toEqual(['1', '2']);
    const fromHeader = await listen(ann.token, `?lastEventId=${start}`, {
      'last-event-id': first.of('task')[0]?.id ?? '',
    });
    await expect.poll(() => titles(fromHeader)).toEqual(['2']);
  });

  it('neither loses nor doubles an event while it connects in the middle of many', async () => {
    const start = (await listen(ann.token)).events[0]?.id ?? '';
    const count = 300;
    const joined: EventReader[] = [];
    await Promise.all(
      numbers(1, count).map(async (number) => {
        await server.hub.publish(ann.id, taskEvent(Number(number)));
        if (Number(number) % 30 === 0) joined.push(await listen(ann.token, `?lastEventId=${start}`));
      }),
    );
    expect(joined).toHaveLength(10);
    for (const reader of joined) {
      await expect.poll(() => titles(reader)).toHaveLength(count);
      expect(new Set(titles(reader)).size).toBe(count);
      const ids = reader.of('task').map(({ id }) => Number(id));
      expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    }
  });

  it('shows a user nothing of others, live or replayed', async () => {
    const start = (await listen(ann.token)).events[0]?.id ?? '';
    const live = await listen(ann.token);
    await server.hub.publish(bob.id, taskEvent(1));
    await server.hub.publish(bob.id, filesEvent('/secret'));
    await server.hub.publish(bob.id, progressEvent(crypto.randomUUID(), 1));
    await server.hub.publish(null, nodeEvent('shed'));
    await server.hub.publish(ann.id, taskEvent(2));
    const replayed = await listen(ann.token, `?lastEventId=${start}`);
    for (const reader of [live, replayed]) {
      await expect.poll(() => titles(reader)).toEqual(['2']);
      expect(reader.events.map(({ event }) => event)).toEqual(['hello', 'task']);
    }
  });

  it('shows an administrator nodes, and the tasks of everybody when asked to, but not their folders', async () => {
    const own = await listen(boss.token);
    const all = await listen(boss.token, '?everybody=true');
    await server.hub.publish(bob.id, filesEvent('/secret'));
    await server.hub.publish(bob.id, progressEvent(crypto.randomUUID(), 1));
    await server.hub.publish(null, nodeEvent('shed'));
    await server.hub.publish(bob.id, taskEvent(1));
    await server.hub.publish(boss.id, taskEvent(2));
    await expect.poll(() => titles(own)).toEqual(['2']);
    await expect.poll(() => titles(all)).toEqual(['1', '2']);
    expect(own.events.map(({ event }) => event)).toEqual(['hello', 'node', 'task']);
    expect(all.events.map(({ event }) => event)).toEqual(['hello', 'progress', 'node', 'task', 'task']);
    expect((await listen(ann.token, '?everybody=true')).status).toBe(403);
  });

  it('tells the present progress to whoever connects', async () => {
    const taskId = crypto.randomUUID();
    server.progress.push(progressEvent(taskId, 7));
    const reader = await listen(ann.token);
    await expect.poll(() => reader.of('progress')).toHaveLength(1);
    expect(reader.of('progress')[0]).toMatchObject({
      id: undefined,
      data: { taskId, progress: { bytesDone: 7 } },
    });
  });

  it('says when events after the given id are no longer kept', async () => {
    await server.hub.publish(ann.id, taskEvent(1));
    await database.db.updateTable('events').set({ created_at_ms: 0 }).execute();
    await trimEvents(database);
    const old = await listen(ann.token, '?lastEventId=0');
    expect(old.events[0]).toMatchObject({ event: 'hello', data: { missed: true } });
    const fromElsewhere = await listen(ann.token, '?lastEventId=999999999');
    expect(fromElsewhere.events[0]).toMatchObject({ id: old.events[0]?.id, data: { missed: true } });
    const present = await listen(ann.token, `?lastEventId=${old.events[0]?.id}`);
    expect(present.events[0]).toMatchObject({ data: { missed: false } });
  });

  it('refuses an id that is none, and a caller who is nobody', async () => {
    expect((await listen(ann.token, '?lastEventId=abc')).status).toBe(400);
    expect((await listen(ann.token, '', { 'last-event-id': '-1' })).status).toBe(400);
    expect((await fetch(`${server.url}/api/v1/events`)).status).toBe(401);
  });

  it('is limited to sixteen per user, and a closed one makes room', async () => {
    const carol = await newUser(`carol-${crypto.randomUUID()}`, 'user');
    const headers = { authorization: `Bearer ${carol.token}` };
    for (let count = 0; count < 20; count += 1) {
      await fetch(`${server.url}/api/v1/events`, { method: 'HEAD', headers });
    }
    const open16 = await Promise.all(Array.from({ length: 16 }, () => listen(carol.token)));
    const refused = await fetch(`${server.url}/api/v1/events`, { headers });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('15');
    await refused.body?.cancel();
    expect((await listen(ann.token)).status).toBe(200);
    open16[0]?.close();
    await expect.poll(async () => (await listen(carol.token)).status).toBe(200);
  });

  it('keeps a quiet stream alive, and ends it within a minute when its session ends', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const session = await login(server.accounts, { user: 'ann', password, by: testActor });
    const reader = await listen(session.token);
    vi.advanceTimersByTime(15_000);
    await expect.poll(() => reader.comments()).toBe(1);
    const caller = await server.accounts.tokens.verify(session.token);
    await logout(server.accounts, { userId: ann.id, sessionId: caller.id, everywhere: false, by: testActor });
    vi.advanceTimersByTime(15_000);
    await reader.ended;
  });

  it('ends when the user is disabled or gets another role', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const dave = await newUser(`dave-${crypto.randomUUID()}`, 'admin');
    const asAdmin = await listen(dave.token, '?everybody=true');
    await updateUser(server.accounts, { id: dave.id, by: actingAs(boss.id), role: 'user' });
    vi.advanceTimersByTime(15_000);
    await asAdmin.ended;
    const asUser = await listen(dave.token);
    await updateUser(server.accounts, { id: dave.id, by: actingAs(boss.id), disabled: true });
    vi.advanceTimersByTime(15_000);
    await asUser.ended;
  });

  it('drops a reader who does not keep up, and loses nothing for one who comes back', async () => {
    const start = (await listen(ann.token)).events[0]?.id ?? '';
    const { port, hostname } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    socket.write(`GET /api/v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ann.token}\r\n\r\n`);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    const big = taskEvent(0);
    if (big.type === 'task') big.task.title = 'x'.repeat(500_000);
    for (let count = 0; count < 60; count += 1) await server.hub.publish(ann.id, big);
    await server.hub.publish(ann.id, taskEvent(1));
    socket.resume();
    await closed;
    const again = await listen(ann.token, `?lastEventId=${start}`);
    await expect.poll(() => titles(again)).toHaveLength(61);
  });

  it('ends when the master stops', async () => {
    const other = await serveAccounts(database);
    const reader = await readEvents(`${other.url}/api/v1/events`, { authorization: `Bearer ${ann.token}` });
    await expect.poll(() => reader.events).not.toEqual([]);
    const closing = other.close();
    await reader.ended;
    await closing;
  });
});
