import { randomBytes } from 'node:crypto';
import type { Node } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { freePort, startMasterBehind, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { closeAll, startSlave } from '../support/programs.ts';
import { sendSigned } from '../support/signed-peer.ts';

type Side = { readonly name: string; readonly admin: Api; readonly secret: string; readonly way: FaultProxy };

describe('one slave of two masters', () => {
  let url: string;
  let anna: Side;
  let berta: Side;

  async function side(name: string): Promise<Side> {
    const way = await startFaultProxy();
    const master = await startMasterBehind(way, { env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1' } });
    const admin = await signIn(master.url);
    const { secret } = await admin.call<{ node: Node; secret: string }>('POST', '/api/v1/nodes', {
      name: `shared-by-${name}`,
      url,
      capabilities: ['create-archive', 'extract-archive'],
    });
    await admin.put('/big.bin', randomBytes(4_000_000));
    return { name, admin, secret, way };
  }

  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    [anna, berta] = await Promise.all([side('anna'), side('berta')]);
    await startSlave({
      confIni: `[Slave]\nSecret = ${anna.secret}, ${berta.secret}\n`,
      listen: `127.0.0.1:${port}`,
      env: { LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_WORKER_NUM: '8' },
    });
    for (const { admin, name } of [anna, berta]) await untilOnline(admin, `shared-by-${name}`);
  });
  afterAll(closeAll);

  const compress = ({ admin, name }: Side, count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, at) =>
        admin.submit({
          kind: 'create-archive',
          sources: ['/big.bin'],
          destination: `/of-${name}-${crypto.randomUUID()}-${at}.zip`,
        }),
      ),
    );
  const running = ({ admin }: Side, id: string) =>
    eventually(`${id} runs`, async () => {
      const task = await admin.task(id);
      return task.parts[0]?.state === 'running' && task;
    });

  it('S6 runs the tasks of both at the same time, and each sees its own only', async () => {
    for (const { way } of [anna, berta]) way.set({ rate: 1_000_000 });
    const [ofAnna, ofBerta] = await Promise.all([compress(anna, 3), compress(berta, 3)]);
    for (const { id } of ofAnna) await running(anna, id);
    for (const { id } of ofBerta) await running(berta, id);
    for (const { admin, name } of [anna, berta]) {
      await eventually('the heartbeat counts the work of both, the lease only its own', async () => {
        const node = await admin.node(`shared-by-${name}`);
        return node.vitals?.running === 6 && node.leasedParts === 3;
      });
    }
    for (const { way } of [anna, berta]) way.heal();
    for (const [own, tasks, other] of [
      [anna, ofAnna, berta],
      [berta, ofBerta, anna],
    ] as const) {
      for (const { id } of tasks) {
        expect(await own.admin.ended(id)).toMatchObject({
          state: 'completed',
          nodes: [`shared-by-${own.name}`],
        });
        expect((await other.admin.send('GET', `/api/v1/tasks/${id}`)).status).toBe(404);
      }
    }
  });

  it('S6 a cancel of one stops nothing of the other, not even when it names its attempt', async () => {
    for (const { way } of [anna, berta]) way.set({ rate: 400_000 });
    const [[ofAnna], [ofBerta]] = await Promise.all([compress(anna, 1), compress(berta, 1)]);
    if (ofAnna === undefined || ofBerta === undefined) return expect.unreachable();
    const [part] = (await running(anna, ofAnna.id)).parts;
    const attempt = { partId: part?.id, attempt: 1 };
    await running(berta, ofBerta.id);
    for (const reason of ['user', 'lease-lost']) {
      const answer = await sendSigned(url, {
        secret: berta.secret,
        method: 'POST',
        target: '/slave/v1/attempts/cancel',
        body: { attempts: [{ ...attempt, reason }] },
      });
      expect(answer).toMatchObject({ status: 202, body: { unknown: [attempt] } });
    }
    await berta.admin.call('POST', `/api/v1/tasks/${ofBerta.id}/cancel`);
    await eventually('only the work of anna is left', async () => {
      const { vitals } = await berta.admin.node('shared-by-berta');
      return vitals?.running === 1;
    });
    for (const { way } of [anna, berta]) way.heal();
    const done = await anna.admin.ended(ofAnna.id);
    expect(done).toMatchObject({ state: 'completed' });
    expect(done.parts.map((one) => one.attempts.length)).toEqual([1]);
  });

  it('S6 a master that is down does not hold up the other', async () => {
    berta.way.set({ refusing: true });
    berta.way.cutAll();
    const tasks = await compress(anna, 3);
    for (const { id } of tasks) expect(await anna.admin.ended(id)).toMatchObject({ state: 'completed' });
    berta.way.heal();
    const [task] = await compress(berta, 1);
    expect(await berta.admin.ended(task?.id ?? '', 60_000)).toMatchObject({ state: 'completed' });
  });
});
