import type { Task } from '@longshore/protocol';
import type { Api } from '../../api/api.ts';
import type { Cli } from '../../cli.ts';
import type { Result } from '../../define-command.ts';
import { printable } from '../../output/printable.ts';
import { taskOutcome } from './task-outcome.ts';
import { waitForTask } from './wait-for-task.ts';

/** What a command that has started a task says: its id, or with `--wait` how it ended. */
export async function startedTask(
  cli: Cli,
  api: Api,
  task: Task,
  options: { wait: boolean },
): Promise<Result<Task>> {
  if (options.wait) return taskOutcome(cli.paint, await waitForTask(cli, api, task));
  const text = [
    `Task ${task.id} is ${task.state}: ${printable(task.title)}`,
    `Watch it with: longshore tasks watch ${task.id}`,
  ];
  return { json: task, text };
}
