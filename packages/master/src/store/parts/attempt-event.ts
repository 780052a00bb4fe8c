import { type AttemptEvent, AttemptEventKind } from '@longshore/protocol';

type Told = Pick<AttemptEvent, 'event' | 'kind' | 'try' | 'delaySeconds'>;

/** The lines that a timeline is made of, as they are stored. */
export const tryBegan = (number: number): string => `try ${number}`;
export const tryFailed = (number: number, delayMs: number): string =>
  `try ${number} failed, next in ${Math.round(delayMs / 1000)} s`;

/** Such a line as data. */
export function readEvent(event: string): Told {
  const [, number, delay] = /^try (\d+)(?: failed, next in (\d+) s)?$/.exec(event) ?? [];
  if (number === undefined) {
    const kind = AttemptEventKind.options.find((option) => option === event) ?? null;
    return { event, kind, try: null, delaySeconds: null };
  }
  return delay === undefined
    ? { event, kind: 'try', try: Number(number), delaySeconds: null }
    : { event, kind: 'try-failed', try: Number(number), delaySeconds: Number(delay) };
}
