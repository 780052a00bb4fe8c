import { ConflictPolicy, Task, TaskPriority } from '@longshore/protocol';
import { Option } from 'commander';
import type { z } from 'zod';
import { defineCommand } from '../../define-command.ts';
import { as } from '../../option-values.ts';
import { RemotePath } from '../../remote-path.ts';
import { readPassword } from '../../terminal/read-password.ts';
import { submitTask } from './submit-task.ts';

type Options = {
  to: string;
  select?: string[];
  encoding?: string;
  passwordStdin?: true;
  onUnsafe: 'skip' | 'fail';
  conflict: z.infer<typeof ConflictPolicy>;
  node?: string;
  priority: TaskPriority;
  wait?: true;
};

export const extract = defineCommand({
  name: 'extract',
  summary: 'Extract an archive into a folder, on one of the nodes',
  notes: [
    'A task that could not do some entries ends as `completed-with-errors`: the others are in the folder, ' +
      '`longshore tasks rejected` names those that are not, and with `--wait` the exit code is 1.',
  ],
  examples: [
    'longshore extract /photos.zip --to /copy --wait',
    "longshore extract /photos.zip --to /copy --select '2026/**' '*.jpg'",
    'printf %s "$PASSWORD" | longshore extract /secret.zip --to /secret --password-stdin',
  ],
  json: Task,
  setup: (command) =>
    command
      .argument('<source>', 'the archive', as(RemotePath))
      .requiredOption('--to <folder>', 'folder to extract into; created when missing', as(RemotePath))
      .option('--select <glob...>', 'extract only entries that match, or these exact paths')
      .option('--encoding <name>', 'encoding of the names in the archive (default: detected)')
      .option('--password-stdin', 'read the password of the archive from standard input')
      .addOption(
        new Option('--on-unsafe <policy>', 'entries that would leave the folder')
          .choices(['skip', 'fail'])
          .default('skip'),
      )
      .addOption(
        new Option('--conflict <policy>', 'when a name is taken')
          .choices(ConflictPolicy.options)
          .default('fail'),
      )
      .option('--node <node>', 'name or id of the node to run on (default: by the rotation)')
      .addOption(
        new Option('--priority <priority>', 'which of your own tasks goes first')
          .choices(TaskPriority.options)
          .default('normal'),
      )
      .option('-w, --wait', 'wait until the task has ended, and exit as it did'),
  run: async (cli, source: string, options: Options) => {
    const password = options.passwordStdin ? await readPassword(cli, true, '') : null;
    const { to, onUnsafe, conflict } = options;
    return submitTask(
      cli,
      {
        kind: 'extract-archive',
        source,
        destination: to,
        select: options.select ?? [],
        encoding: options.encoding ?? null,
        password,
        onUnsafe,
        conflict,
        node: options.node ?? null,
        priority: options.priority,
      },
      { wait: options.wait === true },
    );
  },
});
