import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, startMasterBehind } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { clean, inspectData } from '../support/inspect-data.ts';
import { closeAll, type RunningMaster } from '../support/programs.ts';

describe('a slave that is killed for good while it has work', () => {
  let master: RunningMaster;
  let user: Api;
  let proxy: FaultProxy;
  const slaves: ClusterSlave[] = [];

  beforeAll(async () => {
    proxy = await startFaultProxy();
    master = await startMasterBehind(proxy, { env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1' } });
    user = await signIn(master.url);
    await user.put('/source.bin', randomBytes(400_000));
    for (const name of ['anna', 'berta', 'carla']) slaves.push(await addSlave(user, { name }));
  });
  afterAll(closeAll);

  it('A3 all work completes elsewhere, and refused connections cost no retry', async () => {
    proxy.set({ rate: 200_000 });
    const ids: string[] = [];
    const submit = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index += 1) {
        const destination = `/made-${ids.length}.zip`;
        const task = await user.submit({ kind: 'create-archive', sources: ['/source.bin'], destination });
        ids.push(task.id);
      }
    };
    await submit(20);
    const [victim, ...others] = slaves;
    await eventually('work on the victim', async () => {
      const node = await user.node(victim?.name ?? '');
      return node.leasedParts >= 5 && (node.vitals?.running ?? 0) > 0;
    });
    await victim?.program.kill();
    // It is still in the rotation, and refuses connections.
    await submit(10);
    proxy.heal();
    const spent: number[] = [];
    const ends: string[] = [];
    for (const id of ids) {
      const task = await user.ended(id, 60_000);
      expect(task).toMatchObject({ state: 'completed', error: null });
      const attempts = task.parts.flatMap((part) => part.attempts);
      const last = attempts.pop();
      expect(last?.state).toBe('completed');
      if (attempts.length > 0) expect(others.map(({ name }) => name)).toContain(last?.node);
      expect(attempts.every(({ node }) => node === victim?.name)).toBe(true);
      const states = attempts.map(({ state }) => state);
      expect(['', 'lost', 'undelivered']).toContain(states.join());
      ends.push(...states);
      spent.push(states.filter((state) => state === 'lost').length);
    }
    expect(ends.filter((state) => state === 'lost').length).toBeGreaterThan(4);
    expect(ends).toContain('undelivered');
    expect(retriesSpent(master.dataPath, ids)).toEqual(spent);
    expect((await user.node(victim?.name ?? '')).health).toBe('offline');
  });

  it('A3 nothing is left of the attempts that died', async () => {
    for (const { program } of slaves.slice(1)) expect(await program.stop()).toBe(0);
    expect(await master.stop()).toBe(0);
    expect(await inspectData(master.dataPath)).toMatchObject({ ...clean, orphans: 0, abandoned: 0 });
  });
});

/** How much the parts have used of what they may lose before they are given up, in the order of their tasks. */
function retriesSpent(dataPath: string, taskIds: readonly string[]): number[] {
  const database = new DatabaseSync(join(dataPath, 'longshore.db'), { readOnly: true });
  try {
    const lost = database.prepare('select lost_leases as lost from parts where task_id = ?');
    return taskIds.map((id) => Number(lost.get(id)?.lost));
  } finally {
    database.close();
  }
}
