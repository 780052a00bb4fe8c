/**
 * Archives through the whole system alone: files in a master's store, a slave in a process of its own that reads and
 * writes them over tickets. Prints for each task its time, the CPU of both programs, and the slave's peak of resident
 * memory. `run.ts` compares its times with those of other programs.
 *
 *   node bench/archive/system.ts [--only tree,media,mixed,logs] [--rounds 3] [--formats zip,tar.gz,tar.zst,7z] [--small 20000]
 *
 * What it removes is purged from the store within ten minutes: the folder needs about 5 GB for each format and round.
 * `--small` adds a folder of so many files of 300 bytes to 8 kB.
 */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { CreateFormat } from '@longshore/protocol';
import { percentile } from '../lib/cluster.ts';
import { removeAtEnd } from '../lib/remove-at-end.ts';
import { buildInputs, type InputName } from './build-inputs.ts';
import { startWholeSystem, type TaskSample } from './whole-system.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'tree,media,mixed,logs' },
    rounds: { type: 'string', default: '3' },
    formats: { type: 'string', default: 'zip,tar.gz,tar.zst' },
    small: { type: 'string', default: '0' },
    folder: { type: 'string', default: '/dev/shm/longshore-bench' },
  },
});
const rounds = Number(values.rounds);
const formats = values.formats.split(',') as CreateFormat[];
const names = values.only.split(',').filter((name) => name !== '') as InputName[];
const inputs = Object.values(buildInputs(values.folder, names));
await mkdir(values.folder, { recursive: true });
const work = await mkdtemp(join(values.folder, 'system-'));

const cleanUp = removeAtEnd(work);

async function makeSmallFiles(count: number): Promise<string> {
  const folder = join(work, 'small');
  await mkdir(folder);
  for (let at = 0; at < count; at += 1) {
    const text = `${at} ${(at * 7919).toString(36)} `.repeat(20 + (at % 500));
    await writeFile(join(folder, `file-${at}.txt`), text);
  }
  return folder;
}

if (Number(values.small) > 0) inputs.push(await makeSmallFiles(Number(values.small)));
const system = await startWholeSystem(work);
for (const input of inputs) await system.put(input);

const samples = new Map<string, TaskSample[]>();
const note = (name: string, sample: TaskSample): void =>
  void samples.set(name, [...(samples.get(name) ?? []), sample]);

for (let round = 0; round < rounds; round += 1) {
  for (const input of inputs.map((path) => basename(path))) {
    for (const format of formats) {
      note(`${input} → ${format}`, await system.create(input, format));
      note(`${input}.${format} →`, await system.extract(input, format));
      await system.remove([`${input}.${format}`, 'out']);
    }
  }
}

const line = (cells: unknown[]): void => void process.stdout.write(`| ${cells.join(' | ')} |\n`);
process.stdout.write(`\n${rounds} rounds, load ${loadavg()[0]?.toFixed(1)}\n\n`);
line(['task', 'wall s (least)', 'slave CPU s', 'master CPU s', 'slave peak MiB']);
line(['---', '---', '---', '---', '---']);
for (const [name, of] of samples) {
  const column = (key: keyof TaskSample) => of.map((sample) => sample[key]);
  line([
    name,
    `${percentile(column('seconds'), 0.5).toFixed(2)} (${Math.min(...column('seconds')).toFixed(2)})`,
    percentile(column('slaveCpu'), 0.5).toFixed(2),
    percentile(column('masterCpu'), 0.5).toFixed(2),
    Math.max(...column('peakMiB')).toFixed(0),
  ]);
}
await cleanUp();
