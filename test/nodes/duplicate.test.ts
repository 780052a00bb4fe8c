import { cp } from 'node:fs/promises';
import type { Node } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, freePort, startMasterBehind, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { closeAll, type RunningSlave, startSlave, tempFolder } from '../support/programs.ts';

describe('A12 F13 two slaves with one secret', () => {
  let user: Api;
  let up: FaultProxy;
  let anna: ClusterSlave;
  let copy: RunningSlave;

  const bootOf = async (): Promise<string | undefined> => (await user.node('anna')).vitals?.bootId;
  const rivalOf = (node: Node) => `${node.rival?.code}: ${node.rival?.message}`;

  beforeAll(async () => {
    up = await startFaultProxy();
    const master = await startMasterBehind(up, { env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1' } });
    user = await signIn(master.url);
    anna = await addSlave(user, { name: 'anna' });
  });
  afterAll(async () => {
    await closeAll();
    await up.close();
  });

  it('a copy of a slave, with its secret, its journal and its running work, is refused and drops that work', async () => {
    up.set({ rate: 60_000 });
    await user.put('/slow.bin', Buffer.alloc(300_000, 7));
    const { id } = await user.submit({
      kind: 'create-archive',
      sources: ['/slow.bin'],
      destination: '/slow.zip',
    });
    await eventually('anna is at work', async () => (await user.task(id)).parts[0]?.state === 'running');
    await anna.program.kill();
    const copied = await tempFolder('copy');
    await cp(anna.dataPath, copied, { recursive: true });
    await anna.restart();
    const confIni = `[System]\nMode = slave\nListen = 127.0.0.1:${await freePort()}\n[Slave]\nSecret = ${anna.secret}\n`;
    copy = await startSlave({ confIni, dataPath: copied, env: { LONGSHORE_SYSTEM_LOG_LEVEL: 'debug' } });

    const node = await eventually('the copy is refused', async () => {
      const found = await user.node('anna');
      return found.rival !== null && found;
    });
    expect(rivalOf(node)).toMatch(
      /^SLAVE_DUPLICATE: two slaves have the secret of "anna": the one at http:\/\/127\.0\.0\.1:\d+ is the node, the other, at 127\.0\.0\.1, is refused$/,
    );
    expect(node.rival?.hint).toMatch(/register it as a node of its own/);
    await eventually('the copy says why', async () => copy.log().includes('this slave is not the node'));
    const boot = await bootOf();
    up.heal();
    expect(await user.ended(id)).toMatchObject({ state: 'completed', nodes: ['anna'] });
    expect((await user.task(id)).parts[0]?.attempts).toHaveLength(1);
    expect(await bootOf()).toBe(boot);
    expect(anna.program.log()).not.toContain('SLAVE_DUPLICATE');
    expect(copy.log()).not.toContain('execution begins');
  });

  it('the real one that is started again is back at once, although the copy goes on to call', async () => {
    const before = await bootOf();
    await anna.program.kill();
    await anna.restart();
    await eventually('another start is the node', async () => (await bootOf()) !== before);
    await untilOnline(user, 'anna');
    await user.put('/again.txt', Buffer.from('x'));
    const { id } = await user.submit({
      kind: 'create-archive',
      sources: ['/again.txt'],
      destination: '/again.zip',
    });
    expect(await user.ended(id)).toMatchObject({ state: 'completed', nodes: ['anna'] });
  });

  it('with its address the node passes to the other one, and the first is refused', async () => {
    const before = await bootOf();
    await user.call('PATCH', '/api/v1/nodes/anna', { url: `http://127.0.0.1:${copy.port}` });
    await eventually('the other is the node', async () => (await bootOf()) !== before);
    await eventually('the first is refused', async () => anna.program.log().includes('SLAVE_DUPLICATE'));
    expect(rivalOf(await user.node('anna'))).toContain(
      `the one at http://127.0.0.1:${copy.port} is the node`,
    );
    const { id } = await user.submit({
      kind: 'create-archive',
      sources: ['/again.txt'],
      destination: '/third.zip',
    });
    expect(await user.ended(id)).toMatchObject({ state: 'completed', nodes: ['anna'] });
  });

  it('when the other is gone, so is the warning', async () => {
    await anna.program.stop();
    await eventually('no other', async () => (await user.node('anna')).rival === null);
  });

  it('two nodes cannot be registered at one address', async () => {
    const url = `http://127.0.0.1:${copy.port}`;
    const refusal = {
      status: 409,
      body: { error: { code: 'NODE_EXISTS', message: expect.stringContaining(url) } },
    };
    expect(
      await user.send('POST', '/api/v1/nodes', { body: { name: 'berta', url: `${url}/` } }),
    ).toMatchObject(refusal);
    await user.call('POST', '/api/v1/nodes', { name: 'berta', url: 'http://127.0.0.1:1' });
    expect(await user.send('PATCH', '/api/v1/nodes/berta', { body: { url } })).toMatchObject(refusal);
  });
});
