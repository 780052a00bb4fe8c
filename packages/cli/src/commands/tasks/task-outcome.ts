import type { Task } from '@longshore/protocol';
import type { Result } from '../../define-command.ts';
import { formatBytes, formatSpan, plural } from '../../output/format-values.ts';
import type { Paint } from '../../output/paint.ts';
import { printable } from '../../output/printable.ts';

/** How a task that is final ended, in words and as the exit code: only `completed` is 0. */
export function taskOutcome(paint: Paint, task: Task): Result<Task> {
  return { json: task, text: outcomeLines(paint, task), exitCode: task.state === 'completed' ? 0 : 1 };
}

function outcomeLines(paint: Paint, task: Task): string[] {
  const title = printable(task.title);
  switch (task.state) {
    case 'completed':
      return [`${paint.good('✔')} ${title}: ${work(task)}`];
    case 'completed-with-errors':
      return [
        `${paint.warn('!')} ${title}: completed with errors: ${work(task)}`,
        `  ${plural(task.rejectedEntries, 'entry was', 'entries were')} not done; list them with: longshore tasks rejected ${task.id}`,
      ];
    case 'failed':
      return [
        `${paint.bad('✖')} ${title}: failed on ${task.nodes.join(', ') || 'no node'}`,
        ...errorLines(paint, task),
      ];
    case 'canceled':
      return [`${paint.warn('✖')} ${title}: canceled`];
    case 'queued':
    case 'running':
      return [`${title}: ${task.state}`];
    default:
      return task.state satisfies never;
  }
}

export function errorLines(paint: Paint, { error }: Pick<Task, 'error'>, indent = '  '): string[] {
  if (error === null) return [];
  return [`${indent}${paint.bad(error.code)}: ${printable(error.message)}`, `${indent}fix: ${error.hint}`];
}

function work({ progress, nodes, startedAtMs, createdAtMs, finishedAtMs }: Task): string {
  const spanMs = (finishedAtMs ?? createdAtMs) - (startedAtMs ?? createdAtMs);
  const amount = `${plural(progress.entriesDone, 'entry', 'entries')}, ${formatBytes(progress.bytesDone)}`;
  return `${amount} in ${formatSpan(spanMs)}${nodes.length === 0 ? '' : ` on ${nodes.join(', ')}`}`;
}
