import { ConflictPolicy, FileEntry, files } from '@longshore/protocol';
import { Option } from 'commander';
import type { z } from 'zod';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { as } from '../../option-values.ts';
import { printable } from '../../output/printable.ts';
import { RemotePath } from '../../remote-path.ts';
import { joinRemote } from '../../transfer/join-remote.ts';
import { statRemote } from '../../transfer/remote-tree.ts';

export const mv = defineCommand({
  name: 'mv',
  summary: 'Move or rename a file or folder',
  notes: ['Into TO when that is a folder; otherwise TO is the new path, as with the `mv` of Unix.'],
  examples: ['longshore mv /photos.zip /archive/', 'longshore mv /draft.txt /final.txt --conflict overwrite'],
  json: FileEntry,
  setup: (command) =>
    command
      .argument('<from>', 'file or folder to move', as(RemotePath))
      .argument('<to>', 'folder to move into, or the new path', as(RemotePath))
      .addOption(
        new Option('--conflict <policy>', 'when the name is taken')
          .choices(ConflictPolicy.options)
          .default('fail'),
      ),
  run: async (cli, from: string, to: string, options: { conflict: z.infer<typeof ConflictPolicy> }) => {
    const api = await signedIn(cli);
    const into = (await statRemote(api, to))?.kind === 'folder';
    const target = into ? joinRemote(to, from.split('/').at(-1) ?? '') : to;
    const entry = await api.call(files.move, { body: { from, to: target, conflict: options.conflict } });
    return { json: entry, text: [`Moved ${printable(from)} to ${printable(entry.path)}`] };
  },
});
