import { locale } from '../language/language.ts';

const steps: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** "3 minutes ago", by the largest unit that fits. */
export function formatAgo(atMs: number, nowMs: number): string {
  const seconds = Math.round((atMs - nowMs) / 1000);
  const [unit, size] = steps.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
  return new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' }).format(Math.round(seconds / size), unit);
}

export const formatExact = (atMs: number): string =>
  new Date(atMs).toLocaleString(locale(), { dateStyle: 'medium', timeStyle: 'medium' });

/** The time of day to the millisecond. */
export const formatClock = (atMs: number): string =>
  new Date(atMs).toLocaleTimeString(locale(), {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hour12: false,
  });

/** As the SI writes it: "15 s", "5 min"; in Chinese as it is written there. */
function duration(value: number, unit: 'day' | 'hour' | 'minute' | 'second'): string {
  const unitDisplay = unit === 'minute' ? 'short' : 'narrow';
  return value
    .toLocaleString(locale(), { style: 'unit', unit, unitDisplay, maximumFractionDigits: 1 })
    .replace(/(\d)([a-z])/, '$1 $2');
}

/** The two largest units of a span: "2 h 5 min", "340 ms". */
export function formatSpan(ms: number): string {
  if (ms === 0) return duration(0, 'second');
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return duration(ms / 1000, 'second');
  const seconds = Math.round(ms / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), 'day'],
    [Math.floor(seconds / 3_600) % 24, 'hour'],
    [Math.floor(seconds / 60) % 60, 'minute'],
    [seconds % 60, 'second'],
  ] as const;
  const first = parts.findIndex(([value]) => value > 0);
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => duration(value, unit))
    .join(' ');
}
