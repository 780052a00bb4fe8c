import type { ConfigEntry } from './read-config.ts';

const widest = 56;

/** The configuration in force as an INI file, each value with its place. Keys without a value are left out. */
export function effectiveConfig(entries: readonly ConfigEntry[]): string[] {
  const set = entries.filter(({ value }) => value !== null);
  const lines = set.map(({ key, value }) => `${key} = ${quoted(value ?? '')}`.trimEnd());
  const width = Math.min(widest, Math.max(0, ...lines.map((line) => line.length)));
  return set.flatMap(({ section, place }, index) => [
    ...(section === set[index - 1]?.section ? [] : [...(index === 0 ? [] : ['']), `[${section}]`]),
    `${(lines[index] ?? '').padEnd(width)}  ; ${place}`,
  ]);
}

const quoted = (value: string): string => (/[;#"]|^\s|\s$/.test(value) ? JSON.stringify(value) : value);
