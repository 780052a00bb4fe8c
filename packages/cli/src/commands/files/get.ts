import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileEntry, files } from '@longshore/protocol';
import { Option } from 'commander';
import type { Api } from '../../api/api.ts';
import { type Cli, signedIn } from '../../cli.ts';
import { defineCommand, type Result } from '../../define-command.ts';
import { CommandError } from '../../errors/command-error.ts';
import { as, wholeNumber } from '../../option-values.ts';
import { parseRemotePath } from '../../remote-path.ts';
import { chooseTargets } from '../../transfer/choose-targets.ts';
import { downloadTrees } from '../../transfer/download-trees.ts';
import { downloadZip } from '../../transfer/download-zip.ts';
import { statRemote } from '../../transfer/remote-tree.ts';
import { TransferReport } from '../../transfer/transfer-report.ts';
import { reportTransfer } from './report-transfer.ts';
import { runTransfer } from './run-transfer.ts';
import { transferArguments } from './transfer-arguments.ts';

type GetOptions = { conflict: 'fail' | 'overwrite'; parallel: number; zip?: true };

export const get = defineCommand({
  name: 'get',
  summary: 'Download files and folders',
  notes: [
    'Like `cp -r`: when LOCAL is a folder or ends with "/", the sources go into it under their own names; otherwise ' +
      'the one source becomes LOCAL. So `get /copy ./back` makes `./back` the copy when there is no `./back` yet, and ' +
      '`./back/copy` when there is. `/copy/.` stands for what is in `/copy`.',
    'Each file appears under its name when it is complete and its SHA-256 is right. Files that are here already with ' +
      'the same content are left alone and big files go on where they were, so an interrupted `get` of a folder is ' +
      'finished with `get /copy/. ./back`.',
    'With `--zip` the sources come together in one zip, which LOCAL names, or into which folder it goes. When it is ' +
      'interrupted, the same command goes on where it was, unless the files have changed.',
  ],
  examples: [
    'longshore get /copy ./back',
    'longshore get /a.zip /b.zip ./',
    'longshore get /copy/. ./back',
    'longshore get /photos /notes.txt ./all.zip --zip',
  ],
  json: TransferReport,
  setup: (command) =>
    command
      .argument('<paths...>', 'remote files and folders and, last, the path on this machine')
      .usage('[options] <remote...> <local>')
      .addOption(
        new Option('--conflict <policy>', 'when a file with other content is there')
          .choices(['fail', 'overwrite'])
          .default('fail'),
      )
      .option('-z, --zip', 'as one zip, without compression')
      .option('-P, --parallel <number>', 'how many files travel at the same time', as(wholeNumber(1, 64)), 8),
  run: async (cli, paths: string[], options: GetOptions) => {
    const { sources, destination } = transferArguments(paths, 'longshore get /copy ./back');
    const remotes = sources.map(({ path }) => parseRemotePath(path));
    const api = await signedIn(cli);
    if (options.zip === true) return getZip(cli, api, { remotes, destination, options });
    const roots: FileEntry[] = [];
    for (const path of remotes) {
      const entry = await statRemote(api, path);
      if (entry === null) throw CommandError.local('PATH_NOT_FOUND', `${path} does not exist`);
      roots.push(entry);
    }
    const named = roots.map(({ name, kind, path }, index) => ({
      name,
      contentOnly: path === '/' || (kind === 'folder' && sources[index]?.contentOnly === true),
    }));
    const targets = chooseTargets(named, destination, { isFolder: await isFolder(destination), join });
    const downloads = roots.map((root, index) => ({ root, target: targets[index] ?? destination }));

    const [root] = roots;
    const again =
      downloads.length === 1 && root?.kind === 'folder'
        ? `Go on with: longshore get ${root.path === '/' ? '' : root.path}/. ${targets[0]}`
        : undefined;
    const report = await runTransfer(
      cli,
      { api, label: 'Downloading', targets, parallel: options.parallel },
      (means, progress) => downloadTrees(downloads, { ...means, conflict: options.conflict }, progress),
    ).catch((error: unknown) => {
      throw again === undefined ? error : withHint(error, again);
    });
    return reportTransfer(cli, 'Downloaded', report);
  },
});

async function getZip(
  cli: Cli,
  api: Api,
  wanted: { remotes: string[]; destination: string; options: GetOptions },
): Promise<Result<TransferReport>> {
  const { remotes, destination, options } = wanted;
  const link = await api.call(files.createZip, { body: { paths: remotes } });
  const isInto = destination.endsWith('/') || (await isFolder(destination));
  const localPath = isInto ? join(destination, link.name) : destination;
  const report = await runTransfer(
    cli,
    { api, label: 'Downloading', targets: [localPath], parallel: 1 },
    (means, progress) => downloadZip({ link, localPath }, { ...means, conflict: options.conflict }, progress),
  );
  return reportTransfer(cli, 'Downloaded', report);
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found?.isDirectory() === true;
}

/** An interrupted download goes on from another command line than it began with: the folder is there now. */
function withHint(thrown: unknown, hint: string): unknown {
  if (!(thrown instanceof CommandError) || thrown.code !== 'INTERRUPTED') return thrown;
  return thrown.explained({ hint });
}
