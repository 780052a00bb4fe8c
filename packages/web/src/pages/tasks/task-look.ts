import type { Task, TaskKind, TaskState } from '@longshore/protocol';
import { finalTaskStates } from '@longshore/protocol';
import { formatBytes } from '../../format/format-bytes.ts';
import { t } from '../../language/language.ts';
import type { IconName } from '../../ui/icons.tsx';

export const stateColors: Record<TaskState, string> = {
  queued: 'gray',
  running: 'harbor',
  completed: 'teal',
  'completed-with-errors': 'yellow',
  failed: 'red',
  canceled: 'gray',
};

export const kindIcons: Record<TaskKind, IconName> = {
  'create-archive': 'archive',
  'extract-archive': 'unpack',
  check: 'heart',
};

export const isFinal = (task: Pick<Task, 'state'>): boolean =>
  (finalTaskStates as readonly string[]).includes(task.state);

/** What an ended task has done. */
export function amountOf({ progress, rejectedEntries }: Pick<Task, 'progress' | 'rejectedEntries'>): string {
  const looked = progress.entriesDone;
  const done = Math.max(0, looked - rejectedEntries);
  const entries =
    done === looked
      ? t('task.entriesDone', { count: looked })
      : t('task.entriesSome', { done, count: looked });
  return `${formatBytes(progress.bytesDone)} · ${entries}`;
}

/** 0 to 100, by bytes where they are known, else by entries; null while nobody can tell. */
export function percentOf({ progress, state }: Pick<Task, 'progress' | 'state'>): number | null {
  if (state === 'completed' || state === 'completed-with-errors') return 100;
  const { bytesDone, bytesTotal, entriesDone, entriesTotal } = progress;
  if (bytesTotal !== null && bytesTotal > 0) return Math.min(100, (bytesDone / bytesTotal) * 100);
  if (entriesTotal !== null && entriesTotal > 0) return Math.min(100, (entriesDone / entriesTotal) * 100);
  return null;
}
