import { randomBytes } from 'node:crypto';
import type { TaskLogLine } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, type ApiError, addUser, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, startMasterBehind } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { adminPassword, closeAll, type RunningMaster, tempFolder } from '../support/programs.ts';
import { cliUser } from '../support/run-cli.ts';

describe('the log of a task', () => {
  let master: RunningMaster;
  let admin: Api;
  let ada: Api;
  let up: FaultProxy;
  let anna: ClusterSlave;

  beforeAll(async () => {
    up = await startFaultProxy();
    master = await startMasterBehind(up, { env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '0.5' } });
    admin = await signIn(master.url);
    ada = await addUser(admin, 'ada');
    await ada.put('/big.bin', randomBytes(3_000_000));
    anna = await addSlave(admin, { name: 'anna' });
  });
  afterAll(closeAll);

  const logOf = async (who: Api, id: string): Promise<TaskLogLine[]> =>
    (await who.call<{ lines: TaskLogLine[] }>('GET', `/api/v1/tasks/${id}/logs`)).lines;
  const messages = (lines: readonly TaskLogLine[]): string[] => lines.map(({ message }) => message);

  it('T6 says what the slave did, from the first step to the figures at the end', async () => {
    const { id } = await ada.submit({ kind: 'create-archive', sources: ['/big.bin'], destination: '/a.zip' });
    expect((await ada.ended(id)).state).toBe('completed');
    const made = await logOf(ada, id);
    expect(messages(made)).toEqual(['try begins', 'sources listed', 'archive stored', 'attempt completed']);
    expect(made.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    expect(made[1]).toMatchObject({
      node: 'anna',
      part: 0,
      attempt: 1,
      fields: { entries: 1, bytes: 3_000_000 },
    });

    const extracted = await ada.submit({ kind: 'extract-archive', source: '/a.zip', destination: '/out' });
    expect((await ada.ended(extracted.id)).state).toBe('completed');
    expect(await logOf(ada, extracted.id)).toMatchObject([
      { message: 'try begins' },
      { message: 'archive opened', fields: { name: 'a.zip' } },
      { message: 'format recognised', fields: { format: 'zip' } },
      { message: 'entries planned', fields: { entries: 1, bytes: 3_000_000 } },
      { message: 'every entry was looked at', fields: { filesStored: 1, entriesRejected: 0 } },
      { message: 'attempt completed', fields: { bytesDone: 3_000_000, entriesDone: 1 } },
    ]);
  });

  it('T6 says why it failed', async () => {
    await ada.put('/no.zip', Buffer.from('PK\u0003\u0004 but nothing more'));
    const { id } = await ada.submit({ kind: 'extract-archive', source: '/no.zip', destination: '/no' });
    const task = await ada.ended(id);
    expect(task.state).toBe('failed');
    const last = (await logOf(ada, id)).at(-1);
    expect(last).toMatchObject({
      level: 'warn',
      message: 'attempt failed',
      fields: { code: task.error?.code },
    });
  });

  it('T6 is for the owner of the task and for administrators', async () => {
    const bob = await addUser(admin, 'bob');
    const { tasks } = await ada.call<{ tasks: { id: string }[] }>('GET', '/api/v1/tasks');
    const id = tasks[0]?.id ?? '';
    expect((await logOf(admin, id)).length).toBeGreaterThan(0);
    const refused = await bob.send<ApiError>('GET', `/api/v1/tasks/${id}/logs`);
    expect([refused.status, refused.body.error.code]).toEqual([404, 'TASK_NOT_FOUND']);
  });

  it('T6 outlives the node: the lines of every attempt on every node are there, and are followed', async () => {
    up.set({ rate: 200_000 });
    const { id } = await ada.submit({ kind: 'create-archive', sources: ['/big.bin'], destination: '/b.zip' });
    const shell = cliUser(await tempFolder('cli'));
    await shell.run(['login', master.url, '--user', 'admin', '--password-stdin'], {
      input: `${adminPassword}\n`,
    });
    const following = shell.run(['tasks', 'logs', id, '--follow', '--json']);
    await eventually('the first lines of anna', async () =>
      messages(await logOf(ada, id)).includes('sources listed'),
    );
    await anna.program.kill();
    await addSlave(admin, { name: 'berta' });
    up.heal();
    expect((await ada.ended(id)).state).toBe('completed');
    const lines = await logOf(ada, id);
    expect(lines.map(({ node, attempt, message }) => `${node} ${attempt} ${message}`)).toEqual([
      'anna 1 try begins',
      'anna 1 sources listed',
      'berta 2 try begins',
      'berta 2 sources listed',
      'berta 2 archive stored',
      'berta 2 attempt completed',
    ]);
    const { code, stdout, stderr } = await following;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((text) => JSON.parse(text) as TaskLogLine),
    ).toEqual(lines);
  });
});
