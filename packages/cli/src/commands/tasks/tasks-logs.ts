import { isFinalTaskState, Task, TaskLogLine, tasks } from '@longshore/protocol';
import { findTaskId } from '../../api/find-task-id.ts';
import { type Cli, signedIn } from '../../cli.ts';
import { defineStreamingCommand } from '../../define-command.ts';
import { emit } from '../../output/emit.ts';
import { printable } from '../../output/printable.ts';
import { waitForTask } from './wait-for-task.ts';

export const tasksLogs = defineStreamingCommand({
  name: 'logs',
  summary: 'Show what the nodes have logged about a task, for every attempt',
  notes: [
    'The master keeps the last 200 lines of every attempt until the task is deleted, so a node that is gone can still ' +
      'be asked about. A line that is missing in between was dropped; the numbers tell.',
  ],
  examples: ['longshore tasks logs 3f2a91bc', 'longshore tasks logs 3f2a91bc --follow'],
  json: TaskLogLine,
  setup: (command) =>
    command
      .argument('<task>', 'id of the task, or its beginning')
      .option('-f, --follow', 'print further lines as they come, until the task has ended'),
  run: async (cli, wanted: string, options: { follow?: true }) => {
    const api = await signedIn(cli);
    const id = await findTaskId(api, wanted);
    const shown = new Set<string>();
    /** Lines of different parts may become visible in another order than that of their cursors; so `from` the start. */
    const showNew = async (from: string): Promise<string> => {
      for (let cursor = from; ; ) {
        const page = await api.call(tasks.readTaskLog, { params: { id }, query: { cursor } });
        for (const line of page.lines) {
          const key = `${line.part} ${line.attempt} ${line.number}`;
          if (!shown.has(key)) emit(cli, line, [lineText(cli, line)]);
          shown.add(key);
        }
        cursor = page.cursor;
        if (!page.more) return cursor;
      }
    };
    let cursor = await showNew('0');
    const task = Task.parse(await api.call(tasks.showTask, { params: { id } }));
    if (options.follow === true && !isFinalTaskState(task.state)) {
      let showing = Promise.resolve();
      await waitForTask(cli, api, task, () => {
        showing = showing.then(async () => {
          cursor = await showNew(cursor);
        });
        // Thrown below, where it is waited for.
        showing.catch(() => undefined);
      });
      await showing;
      await showNew('0');
    }
    if (shown.size === 0 && !cli.json) emit(cli, null, ['No node has logged anything about this task.']);
    return { exitCode: 0 };
  },
});

function lineText({ paint }: Cli, line: TaskLogLine): string {
  const colour = { info: paint.dim, warn: paint.warn, error: paint.bad }[line.level];
  const fields = Object.entries(line.fields).map(([name, value]) => `${name}=${fieldText(value)}`);
  const where = `${printable(line.node)} ${line.part + 1}.${line.attempt}`;
  const text = [printable(line.message), paint.dim(printable(fields.join(' ')))].filter(
    (part) => part !== '',
  );
  return `${paint.dim(clockTime(line.atMs))}  ${where}  ${colour(line.level.padEnd(5))}  ${text.join('  ')}`;
}

const fieldText = (value: string | number | boolean | null): string =>
  typeof value === 'string' && /[\s="]|^$/.test(value) ? JSON.stringify(value) : String(value);

/** "05:03:07.042" in the zone of this machine. */
function clockTime(atMs: number): string {
  const date = new Date(atMs);
  const digits = (value: number, count = 2): string => String(value).padStart(count, '0');
  return `${digits(date.getHours())}:${digits(date.getMinutes())}:${digits(date.getSeconds())}.${digits(date.getMilliseconds(), 3)}`;
}
