import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { NodeConfig, TaskDetail } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, type ApiError, addUser, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, startMasterBehind } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { adminPassword, closeAll, type RunningMaster, startMaster, tempFolder } from '../support/programs.ts';
import { type CliUser, cliUser } from '../support/run-cli.ts';

const attemptsOf = ({ parts }: TaskDetail) =>
  parts.flatMap(({ attempts }) => attempts.map(({ attempt, state, node }) => ({ attempt, state, node })));

describe('the effective configuration of a node', () => {
  let master: RunningMaster;
  let admin: Api;
  let shell: CliUser;
  let anna: ClusterSlave;

  beforeAll(async () => {
    master = await startMaster({ embeddedNode: false, env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '2' } });
    admin = await signIn(master.url);
    anna = await addSlave(admin, {
      name: 'anna',
      env: { LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_WORKER_NUM: '1' },
    });
    shell = cliUser(await tempFolder('cli'));
    await shell.run(['login', master.url, '--user', 'admin', '--password-stdin'], {
      input: `${adminPassword}\n`,
    });
  });
  afterAll(closeAll);

  it('S2 names each value and where it comes from, and no secret', async () => {
    const answer = await admin.send<NodeConfig>('GET', '/api/v1/nodes/anna/config');
    expect(answer.status).toBe(200);
    const found = Object.fromEntries(
      answer.body.settings.map(({ section, key, value, origin }) => [`[${section}] ${key}`, [value, origin]]),
    );
    expect(found).toMatchObject({
      '[OptionOverwrite] queue_slave_worker_num': ['1', 'environment'],
      '[OptionOverwrite] queue_slave_max_retry': ['5', 'default'],
      '[Slave] Secret': ['********', 'file'],
      '[System] Listen': [`127.0.0.1:${anna.program.port}`, 'flag'],
      '[Master] HeartbeatInterval': ['2', 'master'],
      '[Master] NodeName': ['anna', 'master'],
    });
    expect(JSON.stringify(answer.body)).not.toContain(anna.secret);
    const place = answer.body.settings.find(({ key }) => key === 'Secret')?.place;
    expect(place).toMatch(/conf\.ini:\d+$/);
  });

  it('S2 is a table on the command line, and for administrators only', async () => {
    const shown = await shell.run(['nodes', 'config', 'anna']);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(
      /\[OptionOverwrite\] queue_slave_worker_num +1 +LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_WORKER_NUM +How many/,
    );
    expect(shown.stdout).toMatch(/\[Master\] HeartbeatInterval +2 +master/);
    const nobody = await addUser(admin, 'nobody');
    expect((await nobody.send('GET', '/api/v1/nodes/anna/config')).status).toBe(403);
  });

  it('S2 shows what an edit would change after a restart, and why an edit was refused', async () => {
    const { confPath } = anna.program;
    const before = await readFile(confPath, 'utf8');
    const config = () => admin.call<NodeConfig>('GET', '/api/v1/nodes/anna/config');
    const timeoutOf = ({ settings }: NodeConfig) => settings.find(({ key }) => key === 'CallbackTimeout');
    await writeFile(confPath, `${before}\nCallbackTimeout = 9\n`);
    const pending = await eventually('the edit waits', async () => {
      const found = timeoutOf(await config());
      return found?.pending != null && found;
    });
    expect(pending).toMatchObject({ value: '20', origin: 'default' });
    expect(pending.pending).toEqual({
      value: '9',
      place: `${confPath}:${before.split('\n').length + 1}`,
    });
    expect((await shell.run(['nodes', 'config', 'anna'])).stdout).toMatch(
      /^Waits for a restart of the slave: \[Slave\] CallbackTimeout = 9 \(.*conf\.ini:\d+\)$/m,
    );
    await writeFile(confPath, `${before}\nCallbackTimeout = soon\n`);
    const refused = await eventually(
      'the edit is refused',
      async () => (await config()).refusedEdit ?? false,
    );
    expect(refused.reason).toMatch(/conf\.ini:\d+: \[Slave\] CallbackTimeout = "soon" is not allowed/);
    expect((await shell.run(['nodes', 'config', 'anna'])).stdout).toMatch(
      /^The last edit was refused .*: .*conf\.ini:\d+: \[Slave\] CallbackTimeout/m,
    );
    await writeFile(confPath, before);
    await eventually('all is well again', async () => {
      const answer = await config();
      return answer.refusedEdit === null && timeoutOf(answer)?.pending === null;
    });
  });

  it('N8 S1 a new secret is taken from an edit while work runs, without a restart, and the work is not lost', async () => {
    const way = await startFaultProxy();
    const other = await startMasterBehind(way, { env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1' } });
    const user = await signIn(other.url);
    const berta = await addSlave(user, { name: 'berta' });
    await user.put('/big.bin', randomBytes(4_000_000));
    way.set({ rate: 400_000 });
    const { id } = await user.submit({
      kind: 'create-archive',
      sources: ['/big.bin'],
      destination: '/big.zip',
    });
    await eventually('it runs', async () => (await user.task(id)).parts[0]?.state === 'running');
    const fresh = await user.call<{ secret: string }>('POST', '/api/v1/nodes/berta/rotate-key', {});
    const { confPath } = berta.program;
    await writeFile(confPath, (await readFile(confPath, 'utf8')).replace(berta.secret, fresh.secret));
    await eventually(
      'the new secret is the only one',
      async () => (await user.node('berta')).oldKey === null,
    );
    way.heal();
    const task = await user.ended(id, 60_000);
    expect(task).toMatchObject({ state: 'completed', nodes: ['berta'] });
    expect(attemptsOf(task)).toEqual([{ attempt: 1, state: 'completed', node: 'berta' }]);
    expect(berta.program.child.exitCode).toBeNull();
    expect(berta.program.log()).toContain('a new secret took the place of another');
    expect(berta.program.log()).not.toMatch(/KEY_UNKNOWN|LEASE_LOST/);
  });

  it('S2 of a node that is gone says that it cannot be reached, by its name', async () => {
    await anna.program.kill();
    await eventually('anna is offline', async () => (await admin.node('anna')).health === 'offline');
    const answer = await admin.send<ApiError>('GET', '/api/v1/nodes/anna/config');
    expect(answer.body.error).toMatchObject({
      code: 'NODE_REFUSED',
      message: expect.stringContaining('"anna" cannot be asked for its settings'),
    });
    expect((await shell.run(['nodes', 'config', 'anna'])).stderr).toContain('NODE_REFUSED');
  });
});
