import { isFinalTaskState, type Task } from '@longshore/protocol';
import type { Api } from '../../api/api.ts';
import type { Cli } from '../../cli.ts';
import { CommandError } from '../../errors/command-error.ts';
import { progressBar } from '../../output/progress-bar.ts';
import { type Followed, followTask } from './follow-task.ts';
import { taskBar } from './task-bar.ts';

/** Waits until the task is final, with a progress bar on a terminal. Interrupting the wait leaves the task running. */
export async function waitForTask(
  cli: Cli,
  api: Api,
  task: Task,
  onEvent: (followed: Followed) => void = () => undefined,
): Promise<Task> {
  let latest = task;
  if (isFinalTaskState(task.state)) return task;
  try {
    for await (const followed of followTask(api, task, cli.signal)) {
      onEvent(followed);
      if (followed.type === 'disconnected') {
        if (!cli.json) cli.status.note(cli.paint.warn('connection lost, trying again'));
        continue;
      }
      if (followed.type === 'task') latest = followed.task;
      const bar = taskBar(latest, followed.type === 'progress' ? followed : null);
      if (!cli.json) cli.status.show((columns) => progressBar(bar, columns));
    }
  } catch (thrown) {
    const error = CommandError.from(thrown);
    if (error.code === 'TASK_NOT_FOUND') throw error;
    throw error.explained({
      message: `no longer waiting, but the task ${task.id} goes on${error.code === 'INTERRUPTED' ? '' : `: ${error.message}`}`,
      hint: `Watch it with \`longshore tasks watch ${task.id}\`, or stop it with \`longshore tasks cancel ${task.id}\`.`,
      details: { taskId: task.id },
    });
  } finally {
    cli.status.clear();
  }
  return latest;
}
