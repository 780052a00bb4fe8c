import type { ServerEvent, Task } from '@longshore/protocol';
import type { BarState } from '../../output/progress-bar.ts';

const phases = {
  planning: 'Planning',
  waiting: 'Starting',
  reading: 'Reading',
  working: 'Working',
  storing: 'Storing',
  publishing: 'Publishing',
  done: 'Done',
} as const;

/** What the progress bar of a task shows; `live` is the last progress event, which alone tells the speed. */
export function taskBar(task: Task, live: Extract<ServerEvent, { type: 'progress' }> | null): BarState {
  const progress = live?.progress ?? task.progress;
  return {
    label: task.state === 'queued' ? 'Queued' : phases[progress.phase],
    unit: ['entry', 'entries'],
    bytesDone: progress.bytesDone,
    bytesTotal: progress.bytesTotal,
    entriesDone: progress.entriesDone,
    entriesTotal: progress.entriesTotal,
    bytesPerSecond: live?.bytesPerSecond ?? null,
    etaSeconds: live?.etaSeconds ?? null,
  };
}
