/**
 * Compares archive programs:
 *
 *   node bench/archive/run.ts [--rounds 5] [--only tree,media] [--work create,extract] [--programs ours,Go]
 *     [--folder /dev/shm/…]
 *
 * Rounds are interleaved, so that what else the machine does hits all alike; wall time is the median, with the
 * least and the most. Ours is timed inside a process that runs already, as a slave does; all others start one. Programs
 * that are slow and that no goal names take part in one round only, so that all of it takes half an hour.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildInputs, type InputName } from './build-inputs.ts';
import {
  type Contestant,
  tarGzCreators,
  tarGzExtractors,
  tarZstCreators,
  zipCreators,
  zipExtractors,
} from './programs.ts';

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

function measure({ command, cwd }: Contestant): Sample {
  const [program = '', ...args] = command;
  const timed = spawnSync('/usr/bin/time', ['-f', '%e %U %S %M', program, ...args], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (timed.status !== 0) throw new Error(`${command.join(' ')} failed: ${timed.stderr.slice(-500)}`);
  const own = /^\{.*\}$/m.exec(timed.stdout)?.[0];
  if (own !== undefined) return JSON.parse(own) as Sample;
  const [wall = 0, user = 0, system = 0, kib = 0] = (timed.stderr.trim().split('\n').at(-1) ?? '')
    .split(' ')
    .map(Number);
  return { seconds: wall, cpuSeconds: user + system, rssMiB: kib / 1024 };
}

const median = (numbers: number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
const label = (name: string): string => (/\((.*)\)$/.exec(name)?.[1] ?? name).replaceAll('|', '→');

type Check = {
  /** What a run left behind, in bytes. */
  size(): number;
  /** Throws when that is not whole. */
  verify(): void;
};

/** `prepare` cleans up before a run. A result is verified before its time counts, unless one as large was before. */
function compare(
  title: string,
  contestants: Contestant[],
  prepare: () => void,
  { size, verify }: Check,
): void {
  const taking = contestants.filter(({ name }) =>
    values.programs.split(',').some((one) => name.includes(one)),
  );
  const samples = new Map<string, Sample[]>(taking.map(({ name }) => [name, []]));
  const sizes = new Map<string, number>();
  const loads: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    loads.push(loadavg()[0] ?? 0);
    for (const contestant of taking) {
      if (round > 0 && contestant.isOnce === true) continue;
      prepare();
      const sample = measure(contestant);
      const bytes = size();
      if (sizes.get(contestant.name) !== bytes) verify();
      sizes.set(contestant.name, bytes);
      samples.get(contestant.name)?.push(sample);
    }
  }
  print(`${title} (load ${loads.map((load) => load.toFixed(1)).join(' ')})`, taking, samples, sizes);
}

function print(
  title: string,
  contestants: Contestant[],
  samples: Map<string, Sample[]>,
  sizes: Map<string, number>,
): void {
  const ours = (samples.get('ours') ?? []).map(({ seconds }) => seconds);
  const line = (cells: unknown[]) => process.stdout.write(`| ${cells.join(' | ')} |\n`);
  process.stdout.write(`\n### ${title}\n\n`);
  line(['program', 'wall s (min–max)', 'CPU s', 'RSS MiB', 'bytes', 'times ours: median (each round)']);
  line(['---', '---', '---', '---', '---', '---']);
  for (const { name } of contestants) {
    const of = samples.get(name) ?? [];
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
for (const name of names) {
  const input = inputs[name] ?? '';
  const archive = join(work, `${name}.zip`);
  const remove = () => rmSync(archive, { force: true });
  const check = archiveCheck(archive, ['unzip', '-tqq']);
  const creators = zipCreators(input, archive, { goZip, isSmall: name === 'tree' });
  if (creates) compare(`${name} to zip, level 6`, creators, remove, check);
  if (extracts && (name === 'tree' || name === 'mixed')) {
    // By the last of them, which is not ours.
    if (!creates) measure(creators.at(-1) as Contestant);
    const extractors = zipExtractors(archive, into, { goZip, isSmall: name === 'tree' });
    compare(`${name}.zip extracted`, extractors, empty, folderCheck(into, input));
  }
  remove();
  rmSync(into, { recursive: true, force: true });
}
if (inputs.tree !== undefined) {
  const tarZst = join(work, 'tree.tar.zst');
  const tarGz = join(work, 'tree.tar.gz');
  const gzCreators = tarGzCreators(inputs.tree, tarGz);
  if (creates) {
    const removeZst = () => rmSync(tarZst, { force: true });
    const zstCheck = archiveCheck(tarZst, ['zstd', '-qt']);
    compare('tree to tar.zst', tarZstCreators(inputs.tree, tarZst), removeZst, zstCheck);
    const removeGz = () => rmSync(tarGz, { force: true });
    compare('tree to tar.gz', gzCreators, removeGz, archiveCheck(tarGz, ['gzip', '-t']));
  } else measure(gzCreators.at(-1) as Contestant);
  if (extracts) {
    compare('tree.tar.gz extracted', tarGzExtractors(tarGz, into), empty, folderCheck(into, inputs.tree));
  }
}
rmSync(work, { recursive: true });
