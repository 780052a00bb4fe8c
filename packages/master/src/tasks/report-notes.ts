import type { Db } from '../database/open-database.ts';
import { insertLogLines, type NewLogLines } from '../store/parts/log-rows.ts';
import { type CompletedPart, completeParts } from '../store/parts/outcomes.ts';
import { type ReportedSoFar, saveReported } from '../store/parts/report-rows.ts';
import { insertTimeline, type TimelineLine } from '../store/parts/timeline.ts';
import { startTasks } from '../store/tasks/task-rows.ts';

/** What the reports of a batch leave to be written together. */
export type ReportNotes = {
  readonly reported: ReportedSoFar[];
  readonly timeline: TimelineLine[];
  readonly logs: NewLogLines[];
  readonly startedTasks: Set<string>;
  readonly completed: CompletedPart[];
};

export const createNotes = (): ReportNotes => ({
  reported: [],
  timeline: [],
  logs: [],
  startedTasks: new Set(),
  completed: [],
});

export async function writeNotes(tx: Db, notes: ReportNotes): Promise<void> {
  await saveReported(tx, notes.reported);
  const completed = await completeParts(tx, notes.completed);
  for (const { partId, attempt } of completed) {
    notes.timeline.push({ partId, attempt, event: 'completed', error: null });
  }
  await writeTimeline(tx, notes);
  await insertLogLines(tx, notes.logs);
  await startTasks(tx, [...notes.startedTasks]);
}

/** Writes the timeline so far, before a line that is written by itself. */
export const writeTimeline = (tx: Db, notes: ReportNotes): Promise<void> =>
  insertTimeline(tx, notes.timeline.splice(0));
