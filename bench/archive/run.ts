/**
 * Compares archive programs:
 *
 *   node bench/archive/run.ts [--rounds 5] [--only tree,media] [--work create,extract] [--programs ours,Go]
 *     [--folder /dev/shm/…]
 *
 * Rounds are interleaved, so that what else the machine does hits all alike; wall time is the median, with the
 * least and the most. Ours is timed inside a process that runs already, as a slave does, and once more through the whole
 * system: from the submit until the task has ended, with the CPU of master and slave and the memory of the slave. All
 * others start a process. Programs that are slow and that no goal names take part in one round only, so that all of it
 * takes less than an hour.
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import type { CreateFormat } from '@longshore/protocol';
import { removeAtEnd } from '../lib/remove-at-end.ts';
import { buildInputs, type InputName } from './build-inputs.ts';
import {
  type Contestant,
  tarGzCreators,
  tarGzExtractors,
  tarZstCreators,
  zipCreators,
  zipExtractors,
} from './programs.ts';
import { startWholeSystem, type TaskSample, type WholeSystem } from './whole-system.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: 'tree,media,mixed,logs' },
    work: { type: 'string', default: 'create,extract' },
    programs: { type: 'string', default: '' },
    folder: { type: 'string', default: '/dev/shm/longshore-bench' },
  },
});
const rounds = Number(values.rounds);
const names = values.only.split(',') as InputName[];
const [creates, extracts] = ['create', 'extract'].map((work) => values.work.split(',').includes(work));
const inputs = buildInputs(values.folder, names);
const work = mkdtempSync(join(values.folder, 'run-'));
const cleanUp = removeAtEnd(work);
const goZip = buildGoZip();

/** Go's archive/zip takes part where a Go compiler is installed. */
function buildGoZip(): string | null {
  const program = join(values.folder, 'go-zip');
  const built = spawnSync('go', ['build', '-o', program, '.'], {
    cwd: join(import.meta.dirname, 'go-zip'),
    encoding: 'utf8',
  });
  return built.status === 0 ? program : null;
}

type Sample = { seconds: number; cpuSeconds: number; rssMiB: number };

// Not synchronously: the connections to the whole system end while nobody listens.
async function measure({ command, cwd }: Contestant): Promise<Sample> {
  const timed = await promisify(execFile)('/usr/bin/time', ['-f', '%e %U %S %M', ...command], {
    cwd,
    maxBuffer: 1 << 26,
  });
  const own = /^\{.*\}$/m.exec(timed.stdout)?.[0];
  if (own !== undefined) return JSON.parse(own) as Sample;
  const [wall = 0, user = 0, system = 0, kib = 0] = (timed.stderr.trim().split('\n').at(-1) ?? '')
    .split(' ')
    .map(Number);
  return { seconds: wall, cpuSeconds: user + system, rssMiB: kib / 1024 };
}

const wholeSystem = 'whole system, ours';
const isWanted = (name: string): boolean => values.programs.split(',').some((one) => name.includes(one));

const median = (numbers: number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
const label = (name: string): string => (/\((.*)\)$/.exec(name)?.[1] ?? name).replaceAll('|', '→');

type Check = {
  /** What a run left behind, in bytes. */
  size(): number;
  /** Throws when that is not whole. */
  verify(): void;
};

/** One run through the whole system, and how many bytes it left. */
type SystemRun = () => Promise<TaskSample & { bytes: number }>;

/** `prepare` cleans up before a run. A result is verified before its time counts, unless one as large was before. */
async function compare(
  title: string,
  contestants: Contestant[],
  prepare: () => void,
  { size, verify }: Check,
  runSystem: SystemRun,
): Promise<void> {
  const taking = contestants.filter(({ name }) => isWanted(name));
  const samples = new Map<string, Sample[]>(taking.map(({ name }) => [name, []]));
  const sizes = new Map<string, number>();
  const loads: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    loads.push(loadavg()[0] ?? 0);
    for (const contestant of taking) {
      if (round > 0 && contestant.isOnce === true) continue;
      prepare();
      const sample = await measure(contestant);
      const bytes = size();
      if (sizes.get(contestant.name) !== bytes) verify();
      sizes.set(contestant.name, bytes);
      samples.get(contestant.name)?.push(sample);
    }
    if (!isWanted(wholeSystem)) continue;
    const { seconds, slaveCpu, masterCpu, peakMiB, bytes } = await runSystem();
    const sample = { seconds, cpuSeconds: slaveCpu + masterCpu, rssMiB: peakMiB };
    samples.set(wholeSystem, [...(samples.get(wholeSystem) ?? []), sample]);
    sizes.set(wholeSystem, bytes);
  }
  print(`${title} (load ${loads.map((load) => load.toFixed(1)).join(' ')})`, samples, sizes);
}

