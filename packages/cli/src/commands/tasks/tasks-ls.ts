import { type Task, TaskKind, TaskState, tasks } from '@longshore/protocol';
import { z } from 'zod';
import { type Cli, signedIn, tableStyle } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { as, listOf, Span, wholeNumber } from '../../option-values.ts';
import { formatAge, formatSpan } from '../../output/format-values.ts';
import { printable } from '../../output/printable.ts';
import { table } from '../../output/table.ts';
import { shortIdLength } from './shorten-ids.ts';
import { paintState } from './task-state.ts';

type Options = {
  state?: TaskState[];
  kind?: TaskKind[];
  node?: string;
  user?: string;
  since?: number;
  everybody?: true;
  limit: number;
};

const OneState = z.enum(TaskState.options, { error: `one of ${TaskState.options.join(', ')}` });
const OneKind = z.enum(TaskKind.options, { error: `one of ${TaskKind.options.join(', ')}` });

export const tasksLs = defineCommand({
  name: 'ls',
  summary: 'List tasks, newest first',
  examples: [
    'longshore tasks ls',
    'longshore tasks ls --state failed,canceled --since 7d',
    'longshore tasks ls --everybody --node shed --limit 200',
  ],
  notes: ['With `--json`, `next` is not null when there are more tasks than `--limit`.'],
  json: tasks.listTasks.response,
  setup: (command) =>
    command
      .option('--state <states>', `only these: ${TaskState.options.join(', ')}`, listOf(OneState))
      .option('--kind <kinds>', `only these: ${TaskKind.options.join(', ')}`, listOf(OneKind))
      .option('--node <node>', 'only tasks that this node works or worked on')
      .option('--user <user>', 'only tasks of this user (administrators)')
      .option('--since <span>', 'only tasks submitted in the last 12h, 7d, …', as(Span))
      .option('--everybody', 'the tasks of all users (administrators)')
      .option('-n, --limit <number>', 'list at most so many', as(wholeNumber(1, 10_000)), 50),
  run: async (cli, options: Options) => {
    const api = await signedIn(cli);
    const listed: Task[] = [];
    let next: string | null = null;
    do {
      const answer: z.output<typeof tasks.listTasks.response> = await api.call(tasks.listTasks, {
        query: {
          state: options.state,
          kind: options.kind,
          node: options.node,
          user: options.user,
          createdAfterMs: options.since === undefined ? undefined : Date.now() - options.since * 1000,
          everybody: options.everybody || options.user !== undefined ? 'true' : 'false',
          limit: Math.min(500, options.limit - listed.length),
          cursor: next ?? undefined,
        },
      });
      listed.push(...answer.tasks);
      next = answer.next;
    } while (next !== null && listed.length < options.limit);
    const text = listed.length === 0 ? ['No tasks.'] : taskTable(cli, listed, options.everybody === true);
    if (next !== null) text.push(cli.paint.dim('There are more; raise --limit to see them.'));
    return { json: { tasks: listed, next }, text };
  },
});

function taskTable(cli: Cli, listed: readonly Task[], everybody: boolean): string[] {
  const idLength = shortIdLength(listed.map(({ id }) => id));
  const columns = [
    { title: 'ID' },
    { title: 'STATE' },
    { title: 'AGE', align: 'right' as const },
    { title: 'TOOK', align: 'right' as const },
    { title: 'NODE', shrink: true },
    ...(everybody ? [{ title: 'USER' }] : []),
    { title: 'TASK', shrink: true },
  ];
  const rows = listed.map((task) => [
    task.id.slice(0, idLength),
    paintState(cli.paint, task),
    formatAge(Date.now() - task.createdAtMs),
    task.startedAtMs === null ? '-' : formatSpan((task.finishedAtMs ?? Date.now()) - task.startedAtMs),
    printable(task.nodes.join(', ')) || '-',
    ...(everybody ? [task.user] : []),
    printable(task.title),
  ]);
  return table(columns, rows, tableStyle(cli));
}
