import { isFinalTaskState, Task, tasks } from '@longshore/protocol';
import { findTaskId } from '../../api/find-task-id.ts';
import { type Cli, signedIn } from '../../cli.ts';
import { defineStreamingCommand } from '../../define-command.ts';
import { emit } from '../../output/emit.ts';
import { printable } from '../../output/printable.ts';
import { type Followed, WatchedEvent } from './follow-task.ts';
import { taskOutcome } from './task-outcome.ts';
import { paintState } from './task-state.ts';
import { waitForTask } from './wait-for-task.ts';

export const tasksWatch = defineStreamingCommand({
  name: 'watch',
  summary: 'Follow a task until it has ended, and exit as it did',
  notes: [
    'The master pushes what happens; nothing is polled. Ctrl+C stops watching and leaves the task running. With ' +
      '`--json` each line is one event, the last one the final `task`.',
  ],
  examples: ['longshore tasks watch 3f2a91bc', 'longshore tasks watch 3f2a91bc --json'],
  json: WatchedEvent,
  setup: (command) => command.argument('<task>', 'id of the task, or its beginning'),
  run: async (cli, wanted: string) => {
    const api = await signedIn(cli);
    const id = await findTaskId(api, wanted);
    const task = Task.parse(await api.call(tasks.showTask, { params: { id } }));
    let shown = '';
    const onEvent = (followed: Followed): void => {
      if (cli.json) {
        if (followed.type !== 'disconnected') emit(cli, followed, []);
      } else if (followed.type === 'task' && !isFinalTaskState(followed.task.state)) {
        const line = stateLine(cli, followed.task);
        if (line !== shown) emit(cli, followed, [line]);
        shown = line;
      }
    };
    if (!cli.json) emit(cli, null, [cli.paint.strong(printable(task.title))]);
    const last = await waitForTask(cli, api, task, onEvent);
    const outcome = taskOutcome(cli.paint, last);
    if (last === task) onEvent({ type: 'task', task });
    if (!cli.json) emit(cli, null, outcome.text);
    return { exitCode: outcome.exitCode ?? 0 };
  },
});

const stateLine = ({ paint }: Cli, task: Task): string =>
  `${paintState(paint, task)}${task.nodes.length === 0 ? '' : ` on ${task.nodes.map(printable).join(', ')}`}`;
