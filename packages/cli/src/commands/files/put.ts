import { ConflictPolicy } from '@longshore/protocol';
import { Option } from 'commander';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { as, wholeNumber } from '../../option-values.ts';
import { parseRemotePath } from '../../remote-path.ts';
import { chooseTargets } from '../../transfer/choose-targets.ts';
import { joinRemote } from '../../transfer/join-remote.ts';
import { readLocalTree } from '../../transfer/local-tree.ts';
import { statRemote } from '../../transfer/remote-tree.ts';
import { TransferReport } from '../../transfer/transfer-report.ts';
import { createUploadRecords } from '../../transfer/upload-records.ts';
import { type TreeUpload, uploadTrees } from '../../transfer/upload-trees.ts';
import { reportTransfer } from './report-transfer.ts';
import { runTransfer } from './run-transfer.ts';
import { transferArguments } from './transfer-arguments.ts';

export const put = defineCommand({
  name: 'put',
  summary: 'Upload files and folders',
  notes: [
    'Like `cp -r`: when REMOTE is a folder or ends with "/", the sources go into it under their own names; otherwise ' +
      'the one source becomes REMOTE. Missing folders are made. `photos/.` stands for what is in `photos`.',
    'Folders keep their structure, empty folders included, and files their modification times. Links and special ' +
      'files are skipped and named. A file that is there already with the same content is not sent again, and the ' +
      'upload of a big file goes on where it was, so an interrupted `put` is finished by running it again.',
  ],
  examples: [
    'longshore put ./photos /',
    'longshore put report.pdf notes.txt /documents/',
    'longshore put ./photos/. /pictures --conflict overwrite',
  ],
  json: TransferReport,
  setup: (command) =>
    command
      .argument('<paths...>', 'files and folders of this machine and, last, the remote path')
      .usage('[options] <local...> <remote>')
      .addOption(
        new Option('--conflict <policy>', 'when a name is taken by other content')
          .choices(ConflictPolicy.options)
          .default('fail'),
      )
      .option('-P, --parallel <number>', 'how many files travel at the same time', as(wholeNumber(1, 64)), 8),
  run: async (cli, paths: string[], options: { conflict: ConflictPolicy; parallel: number }) => {
    const { sources, destination } = transferArguments(paths, 'longshore put ./photos /');
    const remote = parseRemotePath(destination);
    const trees = await Promise.all(sources.map(({ path }) => readLocalTree(path)));
    const api = await signedIn(cli);
    const existing = await statRemote(api, remote);
    const named = trees.map(({ name, kind }, index) => ({
      name,
      contentOnly: kind === 'folder' && sources[index]?.contentOnly === true,
    }));
    const targets = chooseTargets(named, destination, {
      isFolder: existing?.kind === 'folder',
      join: joinRemote,
    }).map(parseRemotePath);
    const uploads: TreeUpload[] = [];
    for (const [index, tree] of trees.entries()) {
      const target = targets[index] ?? remote;
      uploads.push({ tree, target, existing: target === remote ? existing : await statRemote(api, target) });
    }

    const records = createUploadRecords(cli.settings.uploadsFolder);
    const report = await runTransfer(
      cli,
      { api, label: 'Uploading', targets, parallel: options.parallel },
      (means, progress) => uploadTrees(uploads, { ...means, records, conflict: options.conflict }, progress),
    );
    return reportTransfer(cli, 'Uploaded', report);
  },
});
