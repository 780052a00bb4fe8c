import { FileEntry, files } from '@longshore/protocol';
import { z } from 'zod';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { listOfArguments } from '../../option-values.ts';
import { printable } from '../../output/printable.ts';
import { RemotePath } from '../../remote-path.ts';

export const mkdir = defineCommand({
  name: 'mkdir',
  summary: 'Create folders',
  examples: ['longshore mkdir /photos', 'longshore mkdir -p /photos/2026/summer'],
  json: z.object({ folders: z.array(FileEntry) }),
  setup: (command) =>
    command
      .argument('<path...>', 'folders to create', listOfArguments(RemotePath))
      .option('-p, --parents', 'create the folders above too; a folder that exists is no error'),
  run: async (cli, paths: string[], options: { parents?: true }) => {
    const api = await signedIn(cli);
    const folders: FileEntry[] = [];
    for (const path of paths) {
      folders.push(await api.call(files.createFolder, { body: { path, parents: options.parents === true } }));
    }
    return { json: { folders }, text: folders.map(({ path }) => `Created ${printable(path)}`) };
  },
});
