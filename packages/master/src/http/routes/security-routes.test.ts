import type { ErrorBody, OwnSession, Session, TwoFactor, User } from '@longshore/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { totpCode } from '../../accounts/one-time-code.ts';
import { createUser } from '../../accounts/users.ts';
import type { Database } from '../../database/open-database.ts';
import { type AccountServer, serveAccounts } from '../../testing/serve-accounts.ts';
import { testActor } from '../../testing/test-actor.ts';
import { describeDatabases } from '../../testing/test-databases.ts';

const password = 'a long password';

describeDatabases('signing in', (open) => {
  let database: Database;
  let server: AccountServer;
  let boss: string;
  let nowMs = 1_800_000_000_000;
  let count = 0;
  let user: { id: string; name: string };
  let token: string;

  beforeAll(async () => {
    database = await open();
    server = await serveAccounts(database, { clock: { nowMs: () => nowMs, monotonicMs: () => nowMs } });
    await createUser(server.accounts, {
      name: 'boss',
      role: 'admin',
      password,
      quotaBytes: null,
      by: testActor,
    });
    boss = (await signIn('boss')).body.token;
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    count += 1;
    const request = {
      name: `user${count}`,
      role: 'user' as const,
      password,
      quotaBytes: null,
      by: testActor,
    };
    user = (await createUser(server.accounts, request)).user;
    token = (await signIn(user.name)).body.token;
  });

  type Sent = { token?: string | undefined; headers?: Record<string, string> };
  const send = async <Body = ErrorBody>(method: string, path: string, body?: unknown, sent: Sent = {}) => {
    const bearer = 'token' in sent ? sent.token : token;
    const answer = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'a browser',
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...sent.headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Body };
  };
  const signIn = (name: string, more: object = {}, headers: Record<string, string> = {}) =>
    send<Session>('POST', '/login', { user: name, password, ...more }, { token: undefined, headers });
  const codeOf = (answer: { body: unknown }): string => (answer.body as ErrorBody).error.code;

  describe('sessions', () => {
    const sessions = async (bearer = token) =>
      (await send<{ sessions: OwnSession[] }>('GET', '/me/sessions', undefined, { token: bearer })).body
        .sessions;

    it('are listed with where they were begun, and the one that asks is marked', async () => {
      const other = await signIn(
        user.name,
        {},
        { 'user-agent': 'a phone', 'x-forwarded-for': '198.51.100.9' },
      );
      expect(other.status).toBe(200);
      const listed = await sessions();
      expect(listed).toHaveLength(2);
      expect(listed.find(({ current }) => current)).toMatchObject({
        userAgent: 'a browser',
        address: '127.0.0.1',
      });
      expect(listed.find(({ current }) => !current)).toMatchObject({
        userAgent: 'a phone',
        address: '198.51.100.9',
      });
    });

    it('note their use once a minute', async () => {
      const begunMs = nowMs;
      nowMs += 59_000;
      expect((await sessions())[0]?.lastUsedAtMs).toBe(begunMs);
      nowMs += 1_000;
      await sessions();
      expect((await sessions())[0]?.lastUsedAtMs).toBe(nowMs);
    });

    it('end one by one, all others at once, and never those of somebody else', async () => {
      const [phone, tablet] = [(await signIn(user.name)).body.token, (await signIn(user.name)).body.token];
      const own = (await sessions(phone)).find(({ current }) => current)?.id;
      const foreign = await send('DELETE', `/me/sessions/${own}`, undefined, { token: boss });
      expect([foreign.status, codeOf(foreign)]).toEqual([404, 'SESSION_NOT_FOUND']);
      expect((await send('DELETE', `/me/sessions/${own}`)).status).toBe(200);
      expect((await send('GET', '/me', undefined, { token: phone })).status).toBe(401);
      expect(await send('POST', '/me/sessions/end-others')).toMatchObject({ body: { ended: 1 } });
      expect((await send('GET', '/me', undefined, { token: tablet })).status).toBe(401);
      expect((await send('GET', '/me')).status).toBe(200);
      expect((await send('GET', '/me', undefined, { token: boss })).status).toBe(200);
      const recorded = await database.db
        .selectFrom('audit')
        .select(['action', 'object_id', 'after'])
        .where('user_id', '=', user.id)
        .where('action', 'like', 'session.%')
        .orderBy('id')
        .execute();
      expect(recorded).toEqual([
        { action: 'session.end', object_id: own, after: null },
        { action: 'session.end-others', object_id: null, after: '{"ended":1}' },
      ]);
    });
  });

  describe('API tokens', () => {
    it('that may read change nothing, whatever their user may', async () => {
      const made = await send<{ token: string }>(
        'POST',
        '/me/tokens',
        { name: 'r', access: 'read' },
        { token: boss },
      );
      const reading = { token: made.body.token };
      expect((await send('GET', '/users', undefined, reading)).status).toBe(200);
      for (const [method, path, body] of [
        ['POST', '/users', { name: 'mallory' }],
        ['PATCH', `/users/${user.id}`, { role: 'admin' }],
        ['DELETE', `/users/${user.id}`, undefined],
        ['POST', '/me/tokens', { name: 'more' }],
        ['POST', '/logout', { everywhere: true }],
      ] as const) {
        const answer = await send(method, path, body, reading);
        expect([method, path, answer.status, codeOf(answer)]).toEqual([method, path, 403, 'FORBIDDEN']);
      }
    });
  });

  describe('U2 two-factor', () => {
    const code = (secret: Buffer, steps = 0): string => totpCode(secret, Math.floor(nowMs / 30_000) + steps);
    const status = async () => (await send<TwoFactor>('GET', '/me/two-factor')).body;
    const start = async (): Promise<Buffer> => {
      const begun = await send<{ secret: string; uri: string }>('POST', '/me/two-factor/start', { password });
      expect(new URL(begun.body.uri).searchParams.get('secret')).toBe(begun.body.secret);
      return fromBase32(begun.body.secret);
    };
    const enable = async (): Promise<{ secret: Buffer; recoveryCodes: string[] }> => {
      const secret = await start();
      const confirmed = await send<{ recoveryCodes: string[] }>('POST', '/me/two-factor/confirm', {
        code: code(secret),
      });
      expect(confirmed.status).toBe(200);
      nowMs += 30_000;
      return { secret, ...confirmed.body };
    };

    it('is off until a first code is confirmed; only who knows the password can start it', async () => {
      const refused = await send('POST', '/me/two-factor/start', { password: 'wrong wrong' });
      expect([refused.status, codeOf(refused)]).toEqual([401, 'WRONG_CREDENTIALS']);
      const secret = await start();
      expect(await status()).toEqual({ enabled: false, enabledAtMs: null, recoveryCodesLeft: 0 });
      expect((await signIn(user.name)).status).toBe(200);
      const wrong = await send('POST', '/me/two-factor/confirm', { code: '000000' });
      expect(codeOf(wrong)).toBe('SECOND_FACTOR_WRONG');
      expect((await send('POST', '/me/two-factor/confirm', { code: code(secret) })).status).toBe(200);
      expect(await status()).toEqual({ enabled: true, enabledAtMs: nowMs, recoveryCodesLeft: 10 });
      expect((await send<User>('GET', '/me')).body.twoFactor).toBe(true);
      expect(codeOf(await send('POST', '/me/two-factor/start', { password }))).toBe('TWO_FACTOR_ON');
    });

    it('asks for a code after the right password, and says nothing of itself after a wrong one', async () => {
      const { secret } = await enable();
      const asked = await signIn(user.name);
      expect([asked.status, codeOf(asked)]).toEqual([401, 'SECOND_FACTOR_REQUIRED']);
      for (const more of [{}, { code: code(secret) }]) {
        expect(codeOf(await signIn(user.name, { password: 'wrong wrong', ...more }))).toBe(
          'WRONG_CREDENTIALS',
        );
      }
      expect((await signIn(user.name, { code: code(secret) })).status).toBe(200);
    });

    it('accepts a code once, also when two try it at the same moment, and none that is older', async () => {
      const { secret } = await enable();
      const present = code(secret);
      const tries = await Promise.all([
        signIn(user.name, { code: present }),
        signIn(user.name, { code: present }),
      ]);
      expect(tries.map(({ status }) => status).toSorted()).toEqual([200, 401]);
      expect(codeOf(await signIn(user.name, { code: code(secret, -1) }))).toBe('SECOND_FACTOR_WRONG');
      nowMs += 30_000;
      expect(
        (await signIn(user.name, { code: `${code(secret).slice(0, 3)} ${code(secret).slice(3)}` })).status,
      ).toBe(200);
    });

    it('G3 counts wrong codes like wrong passwords, and no right password starts the count again', async () => {
      const { secret } = await enable();
      const answers: string[] = [];
      for (let turn = 0; turn < 3; turn += 1) {
        answers.push(codeOf(await signIn(user.name, { code: '000000' })), codeOf(await signIn(user.name)));
      }
      expect(answers.at(-1)).toBe('RATE_LIMITED');
      expect(codeOf(await signIn(user.name, { code: code(secret) }))).toBe('RATE_LIMITED');
    });

    it('lets each recovery code in once', async () => {
      const { recoveryCodes } = await enable();
      const [first = ''] = recoveryCodes;
      expect(new Set(recoveryCodes).size).toBe(10);
      expect((await signIn(user.name, { code: first.toUpperCase().replace('-', ' ') })).status).toBe(200);
      expect(codeOf(await signIn(user.name, { code: first }))).toBe('SECOND_FACTOR_WRONG');
      expect((await status()).recoveryCodesLeft).toBe(9);
    });

    it('is turned off by password and code together, or by an administrator', async () => {
      const { secret } = await enable();
      const off = (body: object) => send('POST', '/me/two-factor/disable', body);
      expect(codeOf(await off({ password: 'wrong wrong', code: code(secret) }))).toBe('WRONG_CREDENTIALS');
      expect(codeOf(await off({ password, code: '000000' }))).toBe('SECOND_FACTOR_WRONG');
      expect((await off({ password, code: code(secret) })).status).toBe(200);
      expect((await signIn(user.name)).status).toBe(200);
      await enable();
      const path = `/users/${user.id}/two-factor`;
      expect((await send('DELETE', path)).status).toBe(403);
      expect((await send('DELETE', path, undefined, { token: boss })).status).toBe(200);
      expect((await signIn(user.name)).status).toBe(200);
      const rows = await database.db
        .selectFrom('audit')
        .select('action')
        .where('object_id', '=', user.id)
        .execute();
      const actions = rows.map(({ action }) => action).filter((action) => action.startsWith('two-factor.'));
      expect(actions).toEqual([
        ...['two-factor.enable', 'two-factor.disable', 'two-factor.enable', 'two-factor.reset'],
      ]);
    });

    it('gets new recovery codes for both factors, and the old ones end', async () => {
      const renew = (body: object) =>
        send<{ recoveryCodes: string[] }>('POST', '/me/two-factor/recovery-codes', body);
      expect(codeOf(await renew({ password, code: '000000' }))).toBe('BAD_REQUEST');
      const { secret, recoveryCodes } = await enable();
      expect(codeOf(await renew({ password, code: '000000' }))).toBe('SECOND_FACTOR_WRONG');
      expect(codeOf(await renew({ password: 'wrong wrong', code: code(secret) }))).toBe('WRONG_CREDENTIALS');
      const { body } = await renew({ password, code: recoveryCodes[0] });
      expect(body.recoveryCodes).toHaveLength(10);
      const old = await signIn(user.name, { code: recoveryCodes[1] });
      expect(codeOf(old)).toBe('SECOND_FACTOR_WRONG');
      expect((await signIn(user.name, { code: body.recoveryCodes[1] })).status).toBe(200);
    });

    it('F10 keeps neither secret nor codes readable in the database', async () => {
      const { secret, recoveryCodes } = await enable();
      const rows = JSON.stringify([
        await database.db.selectFrom('two_factor').selectAll().execute(),
        await database.db.selectFrom('recovery_codes').selectAll().execute(),
        await database.db.selectFrom('audit').selectAll().execute(),
      ]);
      for (const clear of [secret.toString('base64'), secret.toString('hex'), ...recoveryCodes]) {
        expect(rows).not.toContain(clear);
        expect(rows).not.toContain(clear.replace('-', ''));
      }
    });
  });
});

/** The other way round than the program does it, so that both must be right. */
function fromBase32(text: string): Buffer {
  const bits = [...text].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const bytes = bits.join('').match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}
