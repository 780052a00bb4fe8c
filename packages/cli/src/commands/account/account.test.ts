import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, accounts, groups } from '@longshore/protocol';
import { describe, expect } from 'vitest';
import { cliTest } from '../../testing/cli-test.ts';
import { run } from '../../testing/run.ts';
import { sampleGroup, sampleUser } from '../../testing/samples.ts';

const user = sampleUser({ role: 'admin' });
const info = {
  id: '0b9f3c1e-7d0a-4b57-9a63-5f1f6c5b2a10' as never,
  name: 'backup',
  access: 'full' as const,
  createdAtMs: 1,
  lastUsedAtMs: null,
  expiresAtMs: null,
};

describe('passwd and logout', () => {
  cliTest('the session goes on with the new token, and ends with logout', async ({ folder, env, master }) => {
    const { LONGSHORE_TOKEN: token = '', LONGSHORE_URL: _url, ...home } = env;
    master.on(accounts.login, () => ({ token, expiresAtMs: 5, user }));
    master.on(accounts.changePassword, ({ body }) => {
      expect(body).toEqual({ current: 'old one', next: 'new one' });
      return { token: 'next-token', expiresAtMs: 6, user };
    });
    await run(['login', master.url, '-u', 'ada', '--password-stdin'], { env: home, stdin: 'old one' });
    const changed = await run(['passwd', '--password-stdin'], { env: home, stdin: 'old one\nnew one\n' });
    expect(changed).toMatchObject({ exitCode: 0, stderr: '' });
    const file = join(folder, 'config', 'longshore', 'config.json');
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ token: 'next-token' });

    master.on(accounts.logout, () => ({}));
    // The master knows only the first token: this session is over for it, and is forgotten here too.
    expect((await run(['logout'], { env: home })).exitCode).toBe(0);
    await expect(stat(file)).rejects.toThrow('ENOENT');
    expect(await run(['whoami'], { env: home })).toMatchObject({ exitCode: 3 });
  });

  cliTest('one line is not enough for passwd', async ({ env }) => {
    const ran = await run(['passwd', '--password-stdin'], { env, stdin: 'old one\n' });
    expect(ran).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('2 lines') });
  });
});

describe('tokens', () => {
  cliTest('a token is shown when it is made, and is deleted by name', async ({ master, longshore }) => {
    master.on(accounts.createToken, ({ body }) => {
      expect(body).toEqual({ name: 'backup', access: 'full', expiresInSeconds: 90 * 86_400 });
      return { token: 'lt_secret', info };
    });
    master.on(accounts.listTokens, () => ({ tokens: [info] }));
    master.on(accounts.deleteToken, ({ params }) => {
      expect(params.id).toBe(info.id);
      return {};
    });
    expect((await longshore('tokens', 'add', 'backup', '--expires', '90d')).stdout).toMatch(/^lt_secret\n/);
    expect((await longshore('tokens', 'ls')).stdout).toContain('backup');
    expect((await longshore('tokens', 'rm', 'backup')).exitCode).toBe(0);
    expect(await longshore('tokens', 'rm', 'other')).toMatchObject({ exitCode: 1 });
  });
});

describe('users', () => {
  cliTest('a new user gets a one-time password', async ({ master, longshore }) => {
    master.on(accounts.createUser, ({ body }) => {
      expect(body).toEqual({ name: 'grace', role: 'user', quotaBytes: 50 * 1024 ** 3 });
      return { user: sampleUser({ name: 'grace' }), oneTimePassword: 'blue-harbour-42' };
    });
    const ran = await longshore('users', 'add', 'grace', '--quota', '50GiB');
    expect(ran.stdout).toContain('One-time password: blue-harbour-42');
    expect(ran.stdout).toContain('--user grace');
  });

  cliTest('edit sends only what was named', async ({ master, longshore }) => {
    master.on(accounts.listUsers, () => ({ users: [user] }));
    master.on(accounts.updateUser, ({ params, body }) => {
      expect(params.id).toBe(user.id);
      expect(body).toEqual({ disabled: true, quotaBytes: null });
      return user;
    });
    expect(await longshore('users', 'edit', 'ada', '--disable', '--quota', 'group')).toMatchObject({
      exitCode: 0,
      stderr: '',
    });
    expect(await longshore('users', 'edit', 'ada')).toMatchObject({ exitCode: 2 });
    expect(await longshore('users', 'edit', 'nobody', '--enable')).toMatchObject({ exitCode: 1 });
  });

  cliTest('rm asks first, and without a terminal wants --yes', async ({ master, longshore }) => {
    master.on(accounts.listUsers, () => ({ users: [user] }));
    master.on(accounts.deleteUser, () => {
      throw new AppError('LAST_ADMIN', 'ada is the last administrator');
    });
    expect(await longshore('users', 'rm', 'ada')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--yes'),
    });
    expect(await longshore('users', 'rm', 'ada', '--yes')).toMatchObject({ exitCode: 1 });
  });
});

describe('groups', () => {
  const group = sampleGroup({ name: 'Students', isDefault: false });

  cliTest(
    'a new group has the limits that were named, and those of the master else',
    async ({ master, longshore }) => {
      master.on(groups.createGroup, ({ body }) => {
        expect(body).toEqual({
          name: 'Students',
          limits: { quotaBytes: 20 * 1024 ** 3, maxRunningTasks: 2 },
          mayChooseNode: false,
          allowedNodes: ['shed', 'attic'],
        });
        return group;
      });
      const limits = ['--quota', '20GiB', '--max-tasks', '2', '--nodes', 'shed,attic', '--fixed-node'];
      expect(await longshore('groups', 'add', 'Students', ...limits)).toMatchObject({
        exitCode: 0,
        stderr: '',
      });
    },
  );

  cliTest('edit takes a limit away, and sends only what was named', async ({ master, longshore }) => {
    master.on(groups.listGroups, () => ({ groups: [group] }));
    master.on(groups.updateGroup, ({ params, body }) => {
      expect(params.id).toBe(group.id);
      expect(body).toEqual({ limits: { maxRunningTasks: null }, allowedNodes: null, isDefault: true });
      return group;
    });
    const ran = await longshore(
      ...['groups', 'edit', 'students', '--max-tasks', 'unlimited', '--nodes', 'all', '--default'],
    );
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await longshore('groups', 'edit', 'Students')).toMatchObject({ exitCode: 2 });
    expect(await longshore('groups', 'edit', 'Students', '--max-tasks', '0')).toMatchObject({ exitCode: 2 });
    expect(await longshore('groups', 'edit', 'nobody', '--default')).toMatchObject({ exitCode: 1 });
  });

  cliTest('a user is put into a group by its name', async ({ master, longshore }) => {
    master.on(groups.listGroups, () => ({ groups: [group] }));
    master.on(accounts.createUser, ({ body }) => {
      expect(body).toMatchObject({ groupId: group.id, quotaBytes: null });
      return { user: sampleUser({ name: 'grace' }), oneTimePassword: null };
    });
    expect((await longshore('users', 'add', 'grace', '--group', 'Students')).exitCode).toBe(0);
    expect((await longshore('groups', 'ls')).stdout).toContain('Students');
  });
});
