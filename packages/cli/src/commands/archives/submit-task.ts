import { randomUUID } from 'node:crypto';
import { type SubmitTask, type Task, tasks } from '@longshore/protocol';
import type { z } from 'zod';
import { withRetries } from '../../api/with-retries.ts';
import { type Cli, signedIn } from '../../cli.ts';
import type { Result } from '../../define-command.ts';
import { startedTask } from '../tasks/started-task.ts';

/** Submits under one Idempotency-Key, so that a lost answer leads to the same task and not to a second one. */
export async function submitTask(
  cli: Cli,
  body: z.input<typeof SubmitTask>,
  options: { wait: boolean },
): Promise<Result<Task>> {
  const api = await signedIn(cli);
  const headers = { 'idempotency-key': randomUUID() };
  const task = await withRetries({ signal: cli.signal, patience: 'brief' }, () =>
    api.call(tasks.submitTask, { body }, { headers }),
  );
  return startedTask(cli, api, task, options);
}
