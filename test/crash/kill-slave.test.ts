import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TaskDetail } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn, type TaskRequest } from '../support/api.ts';
import { addSlave, type ClusterSlave, startMasterBehind, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { makeTree } from '../support/file-trees.ts';
import { clean, inspectData } from '../support/inspect-data.ts';
import { closeAll, type RunningMaster, tempFolder } from '../support/programs.ts';
import {
  type Contents,
  contentsOf,
  contentsOfArchive,
  contentsOfFolder,
  putTree,
} from '../support/user-files.ts';

const run = promisify(execFile);

/**
 * Two slaves whose way to the master is slow enough to be killed in the middle of any work. The archives of the large
 * tree are above the threshold for sharing, those of the small one below.
 */
const bytesPerSecond = 4_000_000;
const splitAbove = '8 MiB';
const trees = { small: 5_000_000, large: 12_000_000 };

type Kind = {
  name: string;
  request: TaskRequest;
  check: (user: Api) => Promise<Contents>;
  tree: keyof typeof trees | 'linked';
};

const kinds = (suffix: string): Kind[] => [
  ...(['zip', 'tar.gz'] as const).map((format): Kind => {
    const destination = `/made-${suffix}.${format}`;
    return {
      name: `create ${format}`,
      tree: 'small',
      request: { kind: 'create-archive', sources: ['/small'], destination },
      check: (user) => contentsOfArchive(user, destination),
    };
  }),
  {
    name: 'split create',
    tree: 'large',
    request: { kind: 'create-archive', sources: ['/large'], destination: `/pieces-${suffix}.zip` },
    check: (user) => contentsOfArchive(user, `/pieces-${suffix}.zip`),
  },
  ...(
    [
      ['small.zip', 'extract zip', 'small'],
      ['small.tar.gz', 'extract tar.gz', 'small'],
      ['linked.tar', 'extract tar with hard links', 'linked'],
      ['large.zip', 'split extract', 'large'],
    ] as const
  ).map(([archive, name, tree]): Kind => {
    const destination = `/out-${suffix}-${archive}`;
    return {
      name,
      tree,
      request: { kind: 'extract-archive', source: `/${archive}`, destination },
      check: (user) => contentsOf(user, destination),
    };
  }),
];

describe.each([
  { fate: 'and it comes back while its lease holds', heartbeat: '3' },
  { fate: 'and it does not come back', heartbeat: '1' },
])('kill -9 of a slave in the middle of its work, $fate', ({ fate, heartbeat }) => {
  const comesBack = fate.includes('lease');
  let master: RunningMaster;
  let user: Api;
  let proxy: FaultProxy;
  const slaves: ClusterSlave[] = [];
  const expected: Record<string, Contents> = {};

  beforeAll(async () => {
    proxy = await startFaultProxy();
    master = await startMasterBehind(proxy, {
      env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: heartbeat, LONGSHORE_TASKS_SPLIT_ABOVE: splitAbove },
    });
    user = await signIn(master.url);
    const folder = await tempFolder('trees');
    for (const [name, largeBytes] of Object.entries(trees)) {
      await makeTree(join(folder, name), { files: 60, largeBytes: largeBytes / 2 });
      await makeTree(join(folder, name, 'more'), { files: 0, largeBytes: largeBytes / 2 });
      await putTree(user, join(folder, name), `/${name}`);
      expected[name] = await expectedOf(folder, name);
    }
    for (const name of ['anna', 'berta']) slaves.push(await addSlave(user, { name }));
    for (const archive of ['small.zip', 'small.tar.gz', 'large.zip']) {
      const source = `/${archive.split('.')[0]}`;
      const made = await user.submit({
        kind: 'create-archive',
        sources: [source],
        destination: `/${archive}`,
      });
      expect(await user.ended(made.id)).toMatchObject({ state: 'completed' });
    }
    await makeLinkedTree(join(folder, 'linked'));
    await run('tar', ['--sort=name', '-cf', join(folder, 'linked.tar'), 'linked'], { cwd: folder });
    await user.put('/linked.tar', await readFile(join(folder, 'linked.tar')));
    expected.linked = await expectedOf(folder, 'linked');
    proxy.set({ rate: bytesPerSecond });
  });
  afterAll(closeAll);

  it.each(kinds(comesBack ? 'again' : 'gone'))(
    'A1 A2 A3 S3 $name',
    async ({ request, check, tree, name }) => {
      const { id } = await user.submit(request);
      const [victim, at] = await eventually('work under way', async () => {
        const task = await user.task(id);
        const part = task.parts.find(
          ({ progress }) => progress.bytesDone > (progress.bytesTotal ?? trees.small) / 5,
        );
        const slave = slaves.find((one) => one.name === part?.attempts.at(-1)?.node);
        return (
          part !== undefined &&
          slave !== undefined &&
          part.state === 'running' &&
          ([slave, part.ordinal] as const)
        );
      });
      await victim.program.kill();
      if (comesBack) await victim.restart();
      const task = await user.ended(id, 60_000);

      expect(task).toMatchObject({ state: 'completed', error: null, rejectedEntries: 0 });
      expect(await check(user)).toEqual(expected[tree]);
      expect(task.parts).toHaveLength({ 'split extract': 2, 'split create': 3 }[name] ?? 1);
      const attempts = attemptsOf(task, at);
      if (comesBack) {
        expect(attempts).toEqual([`completed by ${victim.name}`]);
        const tries = task.parts[at]?.attempts[0]?.events.map(({ event }) => event);
        expect(tries).toEqual(expect.arrayContaining(['try 1', 'try 2', 'completed']));
      } else {
        const other = slaves.find((slave) => slave !== victim);
        expect(attempts).toEqual([`lost by ${victim.name}`, `completed by ${other?.name}`]);
        await victim.restart();
      }
      await untilOnline(user, victim.name);
      await eventually('the node that was killed drops what it lost', async () => {
        const { vitals } = await user.node(victim.name);
        return vitals?.running === 0 && vitals.queued === 0;
      });
      for (const slave of slaves) expect(await slave.leftovers()).toEqual([]);
    },
  );

  it('A1 nothing is left of the attempts that died', async () => {
    for (const { program } of slaves) expect(await program.stop()).toBe(0);
    expect(await master.stop()).toBe(0);
    expect(await inspectData(master.dataPath)).toMatchObject({ ...clean, orphans: 0, abandoned: 0 });
  });
});

/** Small files, large ones, and at last other names of the small ones: by then these have been reported. */
async function makeLinkedTree(folder: string): Promise<void> {
  await mkdir(folder);
  for (let index = 0; index < 40; index += 1) {
    await writeFile(join(folder, `a-${index}`), randomBytes(2_000));
    await link(join(folder, `a-${index}`), join(folder, `z-${index}`));
  }
  for (const name of ['m-0', 'm-1']) await writeFile(join(folder, name), randomBytes(trees.small / 2));
}

async function expectedOf(folder: string, name: string): Promise<Contents> {
  const contents = Object.entries(await contentsOfFolder(join(folder, name)));
  return Object.fromEntries([
    [name, 'folder'],
    ...contents.map(([path, content]) => [`${name}/${path}`, content]),
  ]);
}

const attemptsOf = (task: TaskDetail, ordinal: number): string[] =>
  task.parts[ordinal]?.attempts.map(({ state, node }) => `${state} by ${node}`) ?? [];
