import type { QueuedPart } from '../store/parts/claims.ts';

/**
 * Parts in the order in which they are placed: users take turns, and who has more parts running comes later; within a
 * user by priority, and the oldest first.
 */
export function fairOrder<Part extends Aged & Pick<QueuedPart, 'userId' | 'priority'>>(
  parts: readonly Part[],
  heldByUser: ReadonlyMap<string, number>,
): Part[] {
  const turns: { part: Part; turn: number }[] = [];
  for (const [userId, own] of Map.groupBy(parts, (part) => part.userId)) {
    const held = heldByUser.get(userId) ?? 0;
    for (const [index, part] of own.sort((a, b) => b.priority - a.priority || byAge(a, b)).entries())
      turns.push({ part, turn: held + index });
  }
  return turns.sort((a, b) => a.turn - b.turn || byAge(a.part, b.part)).map(({ part }) => part);
}

type Aged = Pick<QueuedPart, 'taskId' | 'ordinal' | 'createdAtMs'>;

const byAge = (a: Aged, b: Aged): number =>
  a.createdAtMs - b.createdAtMs ||
  (a.taskId === b.taskId ? a.ordinal - b.ordinal : a.taskId < b.taskId ? -1 : 1);
