import type { Limits } from '@longshore/protocol';
import { type Logger, startSpan } from '@longshore/runtime';
import type { Database } from '../database/open-database.ts';
import type { TaskMeter } from '../metrics/task-meter.ts';
import type { Holder } from '../store/parts/outcomes.ts';
import { listUnplanned, listUnsettled } from '../store/tasks/task-rows.ts';
import { planTask, type ReadEntries } from './plan-task.ts';
import { type Settled, settleTasks } from './settle-task.ts';
import type { TaskAnnouncer } from './task-announcer.ts';

/** Takes tasks over their thresholds: from submitted to planned, and from the last part's end to the task's own. */
export type TaskFollowUp = {
  settle(taskId: string): Promise<void>;
  /** What is to be done after the commit of a settlement made elsewhere. */
  tellSettled(settled: Settled): void;
  /** Looks for tasks to plan. */
  planSoon(): void;
  stop(): Promise<void>;
};

const sweepMs = 5_000;

/**
 * Everything is triggered at once where it arises; the sweep every few seconds only picks up what a master that
 * stopped in between has left.
 */
export function startTaskFollowUp(deps: {
  database: Database;
  announcer: TaskAnnouncer;
  meter: Pick<TaskMeter, 'taskEnded'>;
  log: Logger;
  heartbeatMs: number;
  limits: Limits;
  minPartBytes: number;
  readEntries: ReadEntries;
  wake: () => void;
  stopAttempts: (holders: readonly Holder[], reason: 'user' | 'lease-lost') => void;
  filesChanged: (userId: string, path: string) => void;
}): TaskFollowUp {
  const { database, log, announcer } = deps;
  let stopped = false;
  const planning = new Map<string, Promise<void>>();

  const settle = async (taskId: string): Promise<void> => {
    const [settled] = await database.transaction(async (tx) => {
      const result = await settleTasks(tx, [taskId], { limits: deps.limits });
      if (result.length > 0) await announcer.changed(tx, taskId);
      return result;
    });
    if (settled === undefined) return;
    tellSettled(settled);
    deps.wake();
  };

  const tellSettled = (settled: Settled): void => {
    deps.meter.taskEnded({ kind: settled.task.kind, state: settled.state });
    startSpan({
      name: 'end task',
      parent: settled.task.traceparent,
      attributes: { 'longshore.task.id': settled.task.id, 'longshore.task.state': settled.state },
    }).end();
    deps.stopAttempts(settled.stopped, 'user');
    if (settled.changedFolder !== null) deps.filesChanged(settled.task.user_id, settled.changedFolder);
  };

  const plan = async (): Promise<void> => {
    for (const task of await listUnplanned(database.db)) {
      if (planning.has(task.id)) continue;
      const run = planTask(deps, task)
        .then((planned) => {
          if (planned) deps.wake();
        })
        .catch((error: unknown) => log.error({ taskId: task.id, err: error }, 'planning failed'))
        .finally(() => planning.delete(task.id));
      planning.set(task.id, run);
    }
  };

  const sweep = async (): Promise<void> => {
    if (stopped) return;
    for (const taskId of await listUnsettled(database.db)) await settle(taskId);
    await plan();
  };
  const guarded = (work: () => Promise<void>): void => {
    work().catch((error: unknown) => log.error({ err: error }, 'following up tasks failed'));
  };
  const timer = setInterval(() => guarded(sweep), sweepMs);
  guarded(sweep);
  return {
    settle,
    tellSettled,
    planSoon: () => guarded(plan),
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await Promise.all(planning.values());
    },
  };
}
