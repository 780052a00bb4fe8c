import type { Progress } from '@longshore/protocol';

/** The progress of a part that nobody has begun. */
export const emptyProgress: Progress = {
  phase: 'waiting',
  bytesDone: 0,
  bytesTotal: null,
  entriesDone: 0,
  entriesTotal: null,
};

const phaseOrder: readonly Progress['phase'][] = [
  'planning',
  'waiting',
  'reading',
  'working',
  'storing',
  'publishing',
  'done',
];

/** The progress of a task: the sum of its parts, in the phase of the one that is furthest behind but at work. */
export function sumProgress(parts: readonly Progress[]): Progress {
  if (parts.length === 0) return { ...emptyProgress, phase: 'planning' };
  const unfinished = parts.filter((part) => part.phase !== 'done' && part.phase !== 'waiting');
  const lookAt = unfinished.length > 0 ? unfinished : parts;
  const phase = phaseOrder.find((candidate) => lookAt.some((part) => part.phase === candidate)) ?? 'waiting';
  const total = (of: (part: Progress) => number | null): number | null =>
    parts.reduce<number | null>((sum, part) => {
      const value = of(part);
      return sum === null || value === null ? null : sum + value;
    }, 0);
  return {
    phase,
    bytesDone: parts.reduce((sum, part) => sum + part.bytesDone, 0),
    bytesTotal: total((part) => part.bytesTotal),
    entriesDone: parts.reduce((sum, part) => sum + part.entriesDone, 0),
    entriesTotal: total((part) => part.entriesTotal),
  };
}
