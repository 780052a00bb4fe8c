import { randomUUID } from 'node:crypto';
import { ConflictPolicy, Task, tasks } from '@longshore/protocol';
import type { z } from 'zod';
import { findTaskId } from '../../api/find-task-id.ts';
import { withRetries } from '../../api/with-retries.ts';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { as } from '../../option-values.ts';
import { readPassword } from '../../terminal/read-password.ts';
import { startedTask } from './started-task.ts';

type Options = {
  node?: string;
  passwordStdin?: true;
  onlyRejected?: true;
  conflict?: z.infer<typeof ConflictPolicy>;
  wait?: true;
};

export const tasksRetry = defineCommand({
  name: 'retry',
  summary: 'Run a task that has ended again, as a new task',
  examples: [
    'longshore tasks retry 3f2a91bc --wait',
    'longshore tasks retry 3f2a91bc --node shed',
    'longshore tasks retry 3f2a91bc --only-rejected --conflict overwrite',
  ],
  json: Task,
  setup: (command) =>
    command
      .argument('<task>', 'id of the task, or its beginning')
      .option('--node <node>', 'name or id of the node to run on (default: by the rotation)')
      .option(
        '--password-stdin',
        'read the password of the archive from standard input; it is not kept with tasks',
      )
      .option('--only-rejected', 'extract only the entries that were rejected')
      .option(
        '--conflict <what>',
        `what to do with names that are taken: ${ConflictPolicy.options.join(', ')} (default: as the task)`,
        as(ConflictPolicy),
      )
      .option('-w, --wait', 'wait until the new task has ended, and exit as it did'),
  run: async (cli, wanted: string, options: Options) => {
    const password = options.passwordStdin ? await readPassword(cli, true, '') : null;
    const api = await signedIn(cli);
    const id = await findTaskId(api, wanted);
    const body = {
      node: options.node ?? null,
      password,
      onlyRejected: options.onlyRejected === true,
      conflict: options.conflict ?? null,
    };
    const headers = { 'idempotency-key': randomUUID() };
    const task = await withRetries({ signal: cli.signal, patience: 'brief' }, () =>
      api.call(tasks.retryTask, { params: { id }, body }, { headers }),
    );
    return startedTask(cli, api, task, { wait: options.wait === true });
  },
});
