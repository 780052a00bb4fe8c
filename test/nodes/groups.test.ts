import { randomBytes } from 'node:crypto';
import type { Group, NodeChoice, User } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, type ApiError, addUser, signIn } from '../support/api.ts';
import { addSlave } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { closeAll, type RunningMaster, startMaster } from '../support/programs.ts';

const kib = 1024;

describe('U1 what a group limits', () => {
  let master: RunningMaster;
  let admin: Api;
  let ann: Api;
  let group: Group;
  let count = 0;

  beforeAll(async () => {
    master = await startMaster({ env: { LONGSHORE_TASKS_SPLIT_ABOVE: '64 KiB' } });
    admin = await signIn(master.url);
    await addSlave(admin, { name: 'shed' });
    group = await admin.call<Group>('POST', '/api/v1/groups', { name: 'Students' });
    ann = await addUser(admin, 'ann');
    const { id } = await ann.call<User>('GET', '/api/v1/me');
    await admin.call('PATCH', `/api/v1/users/${id}`, { groupId: group.id });
    for (let index = 0; index < 12; index += 1) await ann.put(`/files/${index}`, randomBytes(20 * kib));
    const made = await ann.submit({ kind: 'create-archive', sources: ['/files'], destination: '/files.zip' });
    await ann.ended(made.id);
  });
  afterAll(closeAll);

  const limit = (limits: Partial<Group['limits']>, more: object = {}) =>
    admin.call<Group>('PATCH', `/api/v1/groups/${group.id}`, { limits, ...more });
  const refusal = async (request: object) => {
    const { status, body } = await ann.send<ApiError>('POST', '/api/v1/tasks', { body: request });
    return { status, code: body.error.code, details: body.error.details };
  };
  const archive = (more: object = {}) => {
    count += 1;
    return { kind: 'create-archive' as const, sources: ['/files'], destination: `/${count}.zip`, ...more };
  };
  const extraction = (more: object = {}) => {
    count += 1;
    return { kind: 'extract-archive' as const, source: '/files.zip', destination: `/out-${count}`, ...more };
  };

  it('B9 the quota of the group holds for uploads, and the own quota of a user before it', async () => {
    await limit({ quotaBytes: 500 * kib });
    await expect(ann.put('/more', randomBytes(100 * kib))).rejects.toThrow('413');
    const { id } = await ann.call<User>('GET', '/api/v1/me');
    await admin.call('PATCH', `/api/v1/users/${id}`, { quotaBytes: 700 * kib });
    await ann.put('/more', randomBytes(100 * kib));
    await admin.call('PATCH', `/api/v1/users/${id}`, { quotaBytes: null });
    await limit({ quotaBytes: null });
  });

  it('an archive of more entries, or a larger one to extract, is refused before it is queued', async () => {
    await limit({ maxEntries: 5, maxArchiveBytes: 100 * kib });
    expect(await refusal(archive())).toEqual({
      status: 413,
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'maxEntries', value: 5 },
    });
    expect(await refusal(extraction())).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'maxArchiveBytes' },
    });
    await limit({ maxEntries: null, maxArchiveBytes: null });
  });

  it('an archive that grows too large while it is made, and one that has too many entries inside, fail on the node', async () => {
    await limit({ maxArchiveBytes: 100 * kib });
    const made = await ann.submit(archive());
    expect(await ann.ended(made.id)).toMatchObject({ state: 'failed', error: { code: 'BUDGET_EXCEEDED' } });
    await limit({ maxArchiveBytes: null, maxEntries: 5 });
    const extracted = await ann.submit(extraction());
    expect(await ann.ended(extracted.id)).toMatchObject({
      state: 'failed',
      error: { code: 'BUDGET_EXCEEDED', details: { limit: 'maxEntries' } },
    });
    await limit({ maxEntries: null });
  });

  it('T11 an extraction in several parts counts as one', async () => {
    await limit({ maxExtractedBytes: 200 * kib });
    const shared = await ann.submit(extraction());
    const task = await ann.ended(shared.id);
    expect(task).toMatchObject({ state: 'failed', error: { code: 'BUDGET_EXCEEDED' } });
    expect(task.parts.length).toBeGreaterThan(1);
    expect(task.parts.every((part) => part.state === 'completed')).toBe(true);
    await limit({ maxExtractedBytes: null });
    const again = await ann.submit(extraction());
    expect(await ann.ended(again.id)).toMatchObject({ state: 'completed' });
  });

  it('N11 users see and choose only the nodes of their group, and nothing but name, abilities and state of them', async () => {
    const choices = () =>
      ann.call<{ mayChoose: boolean; nodes: NodeChoice[] }>('GET', '/api/v1/node-choices');
    const capabilities = ['create-archive', 'extract-archive'];
    expect((await choices()).nodes.map(({ name }) => name)).toEqual(['embedded', 'shed']);
    await limit({}, { allowedNodes: ['shed'] });
    expect(await choices()).toMatchObject({
      mayChoose: true,
      nodes: [{ name: 'shed', status: 'online' }],
    });
    expect(Object.keys((await choices()).nodes[0] ?? {}).toSorted()).toEqual([
      ...['capabilities', 'name', 'status'],
    ]);
    expect((await choices()).nodes[0]?.capabilities).toEqual(expect.arrayContaining(capabilities));
    expect(await refusal(archive({ node: 'embedded' }))).toMatchObject({
      status: 409,
      code: 'NODE_NOT_ALLOWED',
    });
    for (let turn = 0; turn < 4; turn += 1) {
      const { id } = await ann.submit(archive());
      expect(await ann.ended(id)).toMatchObject({ state: 'completed', nodes: ['shed'] });
    }
    await limit({}, { mayChooseNode: false });
    expect(await choices()).toEqual({ mayChoose: false, nodes: [] });
    expect(await refusal(archive({ node: 'shed' }))).toMatchObject({ code: 'NODE_NOT_ALLOWED' });
  });

  it('N11 a task waits, with the reason, while none of the nodes of the group can take it', async () => {
    await limit({}, { allowedNodes: ['shed'] });
    await admin.call('PATCH', '/api/v1/nodes/shed', { enabled: false });
    const { id } = await ann.submit(archive());
    const preview = await ann.send<ApiError>('POST', '/api/v1/files/preview', {
      body: { path: '/files.zip' },
    });
    expect(preview.body.error.code).toBe('NO_NODE');
    await eventually('the reason is told', async () => {
      const [part] = (await ann.task(id)).parts;
      return part?.waitingFor?.includes('embedded: not for your group') === true;
    });
    await limit({}, { allowedNodes: null });
    expect(await ann.ended(id)).toMatchObject({ state: 'completed', nodes: ['embedded'] });
  });
});
