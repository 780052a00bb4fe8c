import type { Limits, NodeId, ReportBatch, ReportVerdicts } from '@longshore/protocol';
import type { Db } from '../database/open-database.ts';
import type { AttemptOutcome, TaskMeter } from '../metrics/task-meter.ts';
import type { AdmitBoot } from '../nodes/admit-boot.ts';
import type { PartOutcome } from '../nodes/circuit-breaker.ts';
import { noteOutcomes } from '../nodes/note-outcomes.ts';
import { attemptKey, lockReported, type ReportedAttempt } from '../store/parts/report-rows.ts';
import { startTasks } from '../store/tasks/task-rows.ts';
import {
  lost,
  type PreparedReport,
  prepareReport,
  type RecordDeps,
  type Recorded,
  recordReports,
} from './record-reports.ts';
import { createNotes, type ReportNotes, writeNotes } from './report-notes.ts';
import { type Settled, settleTasks } from './settle-task.ts';
import type { TaskAnnouncer } from './task-announcer.ts';

const rank = { progress: 0, state: 1, ended: 2 } as const;

/**
 * Records a batch of reports in their order, settles the tasks whose parts have ended and announces what changed, all
 * in one transaction: when the node is told that its reports are recorded, everything that follows from them is
 * durable too.
 */
export async function receiveReports(
  deps: RecordDeps & {
    announcer: TaskAnnouncer;
    meter: Pick<TaskMeter, 'attemptEnded'>;
    tellSettled: (settled: Settled) => void;
    wake: () => void;
    limits: Limits;
    nodeChanged: (nodeId: NodeId) => void;
    admitBoot: AdmitBoot;
  },
  sender: { nodeId: NodeId; address: string },
  batch: ReportBatch,
): Promise<ReportVerdicts> {
  const { database, announcer, limits } = deps;
  const { nodeId } = sender;
  if (batch.bootId !== undefined) await deps.admitBoot({ ...sender, bootId: batch.bootId });
  const prepared = await Promise.all(batch.reports.map((report) => prepareReport(deps, nodeId, report)));
  const record = async (tx: Db) => {
    const known = await lockReported(tx, { nodeId, refs: batch.reports });
    const notes = createNotes();
    const recorded = await recordEach(tx, prepared, { known, notes });
    await writeNotes(tx, notes);
    const verdicts = recorded.map(({ verdict }) => verdict);
    const changes = new Map<string, keyof typeof rank>();
    const outcomes: PartOutcome[] = [];
    const ended: Ended[] = [];
    for (const [at, { taskId, change, outcome }] of recorded.entries()) {
      if (outcome !== undefined) outcomes.push(outcome);
      if (taskId === undefined || change === undefined) continue;
      if (change !== 'progress') ended.push(...endOf(prepared[at]));
      const earlier = changes.get(taskId);
      if (earlier === undefined || rank[change] > rank[earlier]) changes.set(taskId, change);
    }
    const tasksWith = (...wanted: (keyof typeof rank)[]): string[] =>
      [...changes].flatMap(([taskId, change]) => (wanted.includes(change) ? [taskId] : []));
    const { startedTasks } = notes;
    const settled = await settleTasks(tx, tasksWith('ended'), { limits, startedTasks });
    for (const { task } of settled) startedTasks.delete(task.id);
    await startTasks(tx, [...startedTasks]);
    const [nodeChanged] = await Promise.all([
      noteOutcomes(tx, { nodeId, outcomes, dialect: database.dialect }),
      announcer.manyChanged(tx, tasksWith('state', 'ended')),
    ]);
    return { verdicts, changes, settled, ended, nodeChanged };
  };
  const wakeWhenMoved = ({ changes }: { changes: ReadonlyMap<string, string> }): void => {
    if (changes.values().some((change) => change !== 'progress')) deps.wake();
  };
  const done = await database.transaction(record, wakeWhenMoved);
  const { verdicts, changes, settled, ended, nodeChanged } = done;
  for (const one of ended) deps.meter.attemptEnded({ nodeId, ...one });
  for (const one of settled) deps.tellSettled(one);
  if (nodeChanged) deps.nodeChanged(nodeId);
  for (const [taskId, change] of changes) {
    if (change === 'progress') await announcer.progressed(taskId);
  }
  return { verdicts };
}

type Ended = { outcome: AttemptOutcome; code: string | null };

/** How an attempt has ended with a report that was recorded for the first time; nothing when it goes on. */
function endOf(prepared: PreparedReport | undefined): Ended[] {
  if (prepared === undefined) return [];
  const { event } = prepared.report;
  const { wrong } = prepared;
  if (wrong !== undefined) return [{ outcome: 'failed', code: wrong.code }];
  switch (event.type) {
    case 'completed':
    case 'canceled':
      return [{ outcome: event.type, code: null }];
    case 'failed':
    case 'returned':
      return [{ outcome: event.type, code: event.error.code }];
    default:
      return [];
  }
}

/** What became of each report. Those of one attempt go together; the attempts have nothing to do with each other. */
async function recordEach(
  tx: Db,
  prepared: readonly PreparedReport[],
  batch: { known: ReadonlyMap<string, ReportedAttempt>; notes: ReportNotes },
): Promise<Recorded[]> {
  const recorded = new Map<PreparedReport, Recorded>();
  const attempts = Map.groupBy(prepared, ({ report }) => attemptKey(report));
  for (const [key, reports] of attempts) {
    const outcomes = await recordReports(tx, {
      reports,
      reported: batch.known.get(key),
      notes: batch.notes,
    });
    for (const [at, report] of reports.entries()) recorded.set(report, outcomes[at] ?? lost);
  }
  return prepared.map((report) => recorded.get(report) ?? lost);
}
