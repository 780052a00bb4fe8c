/** Slices of at most `size`: a statement takes only so many values (SQLite 32 766, PostgreSQL 65 535). */
export function* chunked<Value>(values: readonly Value[], size: number): Generator<readonly Value[], void> {
  for (let start = 0; start < values.length; start += size) yield values.slice(start, start + size);
}
