import { randomBytes } from 'node:crypto';
import { slaveRoutes, type TaskDetail } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn, type TaskRequest } from '../support/api.ts';
import { addSlave, type ClusterSlave, freePort, startMasterBehind } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type Fault, type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { clean, inspectData } from '../support/inspect-data.ts';
import { closeAll, type RunningMaster, tempFolder } from '../support/programs.ts';
import { contentsOfArchive, describeBytes } from '../support/user-files.ts';

/** The master is killed at each point where something is known on one side only. */
describe('kill -9 of the master at each point of the life of a task', () => {
  let master: RunningMaster;
  let user: Api;
  /** The slave's way to the master, and the master's way to the slave. */
  let up: FaultProxy;
  let down: FaultProxy;
  let slave: ClusterSlave;
  let start: () => Promise<RunningMaster>;
  const content = randomBytes(100_000);
  const made: string[] = [];

  beforeAll(async () => {
    up = await startFaultProxy();
    down = await startFaultProxy();
    const listen = `127.0.0.1:${await freePort()}`;
    const dataPath = await tempFolder('master');
    const env = { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '2' };
    start = () => startMasterBehind(up, { listen, dataPath, env });
    master = await start();
    user = await signIn(master.url);
    await user.put('/source.bin', content);
    slave = await addSlave(user, { name: 'anna', via: down });
  });
  afterAll(closeAll);

  const dispatch = `POST ${slaveRoutes.attempts} `;
  const completed = '"type":"completed"';
  const stateIs = (state: string) => (task: TaskDetail) => task.parts[0]?.state === state;

  it.each<{
    point: string;
    way: 'up' | 'down';
    hold: NonNullable<Fault['hold']>;
    /** What the master knows of it when it is killed. */
    known: (task: TaskDetail) => boolean;
  }>([
    {
      point: 'after the lease, before the dispatch',
      way: 'down',
      hold: { text: dispatch, what: 'request' },
      known: stateIs('leased'),
    },
    {
      point: 'after the dispatch, before its answer',
      way: 'down',
      hold: { text: dispatch, what: 'answer' },
      known: () => true,
    },
    {
      point: 'after the outputs, before their report',
      way: 'up',
      hold: { text: completed, what: 'request' },
      known: (task) => !stateIs('completed')(task),
    },
    {
      point: 'after the report, before its answer',
      way: 'up',
      hold: { text: completed, what: 'answer' },
      known: stateIs('completed'),
    },
  ])('A5 $point: nothing is lost and nothing doubled', async ({ point, way, hold, known }) => {
    const proxy = { up, down }[way];
    const before = proxy.strikes();
    proxy.set({ hold });
    const destination = `/${point.replaceAll(/\W+/g, '-')}.zip`;
    made.push(destination.slice(1));
    const key = crypto.randomUUID();
    const request: TaskRequest = { kind: 'create-archive', sources: ['/source.bin'], destination };
    const { id } = await user.submit(request, key);
    await eventually('the point is reached', async () => proxy.strikes() > before);
    await eventually('what the master knows then', async () => known(await user.task(id)));
    await master.kill();
    proxy.heal();
    master = await start();
    expect((await user.submit(request, key)).id).toBe(id);

    const task = await user.ended(id, 60_000);
    expect(task).toMatchObject({ state: 'completed', error: null, outputs: [destination] });
    const attempts = task.parts.flatMap((part) => part.attempts.map(({ state }) => state));
    expect(attempts.filter((state) => state !== 'lost')).toEqual(['completed']);
    expect(await contentsOfArchive(user, destination)).toEqual({ 'source.bin': describeBytes(content) });
    const { entries } = await user.call<{ entries: { name: string }[] }>('GET', '/api/v1/files?path=/');
    expect(entries.map(({ name }) => name).toSorted()).toEqual([...made, 'source.bin'].toSorted());
    await eventually('the slave holds nothing', async () => {
      const { vitals, leasedParts } = await user.node('anna');
      return vitals?.running === 0 && vitals.queued === 0 && leasedParts === 0;
    });
  });

  it('A5 nothing is left', async () => {
    expect(await slave.program.stop()).toBe(0);
    expect(await slave.leftovers()).toEqual([]);
    expect(await master.stop()).toBe(0);
    expect(await inspectData(master.dataPath)).toMatchObject(clean);
  });
});
