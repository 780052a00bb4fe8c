/** Archives through the whole system: files in a master's store, a slave that reads and writes them over tickets. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CreateFormat, files, type SubmitTask } from '@longshore/protocol';
import { adminPassword } from '../../test/support/programs.ts';
import { cliUser } from '../../test/support/run-cli.ts';
import { cpuSeconds, residentBytes, startCluster } from '../lib/cluster.ts';

export type TaskSample = {
  /** From the submit until the task has ended. */
  readonly seconds: number;
  readonly slaveCpu: number;
  readonly masterCpu: number;
  /** The slave's peak of resident memory. */
  readonly peakMiB: number;
};

export type WholeSystem = {
  /** Uploads a folder; archives of it are made and extracted by its name. */
  put(folder: string): Promise<void>;
  /** Of what is at the top. */
  remove(names: readonly string[]): Promise<void>;
  /** Replaces the archive that was made before. */
  create(name: string, format: CreateFormat): Promise<TaskSample & { readonly bytes: number }>;
  /** Replaces what was extracted before. The archive must have been made. */
  extract(name: string, format: CreateFormat): Promise<TaskSample & { readonly bytes: number }>;
};

/** `closeAll` of the test support ends it. The store is in `folder`. */
export async function startWholeSystem(folder: string): Promise<WholeSystem> {
  await mkdir(folder, { recursive: true });
  const cluster = await startCluster([{ name: 'a', weight: 1, port: 5431 }], {
    dataPath: join(folder, 'master'),
  });
  const slavePid = cluster.slaves[0]?.child.pid;
  const masterPid = cluster.master.child.pid;
  const cli = cliUser(folder);
  const run = async (args: string[], input = ''): Promise<void> => {
    const { code, stderr } = await cli.run(args, { input });
    if (code !== 0) throw new Error(`longshore ${args.join(' ')}: ${stderr}`);
  };
  await run(['login', cluster.master.url, '--user', 'admin', '--password-stdin'], `${adminPassword}\n`);

  async function remove(names: readonly string[]): Promise<void> {
    const { entries } = await cluster.call(files.listFolder, { query: { path: '/' } });
    const paths = entries.filter(({ name }) => names.includes(name)).map(({ path }) => path);
    if (paths.length > 0) await cluster.call(files.remove, { body: { paths } });
  }

  async function measure(task: SubmitTask): Promise<TaskSample> {
    const before = { slave: cpuSeconds(slavePid), master: cpuSeconds(masterPid) };
    // Forgets the peak so far.
    await writeFile(`/proc/${slavePid}/clear_refs`, '5');
    const ended = await cluster.complete(task);
    return {
      seconds: ((ended.finishedAtMs ?? 0) - ended.createdAtMs) / 1000,
      slaveCpu: cpuSeconds(slavePid) - before.slave,
      masterCpu: cpuSeconds(masterPid) - before.master,
      peakMiB: residentBytes(slavePid).peak / 2 ** 20,
    };
  }

  const common = { conflict: 'fail', node: null, priority: 'normal', password: null } as const;
  return {
    put: (input) => run(['put', input, '/']),
    remove,
    async create(name, format) {
      const archive = `/${name}.${format}`;
      await remove([`${name}.${format}`]);
      const sample = await measure({
        ...common,
        kind: 'create-archive',
        sources: [`/${name}`],
        destination: archive,
        level: 'normal',
      });
      const { sizeBytes } = await cluster.call(files.stat, { query: { path: archive } });
      return { ...sample, bytes: sizeBytes };
    },
    async extract(name, format) {
      await remove(['out']);
      const sample = await measure({
        ...common,
        kind: 'extract-archive',
        source: `/${name}.${format}`,
        destination: '/out',
        select: [],
        encoding: null,
        onUnsafe: 'fail',
      });
      const { bytes } = await cluster.call(files.summarize, { body: { paths: ['/out'] } });
      return { ...sample, bytes };
    },
  };
}
