import { files } from '@longshore/protocol';
import { z } from 'zod';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { CommandError } from '../../errors/command-error.ts';
import { listOfArguments } from '../../option-values.ts';
import { printable } from '../../output/printable.ts';
import { RemotePath } from '../../remote-path.ts';
import { statRemote } from '../../transfer/remote-tree.ts';

export const rm = defineCommand({
  name: 'rm',
  summary: 'Delete files, and folders with everything in them',
  examples: ['longshore rm /photos.zip', 'longshore rm -r /copy'],
  json: z.object({ deleted: z.array(z.string()) }),
  setup: (command) =>
    command
      .argument('<path...>', 'what to delete', listOfArguments(RemotePath))
      .option('-r, --recursive', 'delete folders too'),
  run: async (cli, paths: string[], options: { recursive?: true }) => {
    const api = await signedIn(cli);
    if (!options.recursive) {
      for (const path of paths) {
        if ((await statRemote(api, path))?.kind !== 'folder') continue;
        throw CommandError.local('IS_A_FOLDER', `${path} is a folder`, {
          hint: 'Pass -r to delete it with everything in it.',
        });
      }
    }
    await api.call(files.remove, { body: { paths } });
    return { json: { deleted: paths }, text: paths.map((path) => `Deleted ${printable(path)}`) };
  },
});
