import type { Task } from '@longshore/protocol';
import { parentPath } from '../../format/paths.ts';

/** The folder in which the result of a task stands; null when it has none. */
export function outputFolder(task: Task): string | null {
  const output = task.outputs[0];
  if (output === undefined) return null;
  const { destination } = task.request;
  return task.kind === 'extract-archive' && typeof destination === 'string'
    ? destination
    : parentPath(output);
}