function print(title: string, samples: Map<string, Sample[]>, sizes: Map<string, number>): void {
  const ours = (samples.get('ours') ?? []).map(({ seconds }) => seconds);
  const line = (cells: unknown[]) => process.stdout.write(`| ${cells.join(' | ')} |\n`);
  process.stdout.write(`\n### ${title}\n\n`);
  line(['program', 'wall s (min–max)', 'CPU s', 'RSS MiB', 'bytes', 'times ours: median (each round)']);
  line(['---', '---', '---', '---', '---', '---']);
  for (const [name, of] of samples) {
    const walls = of.map(({ seconds }) => seconds);
    const ratios = walls.map((wall, round) => wall / (ours[round] ?? 0));
    line([
      label(name),
      `${median(walls).toFixed(2)} (${Math.min(...walls).toFixed(2)}–${Math.max(...walls).toFixed(2)})`,
      median(of.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2),
      median(of.map(({ rssMiB }) => rssMiB)).toFixed(0),
      sizes.get(name) ?? 0,
      `${median(ratios).toFixed(2)}× (${ratios.map((ratio) => ratio.toFixed(2)).join(' ')})`,
    ]);
  }
}

/** The archive as its own program tests it. */
const archiveCheck = (archive: string, [program = '', ...args]: readonly string[]): Check => ({
  size: () => statSync(archive).size,
  verify() {
    if (spawnSync(program, [...args, archive], { stdio: 'ignore' }).status !== 0)
      throw new Error(`${archive} is damaged`);
  },
});

type Contents = { files: number; bytes: number };

function contentsOf(folder: string): Contents {
  const { stdout } = spawnSync('find', [folder, '-type', 'f', '-printf', '%s\n'], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const lines = stdout.trim().split('\n');
  return { files: lines.length, bytes: lines.reduce((sum, size) => sum + Number(size), 0) };
}

/** As many files and bytes as went in. */
const folderCheck = (folder: string, input: string): Check => ({
  size: () => contentsOf(folder).bytes,
  verify() {
    const [found, expected] = [contentsOf(folder), contentsOf(input)];
    if (found.files === expected.files && found.bytes === expected.bytes) return;
    throw new Error(`${JSON.stringify(found)} came out, not ${JSON.stringify(expected)}`);
  },
});

const into = join(work, 'into');
const empty = () => {
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into);
};
const isSystemWanted = isWanted(wholeSystem);

/** What is extracted must be all that was compressed; the archive is made first where it is not there yet. */
function extractedBySystem(system: WholeSystem, name: InputName, format: CreateFormat): SystemRun {
  let isMade = creates;
  return async () => {
    if (!isMade) await system.create(name, format);
    isMade = true;
    const sample = await system.extract(name, format);
    const { bytes } = contentsOf(inputs[name] ?? '');
    if (sample.bytes !== bytes) throw new Error(`${sample.bytes} bytes came out of ${name}, not ${bytes}`);
    return sample;
  };
}

async function compareZip(name: InputName, system: WholeSystem): Promise<void> {
  const input = inputs[name] ?? '';
  const archive = join(work, `${name}.zip`);
  const remove = () => rmSync(archive, { force: true });
  const check = archiveCheck(archive, ['unzip', '-tqq']);
  const creators = zipCreators(input, archive, { goZip, isSmall: name === 'tree' });
  if (creates) {
    await compare(`${name} to zip, level 6`, creators, remove, check, () => system.create(name, 'zip'));
  }
  if (extracts && (name === 'tree' || name === 'mixed')) {
    // By the last of them, which is not ours.
    if (!creates) await measure(creators.at(-1) as Contestant);
    const extractors = zipExtractors(archive, into, { goZip, isSmall: name === 'tree' });
    const bySystem = extractedBySystem(system, name, 'zip');
    await compare(`${name}.zip extracted`, extractors, empty, folderCheck(into, input), bySystem);
  }
  remove();
  rmSync(into, { recursive: true, force: true });
}

async function compareTar(input: string, system: WholeSystem): Promise<void> {
  const tarZst = join(work, 'tree.tar.zst');
  const tarGz = join(work, 'tree.tar.gz');
  const gzCreators = tarGzCreators(input, tarGz);
  if (creates) {
    const removeZst = () => rmSync(tarZst, { force: true });
    const zstCheck = archiveCheck(tarZst, ['zstd', '-qt']);
    await compare('tree to tar.zst', tarZstCreators(input, tarZst), removeZst, zstCheck, () =>
      system.create('tree', 'tar.zst'),
    );
    const removeGz = () => rmSync(tarGz, { force: true });
    await compare('tree to tar.gz', gzCreators, removeGz, archiveCheck(tarGz, ['gzip', '-t']), () =>
      system.create('tree', 'tar.gz'),
    );
  } else await measure(gzCreators.at(-1) as Contestant);
  if (extracts) {
    const bySystem = extractedBySystem(system, 'tree', 'tar.gz');
    const extractors = tarGzExtractors(tarGz, into);
    await compare('tree.tar.gz extracted', extractors, empty, folderCheck(into, input), bySystem);
  }
}

const system = await startWholeSystem(join(work, 'system'));
for (const name of names) {
  if (isSystemWanted) await system.put(inputs[name] ?? '');
  await compareZip(name, system);
  if (name === 'tree') await compareTar(inputs.tree ?? '', system);
  await system.remove([name, `${name}.zip`, 'out']);
}
await cleanUp();
