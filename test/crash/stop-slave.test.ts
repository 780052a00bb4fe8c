import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, startMasterBehind } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { closeAll } from '../support/programs.ts';

const graceMs = 2_000;

describe('a slave that is stopped while its work outlasts the grace period', () => {
  let user: Api;
  let way: FaultProxy;
  let anna: ClusterSlave;

  beforeAll(async () => {
    way = await startFaultProxy();
    const master = await startMasterBehind(way, { env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1' } });
    user = await signIn(master.url);
    const env = {
      LONGSHORE_SYSTEM_GRACE_PERIOD: String(graceMs / 1000),
      LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_WORKER_NUM: '2',
    };
    anna = await addSlave(user, { name: 'anna', env });
    await user.put('/big.bin', randomBytes(6_000_000));
  });
  afterAll(closeAll);

  it('A7 S4 it ends with 0 in time, hands back what runs and what waits, and another node does all of it once', async () => {
    way.set({ rate: 300_000 });
    const tasks = await Promise.all(
      Array.from({ length: 3 }, (_, at) =>
        user.submit({ kind: 'create-archive', sources: ['/big.bin'], destination: `/copy-${at}.zip` }),
      ),
    );
    await eventually('two run and one waits', async () => {
      const { vitals } = await user.node('anna');
      return vitals?.running === 2 && vitals.queued === 1;
    });
    const startMs = performance.now();
    expect(await anna.program.stop()).toBe(0);
    expect(performance.now() - startMs).toBeLessThan(graceMs + 15_000);
    expect(await anna.leftovers()).toEqual([]);
    for (const { id } of tasks) {
      const [part] = (await user.task(id)).parts;
      expect(part?.attempts.map(({ state, error }) => [state, error?.code])).toEqual([
        ['returned', 'SHUTTING_DOWN'],
      ]);
    }
    way.heal();
    await addSlave(user, { name: 'berta' });
    for (const { id } of tasks) {
      const ended = await user.ended(id);
      expect(ended).toMatchObject({ state: 'completed', nodes: ['anna', 'berta'] });
      expect(ended.outputs).toHaveLength(1);
    }
  });
});
