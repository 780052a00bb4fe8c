import { randomBytes } from 'node:crypto';
import type { Node, TaskDetail } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, startMasterBehind } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { closeAll } from '../support/programs.ts';

describe('a node taken out of service while it works', () => {
  let user: Api;
  /** The way of the slaves to the files. */
  let up: FaultProxy;
  let count = 0;

  beforeAll(async () => {
    up = await startFaultProxy();
    const master = await startMasterBehind(up);
    user = await signIn(master.url);
    await user.put('/some.bin', randomBytes(500_000));
    const env = { LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_WORKER_NUM: '2' };
    await addSlave(user, { name: 'anna', env });
    await addSlave(user, { name: 'berta', env });
  });
  afterAll(closeAll);

  const submit = async (): Promise<string> => {
    count += 1;
    const destination = `/some-${count}.zip`;
    const { id } = await user.submit({ kind: 'create-archive', sources: ['/some.bin'], destination });
    return id;
  };
  const picksOf = async (name: string): Promise<number> =>
    (await user.node(name)).picks['create-archive'] ?? 0;
  const attemptsOf = (task: TaskDetail) => task.parts.flatMap(({ attempts }) => attempts);

  it.each([
    ['drained', { draining: true }, { draining: false }],
    ['disabled', { enabled: false }, { enabled: true }],
  ])(
    'N6 %s under load: what it runs and what waits on it is finished there, and nothing new comes',
    async (_, out, back) => {
      // The work outlasts some heartbeats, which tell what runs.
      up.set({ rate: 30_000 });
      const ids = await Promise.all(Array.from({ length: 12 }, submit));
      await eventually(
        'anna works on two and has one waiting',
        async () => {
          const { vitals, leasedParts } = await user.node('anna');
          return vitals?.running === 2 && leasedParts === 3;
        },
        60_000,
      );
      const edited = await user.call<Node>('PATCH', '/api/v1/nodes/anna', out);
      expect(edited.leasedParts).toBeGreaterThan(0);
      const picks = await picksOf('anna');
      ids.push(...(await Promise.all(Array.from({ length: 3 }, submit))));
      up.heal();
      const tasks = await Promise.all(ids.map((id) => user.ended(id, 120_000)));
      for (const task of tasks) {
        expect(task).toMatchObject({ state: 'completed' });
        expect(attemptsOf(task)).toHaveLength(1);
      }
      expect(await picksOf('anna')).toBe(picks);
      expect(tasks.flatMap(attemptsOf).filter(({ node }) => node === 'anna').length).toBeGreaterThanOrEqual(
        3,
      );
      await user.call('PATCH', '/api/v1/nodes/anna', back);
    },
  );
});
