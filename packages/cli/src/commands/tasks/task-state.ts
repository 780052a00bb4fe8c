import type { Task, TaskState } from '@longshore/protocol';
import type { Paint } from '../../output/paint.ts';

const colours = {
  queued: 'dim',
  running: 'busy',
  completed: 'good',
  'completed-with-errors': 'warn',
  failed: 'bad',
  canceled: 'warn',
} as const satisfies Record<TaskState, keyof Paint>;

/** The state in its colour. */
export const paintState = (paint: Paint, { state }: Task): string => paint[colours[state]](state);
