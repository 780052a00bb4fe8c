/** In what an axis counts: whole things, anything, shares of one, bytes, or milliseconds. */
export type AxisUnit = 'count' | 'number' | 'share' | 'bytes' | 'ms';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const spansMs = [1, 2, 5, 10, 15, 30]
  .flatMap((count) => [count * secondMs, count * minuteMs])
  .concat([1, 2, 3, 6, 12, 24].map((count) => count * hourMs))
  .toSorted((a, b) => a - b);
const mostSteps = 4;

/** Round values from zero to the first that is at least `max`, for the lines across a chart: three to five of them. */
export function axisTicks(max: number, unit: AxisUnit): number[] {
  const step = stepOf(Math.max(max, 0) / mostSteps, unit);
  const steps = Math.max(2, Math.ceil(max / step - 1e-9));
  return Array.from({ length: steps + 1 }, (_, index) => index * step);
}

/** The smallest round step that is at least `least`. */
function stepOf(least: number, unit: AxisUnit): number {
  switch (unit) {
    case 'bytes':
      return 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(1, least))));
    case 'ms':
      return (
        (least > 0.5 * secondMs ? spansMs.find((span) => span >= least) : undefined) ?? decimalStep(least, 1)
      );
    case 'count':
      return decimalStep(least, 1);
    case 'share':
      return least <= 0.25 ? 0.25 : decimalStep(least, 0.5);
    case 'number':
      return decimalStep(least, 0);
    default:
      return unit satisfies never;
  }
}

/** 1, 2 or 5 with zeros. */
function decimalStep(least: number, smallest: number): number {
  if (least <= smallest) return smallest || 1;
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5, 10].find((factor) => factor * power >= least - 1e-9) ?? 10) * power;
}

const marksMs = [1, 2, 5, 10, 15, 30]
  .map((count) => count * minuteMs)
  .concat([1, 2, 3, 4, 6, 12, 24].map((count) => count * hourMs));

/** Which of the moments stand below a chart: round times of the day, as many as there is room for. */
export function timeMarks(atMs: readonly number[], most: number): number[] {
  const [first = 0, last = 0] = [atMs[0], atMs.at(-1)];
  const everyMs = marksMs.find((span) => (last - first) / span < most) ?? 24 * hourMs;
  const slots = atMs.map((moment) =>
    Math.floor((moment - new Date(moment).getTimezoneOffset() * minuteMs) / everyMs),
  );
  return slots.flatMap((slot, index) => (index > 0 && slot !== slots[index - 1] ? [index] : []));
}

/** Neighbours added up, so that at most `most` are left; with the moment each group begins. */
export function sumNeighbours(
  atMs: readonly number[],
  lists: readonly (readonly number[])[],
  most: number,
): { atMs: number[]; lists: number[][] } {
  const size = Math.max(1, Math.ceil(atMs.length / most));
  const groups = Math.ceil(atMs.length / size);
  const starts = Array.from({ length: groups }, (_, group) => group * size);
  return {
    atMs: starts.map((start) => atMs[start] ?? 0),
    lists: lists.map((list) =>
      starts.map((start) => list.slice(start, start + size).reduce((sum, value) => sum + value, 0)),
    ),
  };
}

/** Values at given moments, of a series that has its own: null where it has none. */
export function valuesAt(
  moments: readonly number[],
  atMs: readonly number[],
  values: readonly (number | null)[],
): (number | null)[] {
  const known = new Map(atMs.map((moment, index) => [moment, values[index] ?? null]));
  return moments.map((moment) => known.get(moment) ?? null);
}

export type Point = { x: number; y: number };

/** Pieces of a line: a gap where there is no value. */
export function linePieces(points: readonly (Point | null)[]): Point[][] {
  const pieces: Point[][] = [];
  let open: Point[] | null = null;
  for (const point of points) {
    if (point === null) {
      open = null;
      continue;
    }
    if (open === null) {
      open = [];
      pieces.push(open);
    }
    open.push(point);
  }
  return pieces;
}
