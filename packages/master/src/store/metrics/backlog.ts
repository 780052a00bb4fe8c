import type { Capability, PartState, TaskKind, TaskState } from '@longshore/protocol';
import { sql } from 'kysely';
import { type Db, nowMs } from '../../database/open-database.ts';

/** What is not done yet. Counted through the indexes of what is open, however many tasks have ended. */
export type Backlog = {
  readonly tasks: readonly { kind: TaskKind; state: TaskState; count: number }[];
  readonly parts: readonly { capability: Capability; state: PartState; count: number }[];
  /** Age of the part that waits longest; 0 when nothing waits. */
  readonly oldestMs: number;
};

const count = sql<number>`count(*)`;

export async function countBacklog(db: Db): Promise<Backlog> {
  const tasks = await db
    .selectFrom('tasks')
    .select(['kind', 'state', count.as('count')])
    .where('state', 'in', ['queued', 'running'])
    .groupBy(['kind', 'state'])
    .execute();
  const partsIn = (states: readonly PartState[]) =>
    db
      .selectFrom('parts')
      .select(['capability', 'state', count.as('count')])
      .where('state', 'in', states)
      .groupBy(['capability', 'state'])
      .execute();
  const queued = await partsIn(['queued']);
  const held = await partsIn(['leased', 'running', 'waiting']);
  const oldest = await db
    .selectFrom('parts')
    .select((eb) => eb(nowMs, '-', eb.fn.min('created_at_ms')).as('ageMs'))
    .where('state', '=', 'queued')
    .executeTakeFirst();
  const counted = <Row extends { count: number }>(row: Row): Row => ({ ...row, count: Number(row.count) });
  return {
    tasks: tasks.map(counted),
    parts: [...queued, ...held].map(counted),
    oldestMs: Math.max(0, Number(oldest?.ageMs ?? 0)),
  };
}
