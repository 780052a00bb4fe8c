import { maxLogLines } from '@longshore/protocol';
import { expect, it } from 'vitest';
import { addTask } from '../../testing/add-task.ts';
import { addUser } from '../../testing/add-user.ts';
import { describeDatabases } from '../../testing/test-databases.ts';
import { insertLogLines, listLogLines } from './log-rows.ts';

const line = (number: number) => ({
  number,
  atMs: 1_700_000_000_000 + number,
  level: 'info' as const,
  message: 'a\nline',
  fields: { name: 'été', size: number, none: null },
});
const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => line(from + at));

describeDatabases('T6 the log of a task', (open) => {
  async function setUp() {
    const { db } = await open();
    const userId = await addUser(db);
    const task = await addTask(db, { userId });
    const nodeId = crypto.randomUUID();
    const leaseTo = (attempt: number, name: string) =>
      db
        .insertInto('attempts')
        .values({
          part_id: task.partId,
          attempt,
          node_id: nodeId,
          node_name: name,
          reason: '',
          state: 'running',
          started_at_ms: 0,
          last_sequence: 0,
        })
        .execute();
    await leaseTo(1, 'anna');
    const insert = (attempt: number, from: number, to: number) =>
      insertLogLines(db, [{ holder: { partId: task.partId, attempt, nodeId }, lines: lines(from, to) }]);
    const list = (wanted: Partial<Parameters<typeof listLogLines>[1]> = {}) =>
      listLogLines(db, { taskId: task.taskId, after: 0, limit: 500, ...wanted });
    return { db, task, nodeId, leaseTo, insert, list };
  }

  it('keeps a line that comes twice once, with everything that it says', async () => {
    const { insert, list, nodeId } = await setUp();
    await insert(1, 1, 3);
    await insert(1, 2, 4);
    const found = (await list()).lines;
    expect(found.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    expect(found[1]).toEqual({ ...line(2), part: 0, attempt: 1, node: 'anna', nodeId });
  });

  it('keeps the last lines of each attempt', async () => {
    const { insert, list, leaseTo } = await setUp();
    await leaseTo(2, 'berta');
    await insert(1, 1, 150);
    await insert(1, 151, 290);
    await insert(2, 1, 1);
    const found = (await list()).lines;
    expect(found).toHaveLength(maxLogLines + 1);
    expect([found[0]?.number, found.at(-2)?.number]).toEqual([91, 290]);
    expect(found.at(-1)).toMatchObject({ number: 1, node: 'berta', attempt: 2 });
  });

  it('is read page by page, from where the reader has got to', async () => {
    const { insert, list } = await setUp();
    await insert(1, 1, 5);
    const first = await list({ limit: 3 });
    expect(first).toMatchObject({ lines: [{ number: 1 }, { number: 2 }, { number: 3 }], more: true });
    const second = await list({ limit: 3, after: first.last });
    expect(second).toMatchObject({ lines: [{ number: 4 }, { number: 5 }], more: false });
    await insert(1, 6, 6);
    expect(await list({ after: second.last })).toMatchObject({ lines: [{ number: 6 }], more: false });
    expect(await list({ attempt: 2 })).toEqual({ lines: [], last: 0, more: false });
  });

  it('goes with its task', async () => {
    const { db, insert, task } = await setUp();
    await insert(1, 1, 5);
    await db.deleteFrom('tasks').where('id', '=', task.taskId).execute();
    expect(await db.selectFrom('attempt_log').selectAll().execute()).toEqual([]);
  });
});
