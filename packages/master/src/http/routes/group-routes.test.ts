import type { ErrorBody, Group, User } from '@longshore/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { login } from '../../accounts/login.ts';
import { createUser } from '../../accounts/users.ts';
import type { Database } from '../../database/open-database.ts';
import { insertNode } from '../../store/nodes/node-rows.ts';
import { type AccountServer, serveAccounts } from '../../testing/serve-accounts.ts';
import { testActor } from '../../testing/test-actor.ts';
import { describeDatabases } from '../../testing/test-databases.ts';

const password = 'a long password';
const gib = 1024 ** 3;

describeDatabases('U1 groups', (open) => {
  let database: Database;
  let server: AccountServer;
  let token: string;
  beforeAll(async () => {
    database = await open();
    server = await serveAccounts(database);
    await createUser(server.accounts, {
      name: 'boss',
      role: 'admin',
      password,
      quotaBytes: null,
      by: testActor,
    });
    ({ token } = await login(server.accounts, { user: 'boss', password, by: testActor }));
  });
  afterAll(() => server.close());

  const send = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const call = async <Body>(method: string, path: string, body?: unknown): Promise<Body> => {
    const answer = await send(method, path, body);
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Body;
  };
  const refusal = async (method: string, path: string, body?: unknown) => {
    const answer = await send(method, path, body);
    const { error } = (await answer.json()) as ErrorBody;
    return { status: answer.status, code: error.code, details: error.details };
  };
  const listGroups = async (): Promise<Group[]> => (await call<{ groups: Group[] }>('GET', '/groups')).groups;
  const newUser = async (name: string, more: object = {}): Promise<User> =>
    (await call<{ user: User }>('POST', '/users', { name, password, ...more })).user;

  it('begin with one for the first administrator and one for new users, neither with a limit', async () => {
    const groups = await listGroups();
    expect(groups).toMatchObject([
      { name: 'Administrators', isDefault: false, members: 0, mayChooseNode: true, allowedNodes: null },
      { name: 'Users', isDefault: true, members: 1 },
    ]);
    for (const { limits } of groups) expect(new Set(Object.values(limits))).toEqual(new Set([null]));
  });

  it('limit their users at once, and a user’s own quota wins', async () => {
    const limits = { quotaBytes: 20 * gib, maxRunningTasks: 2 };
    const group = await call<Group>('POST', '/groups', { name: 'Students', limits });
    expect(group).toMatchObject({ limits: { ...limits, maxRatio: null }, members: 0, isDefault: false });
    const ann = await newUser('ann', { groupId: group.id });
    expect(ann).toMatchObject({ group: { name: 'Students' }, quotaBytes: null, limits });
    await call('PATCH', `/groups/${group.id}`, { limits: { maxEntries: 1000, maxRunningTasks: null } });
    const own = await call<User>('PATCH', `/users/${ann.id}`, { quotaBytes: 5 });
    expect(own).toMatchObject({
      quotaBytes: 5,
      limits: { quotaBytes: 5, maxEntries: 1000, maxRunningTasks: null },
    });
    const back = await call<User>('PATCH', `/users/${ann.id}`, { quotaBytes: null });
    expect(back.limits.quotaBytes).toBe(20 * gib);
  });

  it('are not deleted while they have users, which is told with their number, nor while they are the default', async () => {
    const group = await call<Group>('POST', '/groups', { name: 'Guests' });
    const [one, two] = [
      await newUser('one', { groupId: group.id }),
      await newUser('two', { groupId: group.id }),
    ];
    expect(await refusal('DELETE', `/groups/${group.id}`)).toEqual({
      status: 409,
      code: 'GROUP_IN_USE',
      details: { members: 2 },
    });
    const users = (await listGroups()).find(({ isDefault }) => isDefault);
    for (const { id } of [one, two]) await call('PATCH', `/users/${id}`, { groupId: users?.id });
    await call('DELETE', `/groups/${group.id}`);
    expect(await refusal('PATCH', `/users/${one.id}`, { groupId: group.id })).toMatchObject({
      code: 'GROUP_NOT_FOUND',
    });
    expect(await refusal('DELETE', `/groups/${users?.id}`)).toMatchObject({ code: 'GROUP_DEFAULT' });
  });

  it('hand the part of the default over, so that there is always exactly one', async () => {
    const before = (await listGroups()).find(({ isDefault }) => isDefault);
    const group = await call<Group>('POST', '/groups', { name: 'Everybody' });
    expect(await call<Group>('PATCH', `/groups/${group.id}`, { isDefault: true })).toMatchObject({
      isDefault: true,
    });
    expect((await listGroups()).filter(({ isDefault }) => isDefault).map(({ name }) => name)).toEqual([
      'Everybody',
    ]);
    expect((await newUser('newcomer')).group.name).toBe('Everybody');
    await call('PATCH', `/groups/${before?.id}`, { isDefault: true });
  });

  it('have names that are one whatever their case, and refuse what they do not know', async () => {
    expect(await refusal('POST', '/groups', { name: 'USERS' })).toMatchObject({ code: 'GROUP_EXISTS' });
    const group = await call<Group>('POST', '/groups', { name: 'Lab' });
    expect(await refusal('PATCH', `/groups/${group.id}`, { name: 'users' })).toMatchObject({
      code: 'GROUP_EXISTS',
    });
    await call('PATCH', `/groups/${group.id}`, { name: 'LAB' });
    for (const body of [
      { isDefault: false },
      { limits: { quotaBytes: -1 } },
      { limits: { x: 1 } },
      { x: 1 },
    ]) {
      expect(await refusal('PATCH', `/groups/${group.id}`, body)).toMatchObject({ code: 'BAD_REQUEST' });
    }
    expect(await refusal('DELETE', `/groups/${crypto.randomUUID()}`)).toMatchObject({
      code: 'GROUP_NOT_FOUND',
    });
  });

  it('N11 name their nodes by id or name, and forget a node that is deleted', async () => {
    for (const name of ['anna', 'berta']) await addNode(name);
    const group = await call<Group>('POST', '/groups', { name: 'Near', allowedNodes: ['Anna', 'berta'] });
    expect(group.allowedNodes?.map(({ name }) => name)).toEqual(['anna', 'berta']);
    await database.db.deleteFrom('nodes').where('name', '=', 'anna').execute();
    const near = (await listGroups()).find(({ name }) => name === 'Near');
    expect(near?.allowedNodes?.map(({ name }) => name)).toEqual(['berta']);
    expect(await refusal('POST', '/groups', { name: 'Far', allowedNodes: ['carla'] })).toMatchObject({
      code: 'NODE_NOT_FOUND',
    });
    expect(await refusal('POST', '/groups', { name: 'None', allowedNodes: [] })).toMatchObject({
      code: 'BAD_REQUEST',
    });
  });

  it('a user never ends up in a group that is deleted at the same moment', async () => {
    for (let round = 0; round < 10; round += 1) {
      const group = await call<Group>('POST', '/groups', { name: `Race ${round}` });
      const answers = await Promise.all([
        send('DELETE', `/groups/${group.id}`),
        send('POST', '/users', { name: `racer${round}`, groupId: group.id, password }),
      ]);
      expect(answers.map(({ status }) => status).toSorted()).toSatisfy(
        ([first = 0, second = 0]: number[]) => first < 300 && (second === 404 || second === 409),
      );
    }
  });

  const addNode = (name: string): Promise<void> => {
    const id = crypto.randomUUID();
    return insertNode(database.db, {
      id,
      name,
      type: 'slave',
      url: `http://${name}.test`,
      internal_url: null,
      key_id: id,
      secret_sealed: '',
      weight: 1,
      enabled: 1,
      capabilities: '[]',
    });
  };
});
