import { type AttemptView, type PartView, TaskDetail, tasks } from '@longshore/protocol';
import type { z } from 'zod';
import { findTaskId } from '../../api/find-task-id.ts';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { fields } from '../../output/fields.ts';
import { formatBytes, formatCount, formatSpan, formatTime } from '../../output/format-values.ts';
import type { Paint } from '../../output/paint.ts';
import { printable } from '../../output/printable.ts';
import { errorLines } from './task-outcome.ts';
import { paintState } from './task-state.ts';

export const tasksShow = defineCommand({
  name: 'show',
  summary: 'Show a task, its parts and every attempt',
  examples: ['longshore tasks show 3f2a91bc', 'longshore tasks show 3f2a91bc --json | jq .parts'],
  json: TaskDetail,
  setup: (command) => command.argument('<task>', 'id of the task, or its beginning'),
  run: async (cli, wanted: string) => {
    const api = await signedIn(cli);
    const id = await findTaskId(api, wanted);
    const task = await api.call(tasks.showTask, { params: { id } });
    const { paint } = cli;
    const text = [
      paint.strong(printable(task.title)),
      ...fields(paint, taskFields(paint, task), '  '),
      ...errorLines(paint, task),
      ...task.parts.flatMap((part) => partLines(paint, part)),
    ];
    return { json: task, text };
  },
});

function taskFields(paint: Paint, task: TaskDetail): [string, string][] {
  const rows: [string, string][] = [
    ['id', task.id],
    ['state', paintState(paint, task)],
    ['kind', task.kind],
    ['user', task.user],
    ['submitted', formatTime(task.createdAtMs)],
    ['progress', amount(task.progress)],
    ['nodes', task.nodes.map(printable).join(', ') || '-'],
    ['request id', printable(task.requestId)],
  ];
  if (task.startedAtMs !== null) {
    rows.push(['took', formatSpan((task.finishedAtMs ?? Date.now()) - task.startedAtMs)]);
  }
  if (task.retryOf !== null) rows.push(['retry of', task.retryOf]);
  if (task.outputs.length > 0) rows.push(['created', task.outputs.map(printable).join(', ')]);
  if (task.rejectedEntries > 0) {
    rows.push([
      'not done',
      `${formatCount(task.rejectedEntries)} entries: longshore tasks rejected ${task.id}`,
    ]);
  }
  return rows;
}

function partLines(paint: Paint, part: PartView): string[] {
  const waiting = part.waitingFor === null ? '' : `, waiting: ${printable(part.waitingFor)}`;
  return [
    `  ${paint.strong(`part ${part.ordinal + 1}`)}${part.joins ? ', joins the pieces' : ''}  ${part.state}, ${amount(part.progress)}${waiting}`,
    ...part.attempts.flatMap((attempt) => attemptLines(paint, attempt)),
  ];
}

function attemptLines(paint: Paint, attempt: z.infer<typeof AttemptView>): string[] {
  const { readBytes, writtenBytes } = attempt;
  const moved = `, ${formatBytes(readBytes)} read, ${formatBytes(writtenBytes)} written`;
  const took = attempt.endedAtMs === null ? '' : ` in ${formatSpan(attempt.endedAtMs - attempt.startedAtMs)}`;
  const since = (atMs: number): string => `+${formatSpan(atMs - attempt.startedAtMs)}`.padStart(8);
  return [
    `    attempt ${attempt.attempt} on ${printable(attempt.node)}: ${attempt.state}${took}${moved}  ${paint.dim(formatTime(attempt.startedAtMs))}`,
    `      ${paint.dim(`why here: ${printable(attempt.reason)}`)}`,
    ...attempt.events.flatMap(({ atMs, event, error }) => [
      `      ${since(atMs)}  ${printable(event)}`,
      ...errorLines(paint, { error }, '                '),
    ]),
    ...(attempt.events.some(({ error }) => error !== null) ? [] : errorLines(paint, attempt, '      ')),
  ];
}

function amount(progress: TaskDetail['progress']): string {
  const of = (done: string, total: string | null): string =>
    total === null || total === done ? done : `${done} of ${total}`;
  const bytes = progress.bytesTotal === null ? null : formatBytes(progress.bytesTotal);
  const entries = progress.entriesTotal === null ? null : formatCount(progress.entriesTotal);
  const count = of(formatCount(progress.entriesDone), entries);
  return `${of(formatBytes(progress.bytesDone), bytes)}, ${count} ${count === '1' ? 'entry' : 'entries'}`;
}
