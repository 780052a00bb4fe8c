import { ConflictPolicy, CreateFormat, Level, Task, TaskPriority } from '@longshore/protocol';
import { Option } from 'commander';
import { z } from 'zod';
import { defineCommand } from '../../define-command.ts';
import { as, listOfArguments } from '../../option-values.ts';
import { RemotePath } from '../../remote-path.ts';
import { readPassword } from '../../terminal/read-password.ts';
import { submitTask } from './submit-task.ts';

const LevelOption = z
  .string()
  .transform((text) => (/^\d+$/.test(text) ? Number(text) : text))
  .pipe(z.union(Level.options, { error: 'fast, normal, best or a number from 0 to 9' }));

export const compress = defineCommand({
  name: 'compress',
  summary: 'Make an archive of files and folders, on one of the nodes',
  examples: [
    'longshore compress /photos --to /photos.zip --wait',
    'longshore compress /photos /videos --to /media.tar.gz --level fast --node shed',
    'printf %s "$PASSWORD" | longshore compress /letters --to /letters.7z --password-stdin',
  ],
  json: Task,
  setup: (command) =>
    command
      .argument('<source...>', 'files and folders to put into the archive', listOfArguments(RemotePath))
      .requiredOption('--to <path>', 'path of the archive to create', as(RemotePath))
      .addOption(
        new Option('--format <format>', 'by the ending of PATH when absent').choices(CreateFormat.options),
      )
      .option('--password-stdin', 'encrypt the archive (zip and 7z) with a password read from standard input')
      .option('--level <level>', 'fast, normal, best, or 0 (store) to 9', as(LevelOption), 'normal')
      .option('--node <node>', 'name or id of the node to run on (default: by the rotation)')
      .addOption(
        new Option('--priority <priority>', 'which of your own tasks goes first')
          .choices(TaskPriority.options)
          .default('normal'),
      )
      .addOption(
        new Option('--conflict <policy>', 'when PATH is taken')
          .choices(ConflictPolicy.options)
          .default('fail'),
      )
      .option('-w, --wait', 'wait until the task has ended, and exit as it did'),
  run: async (
    cli,
    sources: string[],
    options: {
      passwordStdin?: true;
      to: string;
      format?: CreateFormat;
      level: Level;
      node?: string;
      conflict: z.infer<typeof ConflictPolicy>;
      priority: TaskPriority;
      wait?: true;
    },
  ) => {
    const { to, format, level, conflict } = options;
    return submitTask(
      cli,
      {
        kind: 'create-archive',
        sources,
        destination: to,
        level,
        password: options.passwordStdin ? await readPassword(cli, true, '') : null,
        conflict,
        node: options.node ?? null,
        priority: options.priority,
        ...(format === undefined ? {} : { format }),
      },
      { wait: options.wait === true },
    );
  },
});
