import { randomUUIDv7 } from 'node:crypto';
import { BlobId, NodeId, PartId } from '@longshore/protocol';
import { systemClock } from '@longshore/runtime';
import { expect, it } from 'vitest';
import type { Database } from '../database/open-database.ts';
import { deriveMasterKeys } from '../secrets/master-keys.ts';
import { insertOutputs, insertRejected } from '../store/parts/report-rows.ts';
import { findTask, insertSources } from '../store/tasks/task-rows.ts';
import { addTask } from '../testing/add-task.ts';
import { addUser } from '../testing/add-user.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import { createAttemptSources } from './attempt-sources.ts';
import { insertPlan } from './plan-parts.ts';
import { settleTasks } from './settle-task.ts';

const limits = { maxOutputBytes: 1000, maxEntries: 1, maxEntryBytes: 1, maxRatio: 1, maxDepth: 1 };
const work = { kind: 'create-archive', format: 'zip', level: 'normal', password: null } as const;
const sha256 = 'a'.repeat(64);

describeDatabases('T11 a zip that is made in pieces', (open) => {
  /** A folder and three files, of which the first piece has the folder and a file. */
  async function planned() {
    const database = await open();
    const { db } = database;
    const { taskId } = await addTask(db, { userId: await addUser(db), state: 'queued' });
    await db.deleteFrom('parts').execute();
    await db.updateTable('tasks').set({ planned: 0, kind: 'create-archive' }).execute();
    const sources = await Promise.all(
      ['', 'a', 'b', 'c'].map(async (name) => ({
        kind: name === '' ? ('folder' as const) : ('file' as const),
        path: `files/${name}`,
        modified_at_ms: 0,
        mode: 0o644,
        blob_id: name === '' ? null : await addBlob(database, 100),
        size_bytes: name === '' ? 0 : 100,
      })),
    );
    await insertSources(db, taskId, sources);
    const task = await findTask(db, taskId);
    if (task === undefined) throw new Error('it was just inserted');
    const ranges = [
      { from: 0, to: 2 },
      { from: 2, to: 4 },
    ];
    const pieces = ranges.map((sourceRange) => ({ ...work, sourceRange }));
    expect(await insertPlan(db, task, [...pieces, { kind: 'join-archive' }])).toBe(true);
    const nodeId = NodeId.parse(crypto.randomUUID());
    const parts = await db.selectFrom('parts').selectAll().orderBy('ordinal').execute();
    const partIds = parts.map(({ id }) => PartId.parse(id));
    const keys = deriveMasterKeys(Buffer.alloc(32, 7));
    const attempts = createAttemptSources({ database, keys, clock: systemClock, limits });
    return {
      db,
      parts,
      partIds,
      settle: () => settleTasks(db, [taskId], { limits }),
      stateOf: async (ordinal: number) =>
        (await db.selectFrom('parts').select('state').where('ordinal', '=', ordinal).executeTakeFirst())
          ?.state,
      sourcesOf: async (ordinal: number, from = 0) => {
        const partId = partIds[ordinal] as PartId;
        const held = { state: 'running' as const, node_id: nodeId, attempt: 1 };
        await db.updateTable('parts').set(held).where('id', '=', partId).execute();
        const page = await attempts.page(nodeId, { partId, attempt: 1 }, from);
        return { ...page, sources: page.sources.map(({ path }) => path) };
      },
      completed: async (ordinal: number, bytes: number) => {
        const partId = partIds[ordinal] as PartId;
        const blobId = BlobId.parse(await addBlob(database, bytes));
        const output = { kind: 'file' as const, index: 0, path: '', modifiedAtMs: 0, mode: null };
        await insertOutputs(db, partId, [{ ...output, blobId, sizeBytes: bytes, sha256 }]);
        await db.updateTable('parts').set({ state: 'completed' }).where('id', '=', partId).execute();
      },
    };
  }

  async function addBlob({ db }: Database, bytes: number): Promise<string> {
    const id = randomUUIDv7();
    await db
      .insertInto('blobs')
      .values({ id, store_id: 'local', size_bytes: bytes, sha256, crc32: 0, state: 'live', created_at_ms: 0 })
      .execute();
    return id;
  }

  it('each piece is made of its own sources, and when the last is made they are joined', async () => {
    const { parts, stateOf, sourcesOf, completed, settle } = await planned();
    expect(parts.map(({ state, capability }) => [state, capability])).toEqual([
      ['queued', 'join-archive'],
      ['queued', 'join-archive'],
      ['blocked', 'join-archive'],
    ]);
    expect(await sourcesOf(0)).toEqual({
      sources: ['files/', 'files/a'],
      next: null,
      totalBytes: 100,
      totalEntries: 2,
    });
    expect(await sourcesOf(1)).toMatchObject({ sources: ['files/b', 'files/c'], totalBytes: 200 });
    expect(await sourcesOf(1, 3)).toMatchObject({ sources: ['files/c'], totalBytes: 200 });
    await completed(0, 40);
    expect([await settle(), await stateOf(2)]).toEqual([[], 'blocked']);
    await completed(1, 50);
    expect([await settle(), await stateOf(2)]).toEqual([[], 'queued']);
    expect([await settle(), await stateOf(2)]).toEqual([[], 'queued']);
    expect(await sourcesOf(2)).toMatchObject({ sources: ['', ''], totalBytes: 90, totalEntries: 2 });
  });

  it('what would be too large is not joined', async () => {
    const { stateOf, completed, settle } = await planned();
    await completed(0, 600);
    await completed(1, 600);
    const [settled] = await settle();
    expect([settled?.state, await stateOf(2)]).toEqual(['failed', 'canceled']);
  });

  it('when no file of any piece could be read it fails as one archive would, and is not joined', async () => {
    const { db, partIds, stateOf, completed, settle } = await planned();
    const lost = (index: number) => ({
      index,
      name: `${index}`,
      code: 'BLOB_NOT_FOUND',
      message: `${index} is gone`,
    });
    await insertRejected(db, partIds[1] ?? '', [lost(2), lost(3)]);
    await insertRejected(db, partIds[0] ?? '', [lost(1)]);
    await completed(0, 22);
    await completed(1, 22);
    const [settled] = await settle();
    expect([settled?.state, await stateOf(2)]).toEqual(['failed', 'canceled']);
    const task = await db.selectFrom('tasks').select('error').executeTakeFirst();
    expect(JSON.parse(task?.error ?? '')).toMatchObject({ code: 'BLOB_NOT_FOUND', message: '1 is gone' });
  });
});
