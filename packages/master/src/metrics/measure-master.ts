import { addProcessMetrics, type Clock, createMetrics, type Logger, type Metrics } from '@longshore/runtime';
import type { Database } from '../database/open-database.ts';
import { countBacklog } from '../store/metrics/backlog.ts';
import { listNodes } from '../store/nodes/node-rows.ts';
import { addStateGauges } from './state-gauges.ts';
import { createTaskMeter, type TaskMeter } from './task-meter.ts';
import { timedTransactions } from './timed-transactions.ts';

/** All that a master measures. `database` is the given one, measured; `stop` ends the watch of the event loop. */
export function measureMaster(options: {
  database: Database;
  heartbeatMs: number;
  clock: Clock;
  log: Logger;
}): { metrics: Metrics; meter: TaskMeter; database: Database; stop(): void } {
  const { heartbeatMs, clock, log } = options;
  const { db } = options.database;
  const metrics = createMetrics();
  const { nodeNames } = addStateGauges(metrics, {
    load: async () => ({ backlog: await countBacklog(db), nodes: await listNodes(db) }),
    heartbeatMs,
    monotonicMs: clock.monotonicMs,
    log,
  });
  const meter = createTaskMeter(metrics, nodeNames);
  const database = timedTransactions(options.database, metrics);
  return { metrics, meter, database, ...addProcessMetrics(metrics) };
}
