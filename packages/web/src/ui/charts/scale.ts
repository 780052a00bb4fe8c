/** The smallest round number that is at least `max`: 1, 2, 2.5 or 5 with zeros, or a power of two for bytes. */
export function roundTop(max: number, unit: 'number' | 'bytes'): number {
  if (max <= 0) return 1;
  if (unit === 'bytes') return 2 ** Math.ceil(Math.log2(max));
  const power = 10 ** Math.floor(Math.log10(max));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= max) ?? 10;
  return step * power;
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
