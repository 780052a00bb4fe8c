import { type AuditEntry, type Group, type Node, headers as names, type User } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, anonymous, signIn } from '../support/api.ts';
import { endpoints } from '../support/endpoints.ts';
import { adminPassword, closeAll, startMaster } from '../support/programs.ts';

type Entries = { entries: AuditEntry[]; next: number | null };
const secretWord = 'canary-password-in-audit';

describe('U3 the audit log', () => {
  let admin: Api;
  let adminUser: User;
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    const master = await startMaster({ env: { LONGSHORE_SITE_TRUSTED_PROXIES: '127.0.0.1' } });
    admin = await signIn(master.url);
    adminUser = await admin.call<User>('GET', '/api/v1/me');
    const made = await admin.call<{ user: User }>('POST', '/api/v1/users', {
      name: 'ada',
      password: secretWord,
    });
    ids.user = made.user.id;
    ids.group = (await admin.call<Group>('POST', '/api/v1/groups', { name: 'Lab' })).id;
    await admin.call('POST', '/api/v1/nodes', { name: 'shed', url: 'http://127.0.0.1:1' });
  });
  afterAll(closeAll);

  /** What each operation of administrators that changes something is sent here, and what is recorded of it. */
  const recorded: Record<string, { path?: string; body?: unknown; entry: object }> = {
    createUser: {
      body: { name: 'bob', password: secretWord },
      entry: {
        action: 'user.create',
        before: null,
        after: { role: 'user', group: 'Users', disabled: false },
      },
    },
    updateUser: {
      path: '/api/v1/users/{user}',
      body: { quotaBytes: 5, password: secretWord },
      entry: {
        action: 'user.update',
        object: { kind: 'user', name: 'ada' },
        before: { quotaBytes: null },
        after: { quotaBytes: 5, password: 'set' },
      },
    },
    resetTwoFactor: {
      path: '/api/v1/users/{user}/two-factor',
      entry: { action: 'two-factor.reset', object: { name: 'ada' } },
    },
    deleteUser: {
      path: '/api/v1/users/{user}',
      entry: { action: 'user.delete', object: { name: 'ada' }, before: { quotaBytes: 5 }, after: null },
    },
    createGroup: {
      body: { name: 'Students' },
      entry: { action: 'group.create', after: { name: 'Students' } },
    },
    updateGroup: {
      path: '/api/v1/groups/{group}',
      body: { limits: { maxEntries: 7 }, allowedNodes: ['shed'] },
      entry: {
        action: 'group.update',
        before: { maxEntries: null, allowedNodes: null },
        after: { maxEntries: 7, allowedNodes: ['shed'] },
      },
    },
    deleteGroup: {
      path: '/api/v1/groups/{group}',
      entry: { action: 'group.delete', object: { name: 'Lab' } },
    },
    createNode: {
      body: { name: 'attic', url: 'http://127.0.0.1:2' },
      entry: { action: 'node.create', object: { kind: 'node', name: 'attic' }, after: { weight: 1 } },
    },
    updateNode: {
      path: '/api/v1/nodes/shed',
      body: { weight: 3, name: 'barn' },
      entry: {
        action: 'node.update',
        before: { weight: 1, name: 'shed' },
        after: { weight: 3, name: 'barn' },
      },
    },
    rotateKey: {
      path: '/api/v1/nodes/barn/rotate-key',
      body: { overlapSeconds: 60 },
      entry: { action: 'node.rotate-key', object: { name: 'barn' }, after: { overlapSeconds: 60 } },
    },
    revokeOldKey: {
      path: '/api/v1/nodes/barn/revoke-old-key',
      body: {},
      entry: { action: 'node.revoke-old-key' },
    },
    deleteNode: { path: '/api/v1/nodes/barn', entry: { action: 'node.delete', before: { name: 'barn' } } },
  };

  const log = (query = ''): Promise<Entries> => admin.call<Entries>('GET', `/api/v1/audit${query}`);
  const fill = (path: string): string => path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? '');
  const inOrder = ['updateUser', 'resetTwoFactor', 'updateGroup', 'updateNode', 'rotateKey', 'revokeOldKey'];
  const operations = Object.keys(recorded);

  it('an operation of administrators that changes something is in the list of what is recorded', () => {
    const changing = Object.entries(endpoints).filter(
      ([, { access, method }]) => access === 'admin' && method !== 'get',
    );
    expect(operations.toSorted()).toEqual(changing.map(([name]) => name).toSorted());
  });

  it.each([...inOrder, ...operations.filter((name) => !inOrder.includes(name))])(
    '%s writes one entry: who, from where, by which request, on what, before and after',
    async (name) => {
      const { path, body, entry } = recorded[name] ?? { entry: {} };
      const spec = endpoints[name];
      const requestId = `audit-${name}`;
      const answer = await admin.send(spec?.method.toUpperCase() ?? '', fill(path ?? spec?.path ?? ''), {
        ...(body === undefined ? {} : { body }),
        headers: { [names.requestId]: requestId, 'x-forwarded-for': '198.51.100.7' },
      });
      expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
      const { entries } = await log(`?requestId=${requestId}`);
      expect(entries).toHaveLength(1);
      expect(entries[0]).toMatchObject({
        ...entry,
        user: { id: adminUser.id, name: 'admin' },
        address: '198.51.100.7',
        requestId,
      });
    },
  );

  it('a change that is refused leaves none', async () => {
    const refused = await admin.send('PATCH', `/api/v1/users/${adminUser.id}`, {
      body: { role: 'user' },
      headers: { [names.requestId]: 'refused' },
    });
    expect(refused.status).toBe(409);
    expect((await log('?requestId=refused')).entries).toEqual([]);
  });

  it('sign-ins are recorded, failed ones too, without what was typed for an unknown name', async () => {
    const nobody = anonymous(admin.url);
    const attempt = (user: string, password: string, id: string) =>
      nobody.send('POST', '/api/v1/login', { body: { user, password }, headers: { [names.requestId]: id } });
    await attempt('admin', 'wrong', 'wrong-password');
    await attempt(secretWord, 'wrong', 'unknown-name');
    await attempt('admin', adminPassword, 'right');
    const of = async (id: string) => (await log(`?requestId=${id}`)).entries;
    const admins = { kind: 'user', id: adminUser.id, name: 'admin' };
    expect(await of('wrong-password')).toMatchObject([
      { action: 'sign-in.failed', user: null, object: admins },
    ]);
    expect(await of('unknown-name')).toMatchObject([{ action: 'sign-in.failed', user: null, object: null }]);
    expect(await of('right')).toMatchObject([{ action: 'sign-in', user: { name: 'admin' }, object: admins }]);
  });

  it('tokens and passwords are recorded when they change', async () => {
    const token = await admin.call<{ info: { id: string } }>('POST', '/api/v1/me/tokens', { name: 'backup' });
    await admin.call('DELETE', `/api/v1/me/tokens/${token.info.id}`);
    const next = `${adminPassword} again`;
    const session = await admin.call<{ token: string }>('POST', '/api/v1/me/password', {
      current: adminPassword,
      next,
    });
    admin = { ...(await signIn(admin.url, 'admin', next)) };
    expect(session.token).toBeTruthy();
    const { entries } = await log('?limit=4');
    expect(entries.map(({ action }) => action)).toEqual([
      ...['sign-in', 'password.change', 'token.delete', 'token.create'],
    ]);
  });

  it('is filtered by user, object, kind of action and time, and read page by page', async () => {
    const all = (await log('?limit=500')).entries;
    const nodeEntries = (await log('?action=node.&limit=500')).entries;
    expect(nodeEntries.length).toBe(all.filter(({ action }) => action.startsWith('node.')).length);
    expect(nodeEntries.length).toBeGreaterThan(4);
    expect((await log('?object=barn&action=node.delete')).entries).toHaveLength(1);
    expect((await log('?user=nobody')).entries).toEqual([]);
    expect((await log(`?user=${adminUser.id}&limit=500`)).entries.length).toBeGreaterThan(10);
    const middle = all[5]?.atMs ?? 0;
    const [before, after] = [
      await log(`?beforeMs=${middle}&limit=500`),
      await log(`?afterMs=${middle}&limit=500`),
    ];
    expect(before.entries.length + after.entries.length).toBe(all.length);
    const paged: AuditEntry[] = [];
    let page = await log('?limit=3');
    for (;;) {
      paged.push(...page.entries);
      if (page.next === null) break;
      page = await log(`?limit=3&cursor=${page.next}`);
    }
    expect(paged).toEqual(all);
  });

  it('F10 holds no secret', async () => {
    const made = await admin.call<{ node: Node; secret: string }>('POST', '/api/v1/nodes', {
      name: 'cellar',
      url: 'http://127.0.0.1:3',
    });
    const text = JSON.stringify((await log('?limit=500')).entries);
    expect(text).toContain('cellar');
    for (const secret of [made.secret, secretWord, adminPassword]) expect(text).not.toContain(secret);
  });

  it('W3 every setting tells its value, where it comes from and what it does, secrets masked', async () => {
    const answer = await admin.call<{ settings: { section: string; key: string }[] }>(
      'GET',
      '/api/v1/settings',
    );
    const setting = (section: string, key: string) =>
      answer.settings.find((one) => one.section === section && one.key === key);
    expect(setting('Site', 'TrustedProxies')).toMatchObject({
      value: '127.0.0.1',
      origin: 'environment',
      place: 'LONGSHORE_SITE_TRUSTED_PROXIES',
      needsRestart: true,
    });
    expect(setting('Tasks', 'MaxRatio')).toMatchObject({
      value: '2000',
      origin: 'default',
      place: 'default',
      description: expect.stringContaining('one byte of an archive'),
    });
    expect(setting('Database', 'Url')).toMatchObject({ value: null });
    expect(setting('Master', 'KeepAudit')).toMatchObject({ value: '365' });
  });
});
