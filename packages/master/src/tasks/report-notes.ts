import type { Db } from '../database/open-database.ts';
import { insertLogLines, type NewLogLines } from '../store/parts/log-rows.ts';
import { type CompletedPart, completeParts } from '../store/parts/outcomes.ts';
import {
  attemptKey,
  completeReported,
  type ReportedSoFar,
  saveReported,
} from '../store/parts/report-rows.ts';
import { insertTimeline, type TimelineLine } from '../store/parts/timeline.ts';

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
  const completed = await completeParts(tx, notes.completed);
  const done = notes.completed.filter(({ partId }) => completed.has(partId));
  for (const { partId, attempt } of done) {
    notes.timeline.push({ partId, attempt, event: 'completed', error: null });
  }
  const endedKeys = new Set(done.map(attemptKey));
  const { ends = [], goesOn = [] } = Object.groupBy(notes.reported, (attempt) =>
    endedKeys.has(attemptKey(attempt)) ? 'ends' : 'goesOn',
  );
  await Promise.all([
    completeReported(tx, ends),
    saveReported(tx, goesOn),
    writeTimeline(tx, notes),
    insertLogLines(tx, notes.logs),
  ]);
}

/** Writes the timeline so far, before a line that is written by itself. */
export const writeTimeline = (tx: Db, notes: ReportNotes): Promise<void> =>
  insertTimeline(tx, notes.timeline.splice(0));
