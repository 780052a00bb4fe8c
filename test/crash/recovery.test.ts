import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, freePort, startMasterBehind, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { closeAll, type RunningMaster, tempFolder } from '../support/programs.ts';
import { contentsOfArchive, describeBytes } from '../support/user-files.ts';

const declaredMs = 20_000;
const movedMs = 30_000;

/** With the settings that everybody has: nothing is set but where things are. */
describe('how long it takes by default until the work of a dead slave runs elsewhere', () => {
  let master: RunningMaster;
  let user: Api;
  let up: FaultProxy;
  const slaves: ClusterSlave[] = [];
  const content = randomBytes(3_000_000);
  let start: () => Promise<RunningMaster>;

  beforeAll(async () => {
    up = await startFaultProxy();
    const listen = `127.0.0.1:${await freePort()}`;
    const dataPath = await tempFolder('master');
    start = () => startMasterBehind(up, { listen, dataPath });
    master = await start();
    user = await signIn(master.url);
    await user.put('/big.bin', content);
    for (const name of ['anna', 'berta']) slaves.push(await addSlave(user, { name }));
  });
  afterAll(closeAll);

  it.each([
    ['A1 A3 the slave is killed', false],
    ['A1 A5 the slave and the master are killed at once', true],
  ])('%s', async (_, withMaster) => {
    up.set({ rate: 300_000 });
    const destination = `/${crypto.randomUUID()}.zip`;
    const { id } = await user.submit({ kind: 'create-archive', sources: ['/big.bin'], destination });
    const victim = await eventually('work under way', async () => {
      const [part] = (await user.task(id)).parts;
      return part?.state === 'running' && slaves.find(({ name }) => name === part.attempts[0]?.node);
    });
    const killedMs = performance.now();
    await victim.program.kill();
    if (withMaster) {
      await master.kill();
      master = await start();
    }
    const declared = eventually(
      'it counts as gone',
      async () =>
        (await user.node(victim.name)).health === 'offline' && Math.ceil(performance.now() - killedMs),
    );
    const moved = eventually('its work runs elsewhere', async () => {
      const [part] = (await user.task(id)).parts;
      return (
        part?.state === 'running' && part.attempts.length === 2 && Math.ceil(performance.now() - killedMs)
      );
    });
    expect(await declared).toBeLessThan(declaredMs);
    expect(await moved).toBeLessThan(movedMs);
    up.heal();
    const task = await user.ended(id, 60_000);
    const other = slaves.find((slave) => slave !== victim);
    expect(task.parts[0]?.attempts.map(({ state, node }) => `${state} by ${node}`)).toEqual([
      `lost by ${victim.name}`,
      `completed by ${other?.name}`,
    ]);
    expect(await contentsOfArchive(user, destination)).toEqual({ 'big.bin': describeBytes(content) });
    await victim.restart();
    await untilOnline(user, victim.name);
  });
});
