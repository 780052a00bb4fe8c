import type { NodeId, ReportBatch, ReportVerdicts } from '@longshore/protocol';
import { type RecordDeps, recordReport } from './record-report.ts';
import type { TaskAnnouncer } from './task-announcer.ts';

/**
 * Records a batch of reports in their order, then tells those who wait for them: people see progress and new
 * states, ended parts settle their task, and the scheduler looks for the next work.
 */
export async function receiveReports(
  deps: RecordDeps & {
    announcer: TaskAnnouncer;
    settle: (taskId: string) => Promise<void>;
    wake: () => void;
  },
  nodeId: NodeId,
  batch: ReportBatch,
): Promise<ReportVerdicts> {
  const verdicts: ReportVerdicts['verdicts'] = [];
  const changes = new Map<string, 'progress' | 'state' | 'ended'>();
  for (const report of batch.reports) {
    const { verdict, taskId, change } = await recordReport(deps, nodeId, report);
    verdicts.push(verdict);
    if (taskId === undefined || change === undefined) continue;
    const earlier = changes.get(taskId);
    if (earlier === undefined || rank[change] > rank[earlier]) changes.set(taskId, change);
  }
  for (const [taskId, change] of changes) {
    if (change === 'progress') await deps.announcer.progressed(taskId);
    else if (change === 'state') await deps.announcer.changed(taskId);
    else await deps.settle(taskId);
  }
  if ([...changes.values()].some((change) => change !== 'progress')) deps.wake();
  return { verdicts };
}

const rank = { progress: 0, state: 1, ended: 2 } as const;
