import { createLogger, createMetrics, systemClock } from '@longshore/runtime';
import { describe, expect, it } from 'vitest';
import { countBacklog } from '../store/metrics/backlog.ts';
import { insertNode, listNodes } from '../store/nodes/node-rows.ts';
import { addTask } from '../testing/add-task.ts';
import { addUser } from '../testing/add-user.ts';
import { describeDatabases } from '../testing/test-databases.ts';
import { addStateGauges } from './state-gauges.ts';
import { createTaskMeter } from './task-meter.ts';
import { timedTransactions } from './timed-transactions.ts';

const log = createLogger({ level: 'silent', format: 'json', program: 'test' });
const linesOf = (text: string, name: string): string[] =>
  text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));

describeDatabases('W6 the metrics of a master', (open) => {
  it('say what is open, from one look at the database', async () => {
    const { db } = await open();
    const userId = await addUser(db);
    await addTask(db, { userId, state: 'queued', partState: 'queued' });
    await addTask(db, { userId, state: 'running', partState: 'running' });
    await addTask(db, { userId, state: 'running', partState: 'queued' });
    await addTask(db, { userId, state: 'completed', partState: 'completed' });
    await insertNode(db, {
      id: 'n1',
      name: 'shed',
      type: 'slave',
      key_id: 'k',
      secret_sealed: '',
      weight: 1,
      enabled: 1,
      capabilities: '[]',
    });
    const metrics = createMetrics();
    let looks = 0;
    const load = async () => {
      looks += 1;
      return { backlog: await countBacklog(db), nodes: await listNodes(db) };
    };
    addStateGauges(metrics, { load, heartbeatMs: 5000, monotonicMs: systemClock.monotonicMs, log });
    const text = await metrics.render();
    expect(linesOf(text, 'longshore_tasks')).toContain(
      'longshore_tasks{kind="extract-archive",state="queued"} 1',
    );
    expect(linesOf(text, 'longshore_tasks')).toContain(
      'longshore_tasks{kind="extract-archive",state="running"} 2',
    );
    expect(linesOf(text, 'longshore_tasks')).toContain(
      'longshore_tasks{kind="create-archive",state="running"} 0',
    );
    expect(linesOf(text, 'longshore_parts')).toEqual([
      'longshore_parts{capability="extract-archive",state="queued"} 2',
      'longshore_parts{capability="extract-archive",state="running"} 1',
    ]);
    expect(linesOf(text, 'longshore_node_up')).toEqual(['longshore_node_up{node="shed"} 0']);
    expect(linesOf(text, 'longshore_database_up')).toEqual(['longshore_database_up 1']);
    expect(Number(linesOf(text, 'longshore_queue_oldest_seconds')[0]?.split(' ')[1])).toBeGreaterThanOrEqual(
      0,
    );
    await metrics.render();
    expect(looks).toBe(1);
  });

  it('time every transaction, also one that fails', async () => {
    const metrics = createMetrics();
    const database = timedTransactions(await open(), metrics);
    const followed: unknown[] = [];
    await database.transaction(
      (tx) => tx.selectFrom('meta').selectAll().execute(),
      (rows) => followed.push(rows),
    );
    expect(followed).toEqual([[]]);
    await database.transactionSoon(() => Promise.resolve());
    await expect(database.transaction(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    const counts = linesOf(await metrics.render(), 'longshore_database_transaction_seconds_count');
    expect(counts).toEqual([
      'longshore_database_transaction_seconds_count{outcome="committed"} 2',
      'longshore_database_transaction_seconds_count{outcome="failed"} 1',
    ]);
  });
});

describe('W6 metrics', () => {
  it('N4 are answered while the database is down, and say that', async () => {
    const metrics = createMetrics();
    const load = () => Promise.reject(new Error('connection refused'));
    addStateGauges(metrics, { load, heartbeatMs: 5000, monotonicMs: systemClock.monotonicMs, log });
    const text = await metrics.render();
    expect(linesOf(text, 'longshore_database_up')).toEqual(['longshore_database_up 0']);
    expect(linesOf(text, 'longshore_tasks')).toEqual([]);
  });

  it('count attempts by the present name of their node, and no code that a node has invented', async () => {
    const metrics = createMetrics();
    const meter = createTaskMeter(metrics, () => Promise.resolve(new Map([['1', 'shed']])));
    meter.attemptEnded({ nodeId: '1', outcome: 'completed', code: null });
    for (const code of ['NO_SPACE', 'INVENTED_1', 'INVENTED_2'])
      meter.attemptEnded({ nodeId: '1', outcome: 'failed', code });
    for (const nodeId of ['2', '3']) meter.attemptEnded({ nodeId, outcome: 'lost', code: 'LEASE_LOST' });
    expect(linesOf(await metrics.render(), 'longshore_attempts_ended_total')).toEqual([
      'longshore_attempts_ended_total{node="shed",outcome="completed",code=""} 1',
      'longshore_attempts_ended_total{node="shed",outcome="failed",code="NO_SPACE"} 1',
      'longshore_attempts_ended_total{node="shed",outcome="failed",code="OTHER"} 2',
      'longshore_attempts_ended_total{node="deleted",outcome="lost",code="LEASE_LOST"} 2',
    ]);
  });
});
