import { expect, it } from 'vitest';
import { fairOrder } from './fair-order.ts';

const part = (userId: string, createdAtMs: number, ordinal = 0, priority = 0) => ({
  userId,
  createdAtMs,
  ordinal,
  priority,
  taskId: `${userId} ${createdAtMs}`,
});
const order = (parts: ReturnType<typeof part>[], held: [string, number][] = []): string =>
  fairOrder(parts, new Map(held))
    .map(({ userId, createdAtMs, ordinal }) => `${userId}${createdAtMs}${ordinal === 0 ? '' : `.${ordinal}`}`)
    .join(' ');

it('T8 users take turns, each with the oldest part first', () => {
  expect(order([part('a', 3), part('a', 1), part('a', 2), part('b', 4)])).toBe('a1 b4 a2 a3');
});

it('T8 who has more parts running comes later', () => {
  expect(order([part('a', 1), part('b', 2), part('b', 3)], [['a', 2]])).toBe('b2 b3 a1');
});

it('T8 priority counts among the parts of one user, and takes no turn from another', () => {
  const parts = [part('a', 1), part('a', 2, 0, -1), part('a', 3, 0, 1), part('b', 4)];
  expect(order(parts)).toBe('a3 b4 a1 a2');
});

it('parts of one task keep their order', () => {
  expect(order([part('a', 1, 2), part('a', 1, 1), part('a', 1)])).toBe('a1 a1.1 a1.2');
});
