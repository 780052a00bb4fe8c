import { AppError, type Node, toErrorInfo } from '@longshore/protocol';
import { expect, it } from 'vitest';
import type { Database } from '../database/open-database.ts';
import { claimProbe, saveBreaker, trustedColumns } from '../store/nodes/breaker-rows.ts';
import { recordNodeError } from '../store/nodes/heartbeat-rows.ts';
import { findNode, insertNode } from '../store/nodes/node-rows.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import { noteOutcomes } from './note-outcomes.ts';

const fault = toErrorInfo(new AppError('NO_SPACE', 'the disk is full'));

describeDatabases('N7 quarantine of a node', (open) => {
  async function setUp() {
    const database = await open();
    const id = crypto.randomUUID();
    await insertNode(database.db, {
      id,
      name: 'shed',
      type: 'slave',
      key_id: id,
      secret_sealed: '',
      weight: 1,
      enabled: 1,
      capabilities: '[]',
    });
    const row = async () => {
      const found = await findNode(database.db, id as Parameters<typeof findNode>[1]);
      if (found === undefined) throw new RangeError('the node was inserted');
      return found;
    };
    return { database, id, row };
  }
  const note = (database: Database, nodeId: string, outcomes: { fault: typeof fault | null }[]) =>
    database.transaction((tx) =>
      noteOutcomes(tx, {
        nodeId,
        outcomes: outcomes.map((outcome) => ({ partId: 'p', ...outcome })),
        dialect: database.dialect,
      }),
    );

  it('faults that several masters record at the same moment are all counted', async () => {
    const { database, id, row } = await setUp();
    const entered = await Promise.all([1, 2, 3].map(() => note(database, id, [{ fault }])));
    expect(entered.filter(Boolean)).toHaveLength(1);
    const { faults_in_a_row, quarantined_at_ms, probe_in_ms } = await row();
    expect(faults_in_a_row).toBe(3);
    expect(quarantined_at_ms).not.toBeNull();
    expect(probe_in_ms).toBeGreaterThan(50_000);
    expect(probe_in_ms).toBeLessThanOrEqual(60_000);
  });

  it('a success ends it, and says so once', async () => {
    const { database, id, row } = await setUp();
    await note(database, id, [{ fault }, { fault }, { fault }]);
    expect(await note(database, id, [{ fault: null }])).toBe(true);
    expect(await row()).toMatchObject(trustedColumns);
    expect(await note(database, id, [{ fault: null }])).toBe(false);
  });

  it('exactly one part becomes the probe, and none before the pause is over', async () => {
    const { database, id, row } = await setUp();
    await note(database, id, [{ fault }, { fault }, { fault }]);
    const claim = (partId: string) => database.transaction((tx) => claimProbe(tx, { nodeId: id, partId }));
    expect(await claim('early')).toBe(false);
    const { quarantine_reason, quarantined_at_ms, probe_pause_ms } = await row();
    const due = { quarantine_reason, quarantined_at_ms, probe_pause_ms, probe_at_ms: 0, probe_part_id: null };
    await saveBreaker(database.db, id, { faults_in_a_row: 3, ...due });
    const claimed = await Promise.all(['p', 'q', 'r'].map(claim));
    expect(claimed.filter(Boolean)).toHaveLength(1);
    expect((await row()).probe_in_ms).toBeGreaterThan(50_000);
    const probe = (await row()).probe_part_id ?? '';
    const failed = { nodeId: id, outcomes: [{ partId: probe, fault }], dialect: database.dialect };
    await database.transaction((tx) => noteOutcomes(tx, failed));
    expect(await row()).toMatchObject({ probe_pause_ms: 120_000, probe_part_id: null });
  });

  it('N4 its last errors are kept, newest first; the same one again is counted', async () => {
    const { database, id, row } = await setUp();
    const refused = toErrorInfo(new AppError('NODE_REFUSED', 'nobody listens'));
    await recordNodeError(database.db, id, refused);
    await note(database, id, [{ fault }, { fault }]);
    const kept = async () =>
      (JSON.parse((await row()).recent_errors) as Node['recentErrors']).map(
        ({ error, times }) => `${error.code} ${times}`,
      );
    expect(await kept()).toEqual(['NO_SPACE 2', 'NODE_REFUSED 1']);
    for (let number = 1; number <= 12; number += 1) {
      await recordNodeError(database.db, id, { ...refused, message: `try ${number}` });
    }
    expect(await kept()).toEqual(Array.from({ length: 10 }, () => 'NODE_REFUSED 1'));
  });
});
