import { type NodeVitals, type UserId, Work } from '@longshore/protocol';
import { systemClock } from '@longshore/runtime';
import { type Database, nowMs } from '../database/open-database.ts';
import { claimParts } from '../scheduling/claim-parts.ts';
import { createExplainGate } from '../scheduling/explain-gate.ts';
import { hasAlternative } from '../scheduling/has-alternative.ts';
import { createNodePresence, type NodePresence } from '../scheduling/node-presence.ts';
import { recordVitals } from '../store/nodes/heartbeat-rows.ts';
import { insertNode } from '../store/nodes/node-rows.ts';
import { findPart } from '../store/parts/report-rows.ts';
import { readWaiting } from '../store/parts/stored-reasons.ts';
import { emptyProgress } from '../store/tasks/sum-progress.ts';

const mebibyte = 2 ** 20;

export const vitalsForTest = (workers: number): NodeVitals => ({
  version: '0.1.0',
  protocol: '1.0',
  bootId: crypto.randomUUID(),
  uptimeMs: 1,
  clockMs: 1,
  capabilities: ['create-archive', 'extract-archive'],
  workers,
  running: 0,
  queued: 0,
  load1: 0,
  cores: 1,
  memoryFreeBytes: 1,
  memoryTotalBytes: 1,
  rssBytes: 1,
  temp: null,
});

/** A temporary folder with `freeBytes` left for work, of a file system of 1 TB. */
export const tempForTest = (freeBytes: number): NonNullable<NodeVitals['temp']> => ({
  path: '/tmp',
  totalBytes: 1e12,
  freeBytes: freeBytes + 100 * mebibyte,
  reservedBytes: 0,
  minFreeBytes: 100 * mebibyte,
});

/** Nodes that have just called, and queued tasks of one part each, for tests of where they go. */
export function partsToPlace(database: Database) {
  const { db } = database;
  /** Ids of the nodes, by name. */
  const nodes: Record<string, string> = {};
  const idOf = (name: string): string => nodes[name] ?? '';
  return {
    nodes,
    addNode: async (
      name: string,
      options: { weight?: number; type?: 'slave' | 'embedded' } & Partial<NodeVitals>,
    ): Promise<void> => {
      const { weight = 1, type = 'slave', ...vitals } = options;
      const id = crypto.randomUUID();
      nodes[name] = id;
      await insertNode(db, {
        id,
        name,
        type,
        url: `http://${name}:1`,
        internal_url: null,
        key_id: id,
        secret_sealed: '',
        weight,
        enabled: 1,
        capabilities: JSON.stringify(vitals.capabilities ?? ['create-archive']),
      });
      await recordVitals(db, { nodeId: id, vitals: { ...vitalsForTest(1000), ...vitals }, skewMs: 0 });
    },
    tellVitals: (name: string, vitals: Partial<NodeVitals>) =>
      recordVitals(db, { nodeId: idOf(name), vitals: { ...vitalsForTest(1000), ...vitals }, skewMs: 0 }),
    addTasks: async (
      userId: UserId,
      count: number,
      wanted: {
        node?: string;
        kind?: 'create-archive' | 'extract-archive';
        tempBytes?: number;
        avoid?: readonly string[];
      } = {},
    ): Promise<string[]> => {
      const kind = wanted.kind ?? 'create-archive';
      const work = Work.options[0].parse({
        kind: 'create-archive',
        format: 'zip',
        level: 1,
        password: null,
      });
      const ids = Array.from({ length: count }, () => crypto.randomUUID());
      for (const id of ids) {
        await db
          .insertInto('tasks')
          .values({
            id,
            user_id: userId,
            kind,
            state: 'queued',
            request: '{}',
            title: '',
            request_id: '',
            request_hash: '',
            planned: 1,
            destination: '/x.zip',
            conflict: 'fail',
            rejected_entries: 0,
            outputs: '[]',
            created_at_ms: nowMs,
          })
          .execute();
        await db
          .insertInto('parts')
          .values({
            id,
            task_id: id,
            user_id: userId,
            ordinal: 0,
            capability: kind,
            requested_node_id: wanted.node === undefined ? null : idOf(wanted.node),
            work: JSON.stringify(work),
            state: 'queued',
            attempt: 0,
            delivered: 0,
            not_before_ms: 0,
            avoid_nodes: JSON.stringify((wanted.avoid ?? []).map(idOf)),
            lost_leases: 0,
            temp_bytes: wanted.tempBytes ?? 0,
            progress: JSON.stringify(emptyProgress),
            created_at_ms: nowMs,
          })
          .execute();
      }
      return ids;
    },
    /** One pass, of a master that has just started unless `presence` is one that has seen more. */
    claim: (presence: NodePresence = createNodePresence(systemClock)) =>
      claimParts({
        database,
        presence,
        heartbeatMs: 60_000,
        storeId: 'local',
        leaseMs: 180_000,
        meter: { waited: () => undefined },
        explainGate: createExplainGate(systemClock),
      }),
    hasAlternative: async (id: string, presence: NodePresence = createNodePresence(systemClock)) => {
      const part = await findPart(db, id);
      if (part === undefined) throw new Error(`no part ${id}`);
      return hasAlternative(db, { presence, heartbeatMs: 60_000, storeId: 'local' }, part);
    },
    /** How many of these parts each node has got, by its name. */
    placedOn: async (ids: readonly string[]): Promise<Record<string, number>> => {
      const rows = await db
        .selectFrom('attempts')
        .select(['node_name', (eb) => eb.fn.countAll<number>().as('count')])
        .where('part_id', 'in', ids)
        .groupBy('node_name')
        .execute();
      return Object.fromEntries(rows.map((row) => [row.node_name, Number(row.count)]));
    },
    waitingFor: async (ids: readonly string[]): Promise<string[]> => {
      const rows = await db.selectFrom('parts').select('waiting_for').where('id', 'in', ids).execute();
      return rows.map((row) => readWaiting(row.waiting_for).waitingFor ?? '');
    },
    /** Puts a user into a group of their own. */
    limitGroupOf: async (
      userId: UserId,
      limits: { allowed_nodes?: string | null; max_running_tasks?: number | null },
    ): Promise<void> => {
      const id = `group of ${userId}`;
      await db
        .insertInto('user_groups')
        .values({
          id,
          name: id,
          name_key: id,
          is_default: 0,
          may_choose_node: 1,
          created_at_ms: nowMs,
          quota_bytes: null,
          max_archive_bytes: null,
          max_extracted_bytes: null,
          max_entries: null,
          max_ratio: null,
          max_depth: null,
          ...limits,
        })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(limits))
        .execute();
      await db.updateTable('users').set({ group_id: id }).where('id', '=', userId).execute();
    },
    clear: () => db.deleteFrom('tasks').execute(),
  };
}
