import type { NodeVitals } from '@longshore/protocol';
import { sql } from 'kysely';
import { beforeEach, expect, it } from 'vitest';
import { type Database, nowMs } from '../database/open-database.ts';
import { nodeHealth } from '../nodes/node-health.ts';
import { recordVitals, renewLeases } from '../store/nodes/heartbeat-rows.ts';
import { insertNode, requireNode } from '../store/nodes/node-rows.ts';
import { settleTasks } from '../tasks/settle-task.ts';
import { addTask } from '../testing/add-task.ts';
import { addUser } from '../testing/add-user.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import { createHearing, type Hearing } from './hearing.ts';
import { watchLeases } from './watch-leases.ts';

const heartbeatMs = 5_000;
const leaseMs = 3 * heartbeatMs;
const dayMs = 86_400_000;

describeDatabases('watching leases', (open, dialect) => {
  let database: Database;
  let hearing: Hearing;
  /** The clock of the master, and how far ahead of it that of the database is. */
  let clockMs: number;
  let aheadMs: number;
  let changed: string[];
  let anna: string;

  /** Sets the clock of the database's machine. */
  const setAhead = async (byMs: number): Promise<void> => {
    aheadMs = byMs;
    await tick(0);
  };
  const tick = async (byMs: number): Promise<void> => {
    clockMs += byMs;
    if (dialect === 'sqlite') return;
    const body = `select ${Math.round(clockMs + aheadMs)}::bigint`;
    await sql`create or replace function now_ms() returns bigint language sql volatile as ${sql.lit(body)}`.execute(
      database.db,
    );
  };

  beforeEach(async () => {
    clockMs = 1_000_000;
    aheadMs = 1_800_000_000_000;
    changed = [];
    database = await open({ clock: { nowMs: () => 0, monotonicMs: () => clockMs + aheadMs } });
    await tick(0);
    anna = await addNode('anna');
    startMaster();
  });
  const startMaster = (): void => {
    hearing = createHearing({ monotonicMs: () => clockMs, heartbeatMs });
  };

  const addNode = async (name: string): Promise<string> => {
    const id = crypto.randomUUID();
    await insertNode(database.db, {
      id,
      name,
      type: 'slave',
      url: `http://${name}:1`,
      internal_url: null,
      key_id: id,
      secret_sealed: '',
      weight: 1,
      enabled: 1,
      capabilities: '[]',
    });
    return id;
  };
  const look = () =>
    watchLeases({
      database,
      hearing,
      heartbeatMs,
      leaseMs,
      nodeName: async () => 'anna',
      changed: async (_, taskId) => changed.push(taskId),
      meter: { attemptEnded: () => undefined },
    });
  const heartbeat = async (partIds: readonly string[]): Promise<void> => {
    const vitals = { bootId: 'b', clockMs: 0 } as NodeVitals;
    await recordVitals(database.db, { nodeId: anna, vitals, skewMs: 0 });
    const holding = partIds.map((partId) => ({ partId, attempt: 1 }));
    await renewLeases(database.db, { nodeId: anna, holding: holding as never, leaseMs });
  };
  /** So many seconds of a master at work, with heartbeats of a node that holds these parts. */
  const pass = async (seconds: number, living: readonly string[] = []): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      await tick(1_000);
      if (living.length > 0 && second % 5 === 4) await heartbeat(living);
      await look();
    }
  };
  const addHeld = async (): Promise<{ taskId: string; partId: string }> => {
    const task = await addTask(database.db, { userId: await addUser(database.db) });
    await lease(task.partId);
    return task;
  };
  const lease = (partId: string, attempt = 1) =>
    database.db
      .updateTable('parts')
      .set({
        state: 'running',
        node_id: anna,
        attempt,
        lease_until_ms: sql<number>`now_ms() + ${leaseMs}`,
      })
      .where('id', '=', partId)
      .execute();
  const partOf = (partId: string) =>
    database.db.selectFrom('parts').selectAll().where('id', '=', partId).executeTakeFirstOrThrow();
  const stateOf = async (partId: string) => (await partOf(partId)).state;

  it('A1 a silent node loses its part when the lease ends, and not before', async () => {
    const { partId, taskId } = await addHeld();
    await pass(15);
    expect(await stateOf(partId)).toBe('running');
    await pass(1);
    expect(await stateOf(partId)).toBe('queued');
    expect(changed).toEqual([taskId]);
  });

  it.each([dayMs, -dayMs, 60_000, -60_000])(
    'E3 D5 the clock of the database is set by %i ms: a node that lives keeps its part, a dead one loses it in time',
    async (byMs) => {
      const living = await addHeld();
      const dead = await addHeld();
      await heartbeat([living.partId, dead.partId]);
      await pass(12, [living.partId]);
      await setAhead(aheadMs + byMs);
      await pass(1);
      expect(await stateOf(living.partId)).toBe('running');
      await pass(18, [living.partId]);
      expect([await stateOf(living.partId), await stateOf(dead.partId)]).toEqual(['running', 'queued']);
    },
  );

  it('E3 D5 the clock was set back while no master ran: a dead node is offline at once, and loses its part in time', async () => {
    const { partId } = await addHeld();
    await heartbeat([partId]);
    await database.db.updateTable('parts').set({ not_before_ms: sql<number>`now_ms() + 500` }).execute();
    await setAhead(aheadMs - dayMs);
    startMaster();
    await pass(1);
    const { heartbeat_age_ms } = await requireNode(database.db, anna);
    expect(nodeHealth(heartbeat_age_ms, heartbeatMs)).toBe('offline');
    await pass(16);
    expect(await stateOf(partId)).toBe('queued');
  });

  it('E3 D5 nor does a part that is to be placed later, or a node on probation, wait for as long', async () => {
    const { partId } = await addTask(database.db, {
      userId: await addUser(database.db),
      state: 'queued',
      partState: 'queued',
    });
    await database.db.updateTable('parts').set({ not_before_ms: sql<number>`now_ms() + 500` }).execute();
    const probing = { probe_pause_ms: 60_000, probe_at_ms: sql<number>`now_ms() + 60000` };
    await database.db.updateTable('nodes').set(probing).execute();
    await setAhead(aheadMs - dayMs);
    await pass(1);
    const { ms } = await database.db.selectNoFrom(nowMs.as('ms')).executeTakeFirstOrThrow();
    expect((await partOf(partId)).not_before_ms).toBeLessThanOrEqual(Number(ms));
    expect((await requireNode(database.db, anna)).probe_in_ms).toBe(60_000);
  });

  it('A5 a master that starts takes a part over only after the node had the chance to be heard', async () => {
    const { partId } = await addHeld();
    await tick(60_000);
    startMaster();
    await pass(14);
    expect(await stateOf(partId)).toBe('running');
    await pass(1);
    expect(await stateOf(partId)).toBe('queued');
  });

  it('A8 a part whose nodes fall silent again and again is given up with the reason, and others go on', async () => {
    const poison = await addHeld();
    const other = await addHeld();
    const failed: string[] = [];
    for (let attempt = 1; attempt <= 6; attempt += 1) {
      expect(await stateOf(other.partId)).toBe('running');
      for (let second = 0; second < 16; second += 1) {
        await tick(1_000);
        if (second % 5 === 4) await heartbeat([other.partId]);
        failed.push(...(await look()).failed);
      }
      if (attempt < 6) {
        expect(await partOf(poison.partId)).toMatchObject({ state: 'queued', lost_leases: attempt });
        await lease(poison.partId, attempt + 1);
      }
    }
    expect(failed).toEqual([poison.taskId]);
    const settled = await database.transaction((tx) =>
      settleTasks(tx, [poison.taskId], { limits: {} as never }),
    );
    expect(settled).toMatchObject([{ state: 'failed' }]);
    const task = await database.db
      .selectFrom('tasks')
      .select(['state', 'error'])
      .where('id', '=', poison.taskId)
      .executeTakeFirstOrThrow();
    expect(task.state).toBe('failed');
    expect(JSON.parse(task.error ?? '')).toMatchObject({
      code: 'ATTEMPTS_EXHAUSTED',
      message: expect.stringContaining('6 nodes fell silent'),
    });
    expect(await stateOf(other.partId)).toBe('running');
  });
});
