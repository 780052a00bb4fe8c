import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import {
  adminPassword,
  closeAll,
  type RunningMaster,
  startMaster,
  startSlave,
  tempFolder,
} from '../support/programs.ts';
import { type CliUser, cliUser } from '../support/run-cli.ts';
import { sendSigned } from '../support/signed-peer.ts';

describe('a new secret for a slave', () => {
  let master: RunningMaster;
  let user: Api;
  let shell: CliUser;
  let anna: ClusterSlave;
  let count = 0;

  beforeAll(async () => {
    master = await startMaster({
      embeddedNode: false,
      env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1' },
    });
    user = await signIn(master.url);
    await user.put('/tiny.txt', Buffer.from('tiny'));
    anna = await addSlave(user, { name: 'anna' });
    shell = cliUser(await tempFolder('cli'));
    await shell.run(['login', master.url, '--user', 'admin', '--password-stdin'], {
      input: `${adminPassword}\n`,
    });
  });
  afterAll(closeAll);

  const submitTiny = () => {
    count += 1;
    const destination = `/tiny-${count}.zip`;
    return user.submit({ kind: 'create-archive', sources: ['/tiny.txt'], destination });
  };
  const run = async () => user.ended((await submitTiny()).id);
  const callback = (secret: string) =>
    sendSigned(master.url, { secret, method: 'POST', target: '/node/v1/callback', body: {} });
  const listen = () => `127.0.0.1:${anna.program.port}`;

  it('N8 work goes on with the old one, through a restart with the new one, which ends the old one', async () => {
    const conf = join(await tempFolder('conf'), 'conf.ini');
    const ran = await shell.run(['nodes', 'rotate-key', 'anna', '--conf', conf]);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain('valid until the new one is used');
    expect((await stat(conf)).mode & 0o777).toBe(0o600);
    const confIni = await readFile(conf, 'utf8');
    expect(confIni).not.toContain(anna.secret);
    for (let turn = 0; turn < 3; turn += 1) expect(await run()).toMatchObject({ state: 'completed' });
    expect(await user.node('anna')).toMatchObject({ health: 'online', oldKey: { untilMs: null } });

    expect(await anna.program.stop()).toBe(0);
    const { id } = await submitTiny();
    // An empty data folder: the slave knows no master, so the master has to find out by itself.
    const dataPath = await tempFolder('slave-anew');
    anna.program = await startSlave({ confIni, dataPath, listen: listen() });
    expect(await user.ended(id)).toMatchObject({ state: 'completed', nodes: ['anna'] });
    expect(await user.node('anna')).toMatchObject({ oldKey: null });
    expect(await callback(anna.secret)).toMatchObject({ status: 401, code: 'KEY_UNKNOWN' });
  });

  it('F8 a stolen one is refused at once, and what the node holds runs elsewhere', async () => {
    await anna.program.kill();
    await eventually('anna is offline', async () => (await user.node('anna')).health === 'offline');
    const fresh = await user.call<{ confIni: string; secret: string }>(
      'POST',
      '/api/v1/nodes/anna/rotate-key',
      { overlapSeconds: null },
    );
    const held = await tempFolder('slave-held');
    anna.program = await startSlave({ confIni: fresh.confIni, dataPath: held, listen: listen() });
    await untilOnline(user, 'anna');
    anna.program.child.kill('SIGSTOP');
    const { id } = await submitTiny();
    await eventually('anna holds it', async () => (await user.task(id)).parts[0]?.state === 'leased');
    expect(await callback(fresh.secret)).toMatchObject({ status: 200 });
    await user.call('POST', '/api/v1/nodes/anna/rotate-key', { overlapSeconds: 0 });
    expect(await callback(fresh.secret)).toMatchObject({ status: 401, code: 'KEY_UNKNOWN' });
    anna.program.child.kill('SIGCONT');
    await addSlave(user, { name: 'berta' });
    expect(await user.ended(id, 60_000)).toMatchObject({ state: 'completed', nodes: ['anna', 'berta'] });
  });
});
