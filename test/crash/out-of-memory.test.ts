import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, startMasterBehind, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { clean, inspectData } from '../support/inspect-data.ts';
import { closeAll, type RunningMaster, startMaster } from '../support/programs.ts';
import { contentsOfArchive, describeBytes } from '../support/user-files.ts';

/** What stands for a fault of ours that nobody knows yet: it begins at a signal, in a program that is otherwise as it is. */
const faults = {
  'fill the heap': 'const kept = []; for (;;) kept.push(new Array(100_000).fill(kept.length));',
  'reject a promise that nobody looks at': 'Promise.reject(new Error("nobody looks at this"));',
};
const withFault = (fault: keyof typeof faults): Record<string, string> => {
  const script = `process.on('SIGUSR2', () => { ${faults[fault]} });`;
  return {
    NODE_OPTIONS: `--max-old-space-size=64 --import=data:text/javascript,${encodeURIComponent(script)}`,
  };
};

const content = randomBytes(3_000_000);
const bytesPerSecond = 600_000;

describe('a program that comes to its end by its own fault', () => {
  afterAll(closeAll);

  describe('a slave', () => {
    let master: RunningMaster;
    let user: Api;
    const proxy = startFaultProxy();

    beforeAll(async () => {
      master = await startMasterBehind(await proxy, { env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '3' } });
      user = await signIn(master.url);
      await user.put('/some.bin', content);
    });

    it.each([
      { name: 'anna', fault: 'fill the heap', tells: /JavaScript heap out of memory/ },
      {
        name: 'berta',
        fault: 'reject a promise that nobody looks at',
        tells: /"level":"fatal".*nobody looks at this.*"code":"INTERNAL","origin":"unhandledRejection"/,
      },
    ] as const)(
      'A10 does not exit with 0 when it has to $fault, and its task completes after a restart',
      async ({ name, fault, tells }) => {
        const env = { ...withFault(fault), LONGSHORE_SYSTEM_LOG_FORMAT: 'json' };
        const slave = await addSlave(user, { name, env });
        (await proxy).set({ rate: bytesPerSecond });
        const destination = `/made-${name}.zip`;
        const task = await user.submit({
          kind: 'create-archive',
          sources: ['/some.bin'],
          destination,
          node: name,
        });
        await eventually('work under way', async () => {
          const [attempt] = (await user.task(task.id)).parts[0]?.attempts ?? [];
          return attempt?.state === 'running' && attempt.readBytes > 500_000;
        });
        slave.program.child.kill('SIGUSR2');
        await slave.program.ended();
        const { exitCode, signalCode } = slave.program.child;
        expect(exitCode ?? signalCode).not.toBe(0);
        expect(slave.program.log()).toMatch(tells);

        (await proxy).heal();
        await slave.restart();
        const done = await user.ended(task.id, 60_000);
        expect(done).toMatchObject({ state: 'completed', error: null });
        expect(done.parts[0]?.attempts).toMatchObject([{ node: name, state: 'completed' }]);
        expect(await contentsOfArchive(user, destination)).toEqual({ 'some.bin': describeBytes(content) });
        await untilOnline(user, name);
        expect(await slave.program.stop()).toBe(0);
        expect(await slave.leftovers()).toEqual([]);
      },
    );

    it('A10 nothing is left behind', async () => {
      expect(await master.stop()).toBe(0);
      expect(await inspectData(master.dataPath)).toMatchObject({ ...clean, orphans: 0, abandoned: 0 });
    });
  });

  it('A10 the embedded node is started again by its master, and its task completes', async () => {
    const master = await startMaster({
      env: { ...withFault('fill the heap'), LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1' },
    });
    const user = await signIn(master.url);
    await untilOnline(user, 'embedded');
    const first = embeddedNodeOf(master.dataPath);
    await user.put('/some.bin', content);
    process.kill(first, 'SIGUSR2');
    const task = await user.submit({
      kind: 'create-archive',
      sources: ['/some.bin'],
      destination: '/made.zip',
    });
    expect(await user.ended(task.id, 60_000)).toMatchObject({ state: 'completed', error: null });
    expect(embeddedNodeOf(master.dataPath)).not.toBe(first);
    expect(master.log()).toMatch(
      /"code":"SIG(ABRT|TRAP|ILL)".*"msg":"embedded node ended, starting it again"/,
    );
    expect(await contentsOfArchive(user, '/made.zip')).toEqual({ 'some.bin': describeBytes(content) });
  });

  it('A10 a master says in its log what nobody has handled, and does not exit with 0', async () => {
    const master = await startMaster({
      embeddedNode: false,
      env: withFault('reject a promise that nobody looks at'),
    });
    master.child.kill('SIGUSR2');
    await master.ended();
    expect(master.child.exitCode).toBe(1);
    expect(master.log()).toMatch(/"level":"fatal".*nobody looks at this.*"code":"INTERNAL"/);
  });
});

/** The process id of the slave that a master runs. */
function embeddedNodeOf(dataPath: string): number {
  const found = readdirSync('/proc').find((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      return readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes(`${dataPath}/embedded-node/conf.ini`);
    } catch {
      // It ended between the listing and the look.
      return false;
    }
  });
  if (found === undefined) throw new Error('no embedded node');
  return Number(found);
}
