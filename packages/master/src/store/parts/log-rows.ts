import { type LogLine, maxLogLines, NodeId, type TaskLogLine } from '@longshore/protocol';
import { forRows } from '../../database/for-rows.ts';
import type { Db } from '../../database/open-database.ts';
import type { Holder } from './outcomes.ts';

/** What an attempt has logged since its last report. */
export type NewLogLines = { readonly holder: Holder; readonly lines: readonly LogLine[] };

type LineRow = Omit<LogLine, 'fields'> & { partId: string; attempt: number; fields: string };

const insertLines = forRows<LineRow>(
  {
    partId: 'text',
    attempt: 'bigint',
    number: 'bigint',
    atMs: 'bigint',
    level: 'text',
    message: 'text',
    fields: 'text',
  },
  `insert into attempt_log (part_id, attempt, number, at_ms, level, message, fields)
   select r.partId, r.attempt, r.number, r.atMs, r.level, r.message, r.fields from r where true
   on conflict (part_id, attempt, number) do nothing`,
);

/** Adds lines to the logs of attempts, unless they are there, and drops the oldest beyond what is kept. */
export async function insertLogLines(db: Db, logs: readonly NewLogLines[]): Promise<void> {
  const rows = logs.flatMap(({ holder: { partId, attempt }, lines }) =>
    lines.map((line): LineRow => ({ ...line, partId, attempt, fields: JSON.stringify(line.fields) })),
  );
  await insertLines(db, rows);
  for (const { holder, lines } of logs) {
    const tooOld = (lines.at(-1)?.number ?? 0) - maxLogLines;
    if (tooOld <= 0) continue;
    await db
      .deleteFrom('attempt_log')
      .where('part_id', '=', holder.partId)
      .where('attempt', '=', holder.attempt)
      .where('number', '<=', tooOld)
      .execute();
  }
}

/** The log of a task from behind `after` on, in the order in which it arrived; `last` is where to go on. */
export async function listLogLines(
  db: Db,
  wanted: {
    taskId: string;
    part?: number | undefined;
    attempt?: number | undefined;
    after: number;
    limit: number;
  },
): Promise<{ lines: TaskLogLine[]; last: number; more: boolean }> {
  let query = db
    .selectFrom('attempt_log')
    .innerJoin('parts', 'parts.id', 'attempt_log.part_id')
    .innerJoin('attempts', (join) =>
      join
        .onRef('attempts.part_id', '=', 'attempt_log.part_id')
        .onRef('attempts.attempt', '=', 'attempt_log.attempt'),
    )
    .select(['attempts.node_id', 'attempts.node_name', 'parts.ordinal'])
    .selectAll('attempt_log')
    .where('parts.task_id', '=', wanted.taskId)
    .where('attempt_log.id', '>', wanted.after);
  if (wanted.part !== undefined) query = query.where('parts.ordinal', '=', wanted.part);
  if (wanted.attempt !== undefined) query = query.where('attempt_log.attempt', '=', wanted.attempt);
  const rows = await query
    .orderBy('attempt_log.id')
    .limit(wanted.limit + 1)
    .execute();
  const page = rows.slice(0, wanted.limit);
  return {
    lines: page.map((row) => ({
      part: row.ordinal,
      attempt: row.attempt,
      node: row.node_name,
      nodeId: NodeId.parse(row.node_id),
      number: row.number,
      atMs: row.at_ms,
      level: row.level,
      message: row.message,
      fields: JSON.parse(row.fields) as LogLine['fields'],
    })),
    last: page.at(-1)?.id ?? wanted.after,
    more: rows.length > page.length,
  };
}
