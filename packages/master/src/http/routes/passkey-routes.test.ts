import type { ErrorBody, Passkey, Session, User } from '@longshore/protocol';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createUser, updateUser } from '../../accounts/users.ts';
import type { Database } from '../../database/open-database.ts';
import { type Ceremony, createAuthenticator } from '../../testing/authenticator.ts';
import { type AccountServer, serveAccounts } from '../../testing/serve-accounts.ts';
import { testActor } from '../../testing/test-actor.ts';
import { describeDatabases } from '../../testing/test-databases.ts';

const password = 'a long password';
type Begun = { options: { challenge: string } & Record<string, unknown>; pending: string };

describeDatabases('U2 passkeys', (open) => {
  let database: Database;
  let server: AccountServer;
  let nowMs = 1_800_000_000_000;
  let count = 0;
  let user: User;
  let token: string;
  beforeAll(async () => {
    database = await open();
    server = await serveAccounts(database, { clock: { nowMs: () => nowMs, monotonicMs: () => nowMs } });
    await createUser(server.accounts, { name: 'boss', role: 'admin', quotaBytes: null, by: testActor });
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    count += 1;
    ({ user, token } = await newUser(`user${count}`));
  });

  const send = async <Body = ErrorBody>(method: string, path: string, body?: unknown, bearer = token) => {
    const answer = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        'sec-fetch-site': 'same-origin',
        ...(bearer === '' ? {} : { authorization: `Bearer ${bearer}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const cookie = answer.headers.get('set-cookie');
    return { status: answer.status, cookie, body: (await answer.json()) as Body };
  };
  const newUser = async (name: string): Promise<{ user: User; token: string }> => {
    await createUser(server.accounts, { name, role: 'user', password, quotaBytes: null, by: testActor });
    return (await send<Session>('POST', '/login', { user: name, password }, '')).body;
  };
  const codeOf = (answer: { body: unknown }): string => (answer.body as ErrorBody).error.code;
  const here = (challenge: string, more: Partial<Ceremony> = {}): Ceremony => ({
    challenge,
    origin: server.url,
    rpId: '127.0.0.1',
    ...more,
  });
  const begin = async () => (await send<Begun>('POST', '/me/passkeys/start', { password })).body;
  const add = async (name = 'laptop', more: Partial<Ceremony> = {}) => {
    const key = createAuthenticator();
    const { options, pending } = await begin();
    const response = key.register(here(options.challenge, more));
    return {
      key,
      sent: { name, pending, response },
      answer: await send<Passkey>('POST', '/me/passkeys', { name, pending, response }),
    };
  };
  const beginSignIn = async () => (await send<Begun>('POST', '/passkey-login/start', undefined, '')).body;
  const signIn = async (key: ReturnType<typeof createAuthenticator>, more: Partial<Ceremony> = {}) => {
    const { options, pending } = await beginSignIn();
    const sent = { pending, response: key.signIn(here(options.challenge, more)) };
    return { sent, ...(await send<Session>('POST', '/passkey-login', sent, '')) };
  };

  it('are added by who knows the password, several with names, and removed one by one', async () => {
    expect(codeOf(await send('POST', '/me/passkeys/start', { password: 'wrong wrong' }))).toBe(
      'WRONG_CREDENTIALS',
    );
    const [laptop, phone] = [await add('laptop'), await add('phone')];
    expect([laptop.answer.status, phone.answer.status]).toEqual([201, 201]);
    const list = async () => (await send<{ passkeys: Passkey[] }>('GET', '/me/passkeys')).body.passkeys;
    expect((await list()).map(({ name }) => name).toSorted()).toEqual(['laptop', 'phone']);
    expect((await begin()).options.excludeCredentials).toHaveLength(2);
    const other = await newUser(`other${count}`);
    const foreign = await send('DELETE', `/me/passkeys/${phone.key.id}`, undefined, other.token);
    expect([foreign.status, codeOf(foreign)]).toEqual([404, 'PASSKEY_NOT_FOUND']);
    expect((await send('DELETE', `/me/passkeys/${phone.key.id}`)).status).toBe(200);
    expect((await list()).map(({ name }) => name)).toEqual(['laptop']);
    expect(codeOf(await signIn(phone.key))).toBe('PASSKEY_REFUSED');
  });

  it('sign in without name, password and code, and give a browser its cookie', async () => {
    const { key } = await add();
    const { status, body, cookie } = await signIn(key);
    expect([status, body.user.id]).toEqual([200, user.id]);
    expect(cookie).toMatch(/^longshore_session=/);
    expect((await send<User>('GET', '/me', undefined, body.token)).body.name).toBe(user.name);
    const { passkeys } = (await send<{ passkeys: Passkey[] }>('GET', '/me/passkeys')).body;
    expect(passkeys[0]?.lastUsedAtMs).toBe(nowMs);
  });

  it.each([
    ['another site', { origin: 'https://evil.example' }],
    ['a key of another site', { rpId: 'evil.example' }],
    ['a person who was not verified', { verified: false }],
    ['another challenge', { challenge: 'AAAA' }],
  ])('are refused for %s, when they are added and when they sign in', async (_what, more) => {
    expect(codeOf((await add('laptop', more)).answer)).toBe('PASSKEY_REFUSED');
    const { key } = await add();
    expect(codeOf(await signIn(key, more))).toBe('PASSKEY_REFUSED');
  });

  it('answer a challenge once, in time, and only for the user who has begun', async () => {
    const { key, sent } = await add();
    expect(codeOf(await send('POST', '/me/passkeys', sent))).toBe('PASSKEY_REFUSED');
    const first = await signIn(key);
    expect(codeOf(await send('POST', '/passkey-login', first.sent, ''))).toBe('PASSKEY_REFUSED');
    const late = await beginSignIn();
    const response = key.signIn(here(late.options.challenge));
    nowMs += 5 * 60_000;
    expect(codeOf(await send('POST', '/passkey-login', { pending: late.pending, response }, ''))).toBe(
      'PASSKEY_REFUSED',
    );
    const begun = await begin();
    const other = await newUser(`other${count}`);
    const stolen = createAuthenticator().register(here(begun.options.challenge));
    const answer = await send(
      'POST',
      '/me/passkeys',
      { name: 'x', pending: begun.pending, response: stolen },
      other.token,
    );
    expect(codeOf(answer)).toBe('PASSKEY_REFUSED');
  });

  it('are refused with the key of somebody else, with a counter that falls back, and for a disabled user', async () => {
    const { key } = await add();
    const stranger = { ...createAuthenticator(), id: key.id };
    const { options, pending } = await beginSignIn();
    const forged = { ...stranger.signIn(here(options.challenge)), id: key.id, rawId: key.id };
    expect(codeOf(await send('POST', '/passkey-login', { pending, response: forged }, ''))).toBe(
      'PASSKEY_REFUSED',
    );
    expect((await signIn(key, { counter: 7 })).status).toBe(200);
    expect(codeOf(await signIn(key, { counter: 7 }))).toBe('PASSKEY_REFUSED');
    await updateUser(server.accounts, { id: user.id, by: testActor, disabled: true });
    expect(codeOf(await signIn(key, { counter: 8 }))).toBe('PASSKEY_REFUSED');
    const failed = await database.db
      .selectFrom('audit')
      .select('user_id')
      .where('object_id', '=', user.id)
      .where('action', '=', 'sign-in.failed')
      .execute();
    expect(failed).toEqual([{ user_id: null }, { user_id: null }, { user_id: null }]);
  });

  it('are in the audit log', async () => {
    const { key } = await add('laptop');
    await signIn(key);
    await send('DELETE', `/me/passkeys/${key.id}`);
    const rows = await database.db
      .selectFrom('audit')
      .select(['action', 'after'])
      .where('user_id', '=', user.id)
      .orderBy('id')
      .execute();
    expect(rows.map(({ action }) => action)).toEqual([
      'sign-in',
      'passkey.create',
      'sign-in',
      'passkey.delete',
    ]);
    expect(rows[2]?.after).toBe('{"passkey":"laptop"}');
  });
});
