/**
 * One large zip extracted, or made, by one slave and by two, each of one thread and on a processor of its own: what sharing
 * gains, and from which size on it pays. A real master; the same bytes, the same two slaves; rounds interleaved.
 *
 *   node bench/archive/two-slaves.ts [--work extract,create] [--sizes 16,32,64] [--rounds 3] [--bandwidth 40MB]
 *     [--cpu 0.4] [--entry-kib 1024] [--level normal]
 *
 * `--sizes` are, in MiB, what `SplitAbove` is compared with: the archive that is extracted, or the files that are compressed.
 * `--bandwidth` bounds what each slave transfers each second, as a machine elsewhere is bounded by its line. `--cpu` is the
 * share of a core that each slave gets (as root): on a machine that has not a core for each of three programs, slaves that
 * cannot take the time of each other or of the master.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type EndpointInput, files, Level, type tasks } from '@longshore/protocol';
import type { ArchiveMember } from '../../packages/slave/src/archive/ports.ts';
import { archiveOf, fileMember } from '../../packages/slave/src/archive/test-support/run-archive.ts';
import { createArchiveThreads } from '../../packages/slave/src/archive/threads/archive-threads.ts';
import { cpuSeconds, percentile, startCluster } from '../lib/cluster.ts';
import { limitCpu } from '../lib/limit-cpu.ts';
import { removeAtEnd } from '../lib/remove-at-end.ts';

const { values } = parseArgs({
  options: {
    work: { type: 'string', default: 'extract,create' },
    level: { type: 'string', default: 'normal' },
    sizes: { type: 'string', default: '16,32,64,128,256,512' },
    rounds: { type: 'string', default: '3' },
    bandwidth: { type: 'string', default: '0' },
    cpu: { type: 'string', default: '' },
    'entry-kib': { type: 'string', default: '1024' },
    folder: { type: 'string', default: '/dev/shm' },
  },
});
const rounds = Number(values.rounds);
const entryBytes = Number(values['entry-kib']) * 1024;
const folder = await mkdtemp(join(values.folder, 'longshore-two-'));

const cleanUp = removeAtEnd(folder);

const text = Buffer.alloc(16 * 2 ** 20 + entryBytes);
for (let at = 0, second = 0; at < text.length; second += 0.013) {
  const line = `2026-01-01T${second.toFixed(3)}Z GET /files/${Math.floor(Math.random() * 1e6)} 200 ${Math.floor(Math.random() * 1e4)} ms\n`;
  at += text.write(line, at, 'latin1');
}

/** Log lines and noise in turns: about 0.6 bytes of archive for each byte. */
function makeEntry(index: number): Buffer {
  if (index % 2 === 0) return randomBytes(entryBytes);
  const from = Math.floor(Math.random() * (text.length - entryBytes));
  return text.subarray(from, from + entryBytes);
}

async function makeArchive(sizeMiB: number): Promise<{ archive: Buffer; entries: number }> {
  const threads = createArchiveThreads({ size: 2 });
  const members: ArchiveMember[] = [];
  try {
    const probe = await archiveOf(
      threads,
      [0, 1].map((index) => fileMember(`${index}`, makeEntry(index))),
      {
        format: 'zip',
        level: 'fast',
      },
    );
    const entries = Math.round((sizeMiB * 2 ** 20) / (probe.length / 2));
    for (let index = 0; index < entries; index += 1) members.push(fileMember(`${index}`, makeEntry(index)));
    return { archive: await archiveOf(threads, members, { format: 'zip', level: 'fast' }), entries };
  } finally {
    await threads.close();
  }
}

const machines = [
  { name: 'a', weight: 1, port: 5441, cpu: 0 },
  { name: 'b', weight: 1, port: 5442, cpu: 1 },
].map(({ cpu, ...machine }) => ({
  ...machine,
  within: ['taskset', '-c', String(cpu)],
  env: { LONGSHORE_SLAVE_COMPRESSION_THREADS: '1', LONGSHORE_SLAVE_MAX_BANDWIDTH: values.bandwidth },
}));
const cluster = await startCluster(machines, {
  dataPath: join(folder, 'master'),
  // Below every archive: whether it is shared is decided by naming a node or none.
  env: { LONGSHORE_TASKS_SPLIT_ABOVE: '1 MiB' },
});
const slavePids = cluster.slaves.map(({ child }) => child.pid ?? 0);
const unlimit = values.cpu === '' ? [] : slavePids.map((pid) => limitCpu(pid, Number(values.cpu)));

