/**
 * Compares archive programs: `node bench/archive/run.ts [--rounds 5] [--only tree,media] [--folder /dev/shm/…]`.
 * Rounds are interleaved, so that what else the machine does hits all alike; wall time is the median, with the
 * least and the most. Ours is timed inside a process that runs already, as a slave does; all others start one.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
    folder: { type: 'string', default: '/dev/shm/longshore-bench' },
  },
});
const rounds = Number(values.rounds);
const names = values.only.split(',') as InputName[];
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

/** `prepare` cleans up before a run, `check` sees that the result is whole and says how large it is. */
function compare(title: string, contestants: Contestant[], prepare: () => void, check: () => number): void {
  const samples = new Map<string, Sample[]>(contestants.map(({ name }) => [name, []]));
  const sizes = new Map<string, number>();
  for (let round = 0; round <= rounds; round += 1) {
    for (const contestant of contestants) {
      prepare();
      const sample = measure(contestant);
      sizes.set(contestant.name, check());
      // The first round only warms the file cache.
      if (round > 0) samples.get(contestant.name)?.push(sample);
    }
  }
  print(title, contestants, samples, sizes);
}

function print(
  title: string,
  contestants: Contestant[],
  samples: Map<string, Sample[]>,
  sizes: Map<string, number>,
): void {
  const ours = median((samples.get('ours') ?? []).map(({ seconds }) => seconds));
  const line = (cells: unknown[]) => process.stdout.write(`| ${cells.join(' | ')} |\n`);
  process.stdout.write(`\n### ${title} (${rounds} rounds, load ${loadavg()[0]?.toFixed(1)})\n\n`);
  line(['program', 'wall s (min–max)', 'CPU s', 'RSS MiB', 'bytes', 'times ours']);
  line(['---', '---', '---', '---', '---', '---']);
  for (const { name } of contestants) {
    const of = samples.get(name) ?? [];
    const walls = of.map(({ seconds }) => seconds);
    const wall = median(walls);
    line([
      label(name),
      `${wall.toFixed(2)} (${Math.min(...walls).toFixed(2)}–${Math.max(...walls).toFixed(2)})`,
      median(of.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2),
      median(of.map(({ rssMiB }) => rssMiB)).toFixed(0),
      sizes.get(name) ?? 0,
      `${(wall / ours).toFixed(2)}×`,
    ]);
  }
}

function verified(archive: string, test: readonly string[]): number {
  const [program = '', ...args] = test;
  if (spawnSync(program, args, { stdio: 'ignore' }).status !== 0) throw new Error(`${archive} is damaged`);
  return statSync(archive).size;
}

const bytesIn = (folder: string): number =>
  Number(spawnSync('du', ['-sb', '--apparent-size', folder], { encoding: 'utf8' }).stdout.split('\t')[0]);

for (const name of names) {
  const input = inputs[name] ?? '';
  const archive = join(work, `${name}.zip`);
  const remove = () => rmSync(archive, { force: true });
  compare(`${name} to zip, level 6`, zipCreators(input, archive, goZip), remove, () =>
    verified(archive, ['unzip', '-tqq', archive]),
  );
}
if (inputs.tree !== undefined) {
  const tarGz = join(work, 'tree.tar.gz');
  const tarZst = join(work, 'tree.tar.zst');
  compare(
    'tree to tar.gz',
    tarGzCreators(inputs.tree, tarGz),
    () => rmSync(tarGz, { force: true }),
    () => verified(tarGz, ['gzip', '-t', tarGz]),
  );
  compare(
    'tree to tar.zst',
    tarZstCreators(inputs.tree, tarZst),
    () => rmSync(tarZst, { force: true }),
    () => verified(tarZst, ['zstd', '-qt', tarZst]),
  );
}
const into = join(work, 'into');
const empty = () => {
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into);
};
for (const name of names.filter((one) => one === 'tree' || one === 'mixed')) {
  const archive = join(work, `${name}.zip`);
  if (!existsSync(archive)) writeFileSync(archive, '');
  compare(`${name}.zip extracted`, zipExtractors(archive, into, goZip), empty, () => bytesIn(into));
}
if (inputs.tree !== undefined) {
  compare('tree.tar.gz extracted', tarGzExtractors(join(work, 'tree.tar.gz'), into), empty, () =>
    bytesIn(into),
  );
}
rmSync(work, { recursive: true });
