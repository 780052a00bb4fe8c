import type { Paint } from './paint.ts';

/** Names and values, one a line, the values aligned. */
export function fields(
  paint: Paint,
  rows: readonly (readonly [name: string, value: string])[],
  indent = '',
): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${indent}${paint.dim(name.padEnd(width))}  ${value}`.trimEnd());
}
