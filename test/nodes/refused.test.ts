import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { AttemptView } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave } from '../support/cluster.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { closeAll, type RunningMaster, startMaster } from '../support/programs.ts';

describe('a node that calls, but cannot be called', () => {
  let master: RunningMaster;
  let user: Api;
  let toAnna: FaultProxy;
  let count = 0;

  beforeAll(async () => {
    toAnna = await startFaultProxy();
    master = await startMaster({ embeddedNode: false });
    user = await signIn(master.url);
    await user.put('/tiny.txt', Buffer.from('tiny'));
    await addSlave(user, { name: 'anna', via: toAnna });
    await addSlave(user, { name: 'berta' });
  });
  afterAll(closeAll);

  async function run(): Promise<{ nodes: string[]; attempts: AttemptView[] }> {
    count += 1;
    const { id } = await user.submit({
      kind: 'create-archive',
      sources: ['/tiny.txt'],
      destination: `/tiny-${count}.zip`,
    });
    const task = await user.ended(id);
    expect(task).toMatchObject({ state: 'completed' });
    return { nodes: task.nodes, attempts: task.parts.flatMap(({ attempts }) => attempts) };
  }

  it('N7 a node that only refuses connections burns no retries: its work goes elsewhere, it is tried ever more seldom, and it returns', async () => {
    await toAnna.shut();
    const refused: AttemptView[] = [];
    while (refused.length < 4) {
      const { attempts } = await run();
      refused.push(...attempts.filter(({ state }) => state === 'undelivered'));
      expect(attempts.at(-1)).toMatchObject({ state: 'completed', node: 'berta' });
    }
    for (const attempt of refused) {
      expect(attempt).toMatchObject({ node: 'anna', error: { code: 'NODE_REFUSED' } });
    }
    const pausesMs = refused
      .slice(1)
      .map(({ startedAtMs }, at) => startedAtMs - (refused[at]?.startedAtMs ?? 0));
    for (const [at, leastMs] of [1_000, 2_000, 4_000].entries())
      expect(pausesMs[at]).toBeGreaterThanOrEqual(leastMs);
    expect(await user.node('anna')).toMatchObject({ health: 'online', quarantine: null });
    const database = new DatabaseSync(join(master.dataPath, 'longshore.db'), { readOnly: true });
    expect(database.prepare('select sum(lost_leases) as lost from parts').get()).toEqual({ lost: 0 });
    database.close();

    const { attempts } = await run();
    expect(attempts).toMatchObject([{ reason: expect.stringContaining('anna: unreachable, NODE_REFUSED') }]);
    await toAnna.reopen();
    for (let nodes: string[] = []; !nodes.includes('anna'); ) ({ nodes } = await run());
  });
});
