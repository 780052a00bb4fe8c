import { UserId } from '@longshore/protocol';
import Sqlite from 'better-sqlite3';
import { sql } from 'kysely';
import { beforeEach, expect, it } from 'vitest';
import type { Database } from '../database/open-database.ts';
import { deriveMasterKeys } from '../secrets/master-keys.ts';
import { deleteExpiredSessions } from '../store/accounts/session-rows.ts';
import { quickPasswords } from '../testing/quick-passwords.ts';
import { actingAs, testActor } from '../testing/test-actor.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import { type Accounts, createAccounts } from './accounts.ts';
import { createApiToken, removeApiToken, showApiTokens } from './api-tokens.ts';
import { authenticate } from './authenticate.ts';
import { changePassword } from './change-password.ts';
import { ensureFirstAdmin, firstAdminName } from './ensure-first-admin.ts';
import { login } from './login.ts';
import { logout } from './logout.ts';
import { createUser, deleteUser, showMe, showUsers, updateUser } from './users.ts';

const password = 'a long password';

describeDatabases('accounts', (open, dialect) => {
  let database: Database;
  let accounts: Accounts;
  let nowMs: number;
  beforeEach(async () => {
    nowMs = 1_800_000_000_000;
    database = await open();
    accounts = newAccounts();
  });
  const newAccounts = (): Accounts => ({
    ...createAccounts({
      database,
      clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
      keys: deriveMasterKeys(new Uint8Array(32).fill(9)),
    }),
    passwords: quickPasswords,
  });
  const newUser = async (name: string, role: 'user' | 'admin' = 'user'): Promise<UserId> =>
    (await createUser(accounts, { name, role, password, quotaBytes: null, by: testActor })).user.id;
  const signIn = (user: string, secret = password) =>
    login(accounts, { user, password: secret, by: testActor });

  it('begin with one administrator, however many masters start at once', async () => {
    const masters = Array.from({ length: 8 }, newAccounts);
    const answers = await Promise.all(masters.map((master) => ensureFirstAdmin(master, null)));
    const made = answers.filter((answer) => answer !== null);
    expect(made).toHaveLength(1);
    const users = await showUsers(accounts);
    expect(users).toMatchObject([{ name: firstAdminName, role: 'admin', passwordChangeRequired: true }]);
    const session = await signIn('admin', made[0]?.oneTimePassword ?? '');
    expect(session.user.id).toBe(users[0]?.id);
    const roots = await database.db.selectFrom('files').select(['user_id', 'name', 'parent_id']).execute();
    expect(roots).toEqual([{ user_id: users[0]?.id, name: '', parent_id: null }]);
    expect(await ensureFirstAdmin(accounts, null)).toBeNull();
  });

  it('take the first password from the operator, who need not change it', async () => {
    await expect(ensureFirstAdmin(accounts, 'short')).rejects.toMatchObject({ code: 'WEAK_PASSWORD' });
    expect(await ensureFirstAdmin(accounts, password)).toEqual({ oneTimePassword: null });
    expect((await signIn('admin')).user.passwordChangeRequired).toBe(false);
  });

  it('give the same answer for a wrong password, an unknown user and a disabled one', async () => {
    const id = await newUser('ann');
    const failures = [await signIn('ann', 'a wrong password').catch((error: unknown) => error)];
    failures.push(await signIn('nobody').catch((error: unknown) => error));
    await newUser('boss', 'admin');
    await updateUser(accounts, { id, by: actingAs(id), disabled: true });
    failures.push(await signIn('ann').catch((error: unknown) => error));
    for (const failure of failures) expect(failure).toMatchObject({ code: 'WRONG_CREDENTIALS' });
    expect(new Set(failures.map((failure) => (failure as Error).message)).size).toBe(1);
  });

  it('do the work of a verification for users that do not exist', async () => {
    const verified: (string | undefined)[] = [];
    const { passwords } = accounts;
    const counting: Accounts = {
      ...accounts,
      passwords: {
        ...passwords,
        verify: (hashed, secret) => {
          verified.push(hashed);
          return passwords.verify(hashed, secret);
        },
      },
    };
    await expect(login(counting, { user: 'nobody', password, by: testActor })).rejects.toThrow();
    expect(verified).toEqual([undefined]);
  });

  it('throttle guesses and let the right password in before', async () => {
    await newUser('ann');
    for (let count = 0; count < 4; count += 1) await signIn('ann', 'wrong wrong').catch(() => undefined);
    await signIn('ann');
    for (let count = 0; count < 5; count += 1) await signIn('ann', 'wrong wrong').catch(() => undefined);
    const refused = await signIn('ann').catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'RATE_LIMITED',
      details: { retryAfterSeconds: expect.any(Number) },
    });
  });

  it('find names whatever their case', async () => {
    await newUser('Ann');
    expect((await signIn('aNN')).user.name).toBe('Ann');
    await expect(newUser('ANN')).rejects.toMatchObject({ code: 'USER_EXISTS' });
  });

  it('end a session at logout and no other', async () => {
    await newUser('ann');
    const [one, two] = [await signIn('ann'), await signIn('ann')];
    const caller = await authenticate(accounts, one.token);
    await logout(accounts, { ...caller, everywhere: false, by: testActor });
    await expect(authenticate(accounts, one.token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await authenticate(accounts, two.token);
  });

  it('end all sessions and API tokens at a logout everywhere, and nobody else’s', async () => {
    const id = await newUser('ann');
    await newUser('bob');
    const [one, two, other] = [await signIn('ann'), await signIn('ann'), await signIn('bob')];
    const { token } = await createApiToken(accounts, {
      userId: id,
      name: 'backup',
      access: 'full',
      expiresInSeconds: null,
      by: testActor,
    });
    await logout(accounts, { userId: id, sessionId: null, everywhere: true, by: testActor });
    for (const gone of [one.token, two.token, token]) {
      await expect(authenticate(accounts, gone)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }
    await authenticate(accounts, other.token);
  });

  it('refuse sessions after thirty days and forget them then', async () => {
    await newUser('ann');
    const session = await signIn('ann');
    expect(session.expiresAtMs).toBe(nowMs + 30 * 24 * 3600 * 1000);
    nowMs = session.expiresAtMs;
    await expect(authenticate(accounts, session.token)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect(await deleteExpiredSessions(database.db, nowMs)).toBe(1);
  });

  it('refuse a disabled user at once, by session and by API token', async () => {
    const id = await newUser('ann');
    const boss = await newUser('boss', 'admin');
    const { token } = await createApiToken(accounts, {
      userId: id,
      name: 'backup',
      access: 'full',
      expiresInSeconds: null,
      by: testActor,
    });
    const session = await signIn('ann');
    await updateUser(accounts, { id, by: actingAs(boss), disabled: true });
    for (const credential of [session.token, token]) {
      await expect(authenticate(accounts, credential)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }
  });

  it('change a password, end the sessions that were open and keep API tokens', async () => {
    const id = await newUser('ann');
    const before = await signIn('ann');
    const { token } = await createApiToken(accounts, {
      userId: id,
      name: 'backup',
      access: 'full',
      expiresInSeconds: null,
      by: testActor,
    });
    const change = { userId: id, current: password, next: 'another password', by: testActor };
    await expect(changePassword(accounts, { ...change, current: 'wrong wrong' })).rejects.toMatchObject({
      code: 'WRONG_CREDENTIALS',
    });
    await expect(changePassword(accounts, { ...change, next: 'short' })).rejects.toMatchObject({
      code: 'WEAK_PASSWORD',
    });
    const after = await changePassword(accounts, change);
    expect(after.user.passwordChangeRequired).toBe(false);
    expect((await authenticate(accounts, after.token)).userId).toBe(id);
    await expect(authenticate(accounts, before.token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await authenticate(accounts, token);
    await signIn('ann', 'another password');
  });

  it('let one of two changes of a password win', async () => {
    const id = await newUser('ann');
    const change = { userId: id, current: password, by: testActor };
    const results = await Promise.allSettled([
      changePassword(accounts, { ...change, next: 'first password' }),
      changePassword(accounts, { ...change, next: 'second password' }),
    ]);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
  });

  it('take an account back: a password set by an administrator ends sessions and API tokens', async () => {
    const id = await newUser('ann');
    const boss = await newUser('boss', 'admin');
    const session = await signIn('ann');
    const { token } = await createApiToken(accounts, {
      userId: id,
      name: 'stolen',
      access: 'full',
      expiresInSeconds: null,
      by: testActor,
    });
    const user = await updateUser(accounts, { id, by: actingAs(boss), password: 'a new password' });
    expect(user.passwordChangeRequired).toBe(true);
    for (const credential of [session.token, token]) {
      await expect(authenticate(accounts, credential)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }
    await signIn('ann', 'a new password');
  });

  it('keep of an API token only its hash', async () => {
    const id = await newUser('ann');
    const { token, info } = await createApiToken(accounts, {
      userId: id,
      name: 'backup',
      access: 'full',
      expiresInSeconds: null,
      by: testActor,
    });
    expect(token).toMatch(/^lst_[A-Za-z0-9_-]{43}$/);
    const rows = await database.db.selectFrom('api_tokens').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(token.slice(4));
    expect(rows[0]?.token_hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await showApiTokens(accounts, id)).toEqual([info]);
  });

  it('note the use of an API token once a minute', async () => {
    const id = await newUser('ann');
    const { token } = await createApiToken(accounts, {
      userId: id,
      name: 'backup',
      access: 'full',
      expiresInSeconds: null,
      by: testActor,
    });
    const lastUsed = async () => (await showApiTokens(accounts, id))[0]?.lastUsedAtMs;
    const startMs = nowMs;
    await authenticate(accounts, token);
    nowMs = startMs + 59_999;
    await authenticate(accounts, token);
    expect(await lastUsed()).toBe(startMs);
    nowMs = startMs + 60_000;
    await authenticate(accounts, token);
    expect(await lastUsed()).toBe(startMs + 60_000);
  });

  it('refuse API tokens that are over, deleted or made up', async () => {
    const id = await newUser('ann');
    const other = await newUser('bob');
    const short = await createApiToken(accounts, {
      userId: id,
      name: 'short',
      access: 'full',
      expiresInSeconds: 60,
      by: testActor,
    });
    const gone = await createApiToken(accounts, {
      userId: id,
      name: 'gone',
      access: 'full',
      expiresInSeconds: null,
      by: testActor,
    });
    await expect(
      removeApiToken(accounts, { id: gone.info.id, userId: other, by: testActor }),
    ).rejects.toMatchObject({
      code: 'TOKEN_NOT_FOUND',
    });
    await authenticate(accounts, gone.token);
    await removeApiToken(accounts, { id: gone.info.id, userId: id, by: testActor });
    await expect(authenticate(accounts, gone.token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(authenticate(accounts, `lst_${'A'.repeat(43)}`)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    nowMs += 60_000;
    await expect(authenticate(accounts, short.token)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  });

  it('create users with a one-time password and a root folder', async () => {
    const { user, oneTimePassword } = await createUser(accounts, {
      name: 'ann',
      role: 'user',
      quotaBytes: 5,
      by: testActor,
    });
    expect(user).toMatchObject({
      quotaBytes: 5,
      usedBytes: 0,
      passwordChangeRequired: true,
      disabled: false,
    });
    expect((await signIn('ann', oneTimePassword ?? '')).user.id).toBe(user.id);
    const roots = await database.db.selectFrom('files').selectAll().where('user_id', '=', user.id).execute();
    expect(roots).toMatchObject([{ parent_id: null, name: '', kind: 'folder' }]);
    const weak = {
      name: 'bob',
      role: 'user' as const,
      password: '123456789',
      quotaBytes: null,
      by: testActor,
    };
    await expect(createUser(accounts, weak)).rejects.toMatchObject({ code: 'WEAK_PASSWORD' });
  });

  it('keep the last administrator who can sign in', async () => {
    const id = await newUser('boss', 'admin');
    const asleep = await newUser('asleep', 'admin');
    await updateUser(accounts, { id: asleep, by: actingAs(id), disabled: true });
    const refused = { code: 'LAST_ADMIN' };
    await expect(updateUser(accounts, { id, by: actingAs(id), role: 'user' })).rejects.toMatchObject(refused);
    await expect(updateUser(accounts, { id, by: actingAs(id), disabled: true })).rejects.toMatchObject(
      refused,
    );
    await expect(deleteUser(accounts, { id: id, by: testActor })).rejects.toMatchObject(refused);
    expect(await showMe(accounts, id)).toMatchObject({ role: 'admin', disabled: false });
    await deleteUser(accounts, { id: asleep, by: testActor });
    await updateUser(accounts, { id, by: actingAs(id), quotaBytes: 7 });
  });

  it('keep one administrator when two remove each other at the same moment', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [one, two] = [await newUser(`a${round}`, 'admin'), await newUser(`b${round}`, 'admin')];
      const others = await database.db
        .selectFrom('users')
        .select('id')
        .where('id', 'not in', [one, two])
        .execute();
      for (const { id } of others) await database.db.deleteFrom('users').where('id', '=', id).execute();
      const results = await Promise.allSettled([
        round % 2 === 0
          ? deleteUser(accounts, { id: one, by: testActor })
          : updateUser(accounts, { id: one, by: actingAs(two), role: 'user' }),
        updateUser(accounts, { id: two, by: actingAs(one), disabled: true }),
      ]);
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
      const left = (await showUsers(accounts)).filter((user) => user.role === 'admin' && !user.disabled);
      expect(left).toHaveLength(1);
    }
  });

  it('delete a user with everything that was theirs', async () => {
    await newUser('boss', 'admin');
    const id = await newUser('ann');
    await signIn('ann');
    await createApiToken(accounts, {
      userId: id,
      name: 'backup',
      access: 'full',
      expiresInSeconds: null,
      by: testActor,
    });
    await deleteUser(accounts, { id: id, by: testActor });
    for (const table of ['files', 'sessions', 'api_tokens'] as const) {
      const left = await database.db.selectFrom(table).select('id').where('user_id', '=', id).execute();
      expect(left).toEqual([]);
    }
    await expect(deleteUser(accounts, { id: id, by: testActor })).rejects.toMatchObject({
      code: 'USER_NOT_FOUND',
    });
    const unknown = UserId.parse(crypto.randomUUID());
    await expect(
      updateUser(accounts, { id: unknown, by: actingAs(id), disabled: true }),
    ).rejects.toMatchObject({
      code: 'USER_NOT_FOUND',
    });
  });

  if (dialect === 'postgres') return;

  it('D2 are known while another program keeps the database from being written', async () => {
    const id = await newUser('ann');
    const { token } = await signIn('ann');
    const api = await createApiToken(accounts, {
      userId: id,
      name: 'x',
      access: 'read',
      expiresInSeconds: null,
      by: testActor,
    });
    nowMs += 61_000;
    const { rows } = await sql<{ file: string }>`pragma database_list`.execute(database.db);
    const other = new Sqlite(rows[0]?.file);
    other.exec('begin immediate');
    expect((await authenticate(accounts, token)).userId).toBe(id);
    expect((await authenticate(accounts, api.token)).userId).toBe(id);
    other.close();
  });
});
