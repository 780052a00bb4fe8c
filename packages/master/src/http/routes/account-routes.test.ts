import { accounts as contract, type Session, type User } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUser, deleteUser, showUsers, updateUser } from '../../accounts/users.ts';
import type { Database } from '../../database/open-database.ts';
import { type AccountServer, serveAccounts } from '../../testing/serve-accounts.ts';
import { actingAs, testActor } from '../../testing/test-actor.ts';
import { describeDatabases } from '../../testing/test-databases.ts';

const password = 'a long password';

describeDatabases('account routes', (open) => {
  let database: Database;
  let server: AccountServer;
  let boss: User;
  beforeAll(async () => {
    database = await open();
    server = await serveAccounts(database);
    boss = await newUser('boss', 'admin');
    await newUser('ann', 'user');
  });
  afterAll(() => server.close());

  const newUser = async (name: string, role: 'user' | 'admin'): Promise<User> =>
    (await createUser(server.accounts, { name, role, password, quotaBytes: null, by: testActor })).user;

  type Sent = { body?: unknown; headers?: Record<string, string>; token?: string };
  const send = (method: string, path: string, { body, headers = {}, token }: Sent = {}): Promise<Response> =>
    fetch(`${server.url}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const codeOf = async (answer: Response): Promise<string | undefined> =>
    ((await answer.json()) as { error?: { code: string } }).error?.code;
  const signIn = async (user: string, headers: Record<string, string> = {}) => {
    const answer = await send('POST', '/api/v1/login', { body: { user, password }, headers });
    const cookie = answer.headers.get('set-cookie');
    return { answer, cookie, session: (await answer.json()) as Session };
  };
  const sameOrigin = { 'sec-fetch-site': 'same-origin' };

  it('answer 401 to nobody, and 403 to users where administrators are asked for', async () => {
    const { session } = await signIn('ann');
    for (const spec of Object.values(contract)) {
      if (spec.access === 'public') continue;
      const path = spec.path.replace('{id}', crypto.randomUUID());
      const method = spec.method.toUpperCase();
      const body = 'body' in spec ? validBodies[`${method} ${spec.path}`] : undefined;
      const options = body === undefined ? {} : { body };
      const nobody = await send(method, path, options);
      expect([spec.path, nobody.status, await codeOf(nobody)]).toEqual([spec.path, 401, 'UNAUTHENTICATED']);
      if (spec.access !== 'admin') continue;
      const user = await send(method, path, { ...options, token: session.token });
      expect([spec.path, user.status, await codeOf(user)]).toEqual([spec.path, 403, 'FORBIDDEN']);
    }
  });
  const validBodies: Record<string, unknown> = {
    'POST /api/v1/logout': {},
    'POST /api/v1/me/password': { current: password, next: password },
    'POST /api/v1/me/tokens': { name: 'x' },
    'POST /api/v1/users': { name: 'mallory', role: 'admin' },
    'PATCH /api/v1/users/{id}': { role: 'admin' },
  };

  it('sign in, show the user and sign out', async () => {
    const { answer, session, cookie } = await signIn('ann');
    expect(answer.status).toBe(200);
    expect(session.user.name).toBe('ann');
    expect(cookie).toBeNull();
    const me = await send('GET', '/api/v1/me', { token: session.token });
    expect(await me.json()).toEqual(session.user);
    expect((await send('POST', '/api/v1/logout', { token: session.token, body: {} })).status).toBe(200);
    expect(await codeOf(await send('GET', '/api/v1/me', { token: session.token }))).toBe('UNAUTHENTICATED');
  });

  it('refuse fields that nobody asked for', async () => {
    const { session } = await signIn('boss');
    const body = { name: 'eve', usedBytes: 0, id: boss.id };
    const answer = await send('POST', '/api/v1/users', { token: session.token, body });
    expect([answer.status, await codeOf(answer)]).toEqual([400, 'BAD_REQUEST']);
  });

  it('answer Retry-After when an address has guessed too often, whatever that address claims to be', async () => {
    await newUser('target', 'user');
    const guess = (address: string) =>
      send('POST', '/api/v1/login', {
        body: { user: 'target', password: 'a wrong password' },
        headers: { 'x-forwarded-for': address },
      });
    for (let count = 0; count < 5; count += 1) {
      // The left entry is what a client wrote itself; the right one is what the trusted proxy saw.
      expect((await guess(`198.51.100.${count}, 203.0.113.9`)).status).toBe(401);
    }
    const refused = await guess('198.51.100.77, 203.0.113.9');
    expect([refused.status, await codeOf(refused)]).toEqual([429, 'RATE_LIMITED']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await guess('203.0.113.10')).status).toBe(401);
  });

  it('take an API token, and refuse to log it out', async () => {
    const { session } = await signIn('ann');
    const made = await send('POST', '/api/v1/me/tokens', { token: session.token, body: { name: 'ci' } });
    expect(made.status).toBe(201);
    const { token, info } = (await made.json()) as { token: string; info: { id: string } };
    expect((await send('GET', '/api/v1/me', { token })).status).toBe(200);
    expect(await codeOf(await send('POST', '/api/v1/logout', { token, body: {} }))).toBe('BAD_REQUEST');
    expect((await send('DELETE', `/api/v1/me/tokens/${info.id}`, { token })).status).toBe(200);
    expect(await codeOf(await send('GET', '/api/v1/me', { token }))).toBe('UNAUTHENTICATED');
  });

  it('refuse a wrong bearer credential everywhere, and pass over the scheme of a proxy', async () => {
    for (const header of ['Bearer', 'Bearer x', 'bearer lst_x', 'Bearer a.b.c']) {
      const answer = await send('GET', '/api/v1/me', { headers: { authorization: header } });
      expect([header, answer.status, await codeOf(answer)]).toEqual([header, 401, 'UNAUTHENTICATED']);
    }
    const basic = { authorization: 'Basic dXNlcjpwYXNz' };
    const answer = await send('POST', '/api/v1/login', { body: { user: 'ann', password }, headers: basic });
    expect(answer.status).toBe(200);
  });

  describe('give a page of the site a cookie', () => {
    it('that scripts cannot read and other sites cannot send', async () => {
      const { cookie } = await signIn('ann', sameOrigin);
      expect(cookie).toMatch(/^longshore_session=/);
      expect(cookie).toMatch(/; HttpOnly/);
      expect(cookie).toMatch(/; SameSite=Strict/);
      expect(cookie).toMatch(/; Path=\//);
      expect(cookie).not.toMatch(/Secure/);
      const overTls = await signIn('ann', { ...sameOrigin, origin: 'https://files.example' });
      expect(overTls.cookie).toMatch(/; Secure/);
    });

    it('and give none to a page of another site', async () => {
      for (const headers of [
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site', origin: server.url },
        { origin: 'https://evil.example' },
        { origin: 'null' },
      ]) {
        expect((await signIn('ann', headers as Record<string, string>)).cookie).toBeNull();
      }
    });

    it('that reads, and changes only what the site itself asks to change', async () => {
      const { cookie } = await signIn('ann', sameOrigin);
      const headers = { cookie: cookie?.split(';')[0] ?? '' };
      expect((await send('GET', '/api/v1/me', { headers })).status).toBe(200);
      expect((await send('HEAD', '/api/v1/me', { headers })).status).toBe(200);
      const make = (more: Record<string, string>) =>
        send('POST', '/api/v1/me/tokens', { body: { name: 'x' }, headers: { ...headers, ...more } });
      for (const foreign of [
        {},
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        { 'sec-fetch-site': 'none' },
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { origin: server.url, 'sec-fetch-site': 'cross-site' },
      ]) {
        const answer = await make(foreign as Record<string, string>);
        expect([foreign, answer.status, await codeOf(answer)]).toEqual([foreign, 403, 'FORBIDDEN']);
      }
      expect((await make(sameOrigin)).status).toBe(201);
      expect((await make({ origin: server.url })).status).toBe(201);
    });

    it('that is taken back at logout, and never keeps anybody from signing in again', async () => {
      const { cookie } = await signIn('ann', sameOrigin);
      const headers = { ...sameOrigin, cookie: cookie?.split(';')[0] ?? '' };
      const out = await send('POST', '/api/v1/logout', { body: {}, headers });
      expect(out.headers.get('set-cookie')).toMatch(/^longshore_session=; Max-Age=0/);
      expect(await codeOf(await send('GET', '/api/v1/me', { headers }))).toBe('UNAUTHENTICATED');
      const stale = [headers.cookie, 'longshore_session=nonsense', 'longshore_session='];
      for (const old of stale) {
        expect((await signIn('ann', { ...sameOrigin, cookie: old })).answer.status).toBe(200);
      }
    });
  });

  it('refuse a deleted or disabled user from the next request on', async () => {
    const gone = await newUser('gone', 'user');
    const asleep = await newUser('asleep', 'user');
    const [one, two] = [await signIn('gone'), await signIn('asleep')];
    await deleteUser(server.accounts, { id: gone.id, by: testActor });
    await updateUser(server.accounts, { id: asleep.id, by: actingAs(boss.id), disabled: true });
    for (const { session } of [one, two]) {
      expect((await send('GET', '/api/v1/me', { token: session.token })).status).toBe(401);
    }
  });

  it('let a new role count from the next request on', async () => {
    const riser = await newUser('riser', 'user');
    const { session } = await signIn('riser');
    expect((await send('GET', '/api/v1/users', { token: session.token })).status).toBe(403);
    await updateUser(server.accounts, { id: riser.id, by: actingAs(boss.id), role: 'admin' });
    const listed = await send('GET', '/api/v1/users', { token: session.token });
    expect(await listed.json()).toEqual({ users: await showUsers(server.accounts) });
  });
});
