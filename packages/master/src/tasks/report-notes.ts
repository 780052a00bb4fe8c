import type { Db } from '../database/open-database.ts';
import { insertLogLines, type NewLogLines } from '../store/parts/log-rows.ts';
import { insertTimeline, type TimelineLine } from '../store/parts/timeline.ts';
import { startTasks } from '../store/tasks/task-rows.ts';

/** What the reports of a batch leave to be written together. */
export type ReportNotes = {
  readonly timeline: TimelineLine[];
  readonly logs: NewLogLines[];
  readonly startedTasks: Set<string>;
};

export const createNotes = (): ReportNotes => ({ timeline: [], logs: [], startedTasks: new Set() });

export async function writeNotes(tx: Db, notes: ReportNotes): Promise<void> {
  await writeTimeline(tx, notes);
  await insertLogLines(tx, notes.logs);
  await startTasks(tx, [...notes.startedTasks]);
}

/** Writes the timeline so far, before a line that is written by itself. */
export const writeTimeline = (tx: Db, notes: ReportNotes): Promise<void> =>
  insertTimeline(tx, notes.timeline.splice(0));