type Sample = { seconds: number; parts: number; slaveCpu: number; masterCpu: number };
type Request = EndpointInput<typeof tasks.submitTask>['body'];

async function run(request: Request): Promise<Sample> {
  const cpu = () => ({
    slave: slavePids.reduce<number>((sum, pid) => sum + cpuSeconds(pid), 0),
    master: cpuSeconds(cluster.master.child.pid),
  });
  const before = cpu();
  const ended = await cluster.complete(request);
  const after = cpu();
  await cluster.call(files.remove, { body: { paths: ['/out'] } });
  return {
    seconds: ((ended.finishedAtMs ?? 0) - ended.createdAtMs) / 1000,
    parts: ended.parts.length,
    slaveCpu: after.slave - before.slave,
    masterCpu: after.master - before.master,
  };
}

type Work = {
  /** Brings what the task reads to the master; answers how many bytes that are, uncompressed. */
  prepare(sizeMiB: number): Promise<{ size: number; uncompressed: number }>;
  request(node: string | null): Request;
  /** Of the shared one. */
  parts: number;
};

const works: Record<string, Work> = {
  extract: {
    prepare: async (sizeMiB) => {
      const { archive, entries } = await makeArchive(sizeMiB);
      await cluster.upload('/in/archive.zip', archive);
      return { size: archive.length, uncompressed: entries * entryBytes };
    },
    request: (node) => ({ kind: 'extract-archive', source: '/in/archive.zip', destination: '/out', node }),
    parts: 2,
  },
  create: {
    prepare: async (sizeMiB) => {
      const entries = Math.ceil((sizeMiB * 2 ** 20) / entryBytes);
      for (let index = 0; index < entries; index += 1) {
        await cluster.upload(`/in/${index}`, makeEntry(index));
      }
      return { size: entries * entryBytes, uncompressed: entries * entryBytes };
    },
    request: (node) => ({
      kind: 'create-archive',
      sources: ['/in'],
      destination: '/out/made.zip',
      level: Level.parse(values.level),
      node,
    }),
    // The third joins what the other two make.
    parts: 3,
  },
};

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
const line = (cells: unknown[]): void => void process.stdout.write(`| ${cells.join(' | ')} |\n`);
line([
  ...['work', 'MiB', 'uncompressed MiB', 'one slave s', 'two slaves s'],
  ...['gain', 'CPU s: slaves', 'master', 'load'],
]);
line(Array(9).fill('---'));
for (const kind of values.work.split(',')) {
  const work = works[kind];
  if (work === undefined) throw new Error(`--work: ${Object.keys(works).join(' or ')}, not ${kind}`);
  for (const sizeMiB of values.sizes.split(',').map(Number)) {
    const { size, uncompressed } = await work.prepare(sizeMiB);
    const samples: Record<'one' | 'two', Sample[]> = { one: [], two: [] };
    for (let round = 0; round <= rounds; round += 1) {
      const pair = { one: await run(work.request('a')), two: await run(work.request(null)) };
      if (pair.one.parts !== 1 || pair.two.parts !== work.parts)
        throw new Error('not shared as it should be');
      // The first round warms up.
      if (round === 0) continue;
      samples.one.push(pair.one);
      samples.two.push(pair.two);
    }
    await cluster.call(files.remove, { body: { paths: ['/in'] } });
    const median = (of: 'one' | 'two', key: keyof Sample) =>
      percentile(
        samples[of].map((sample) => sample[key]),
        0.5,
      );
    const shown = (of: 'one' | 'two', key: keyof Sample) => median(of, key).toFixed(2);
    line([
      kind,
      mebibytes(size),
      mebibytes(uncompressed),
      shown('one', 'seconds'),
      shown('two', 'seconds'),
      (median('one', 'seconds') / median('two', 'seconds')).toFixed(2),
      `${shown('one', 'slaveCpu')}, ${shown('two', 'slaveCpu')}`,
      `${shown('one', 'masterCpu')}, ${shown('two', 'masterCpu')}`,
      loadavg()[0]?.toFixed(1),
    ]);
  }
}
await cleanUp();
for (const remove of unlimit) remove();
process.exit(0);
