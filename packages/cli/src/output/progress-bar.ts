import { formatBytes, formatCount, formatEta, formatRate } from './format-values.ts';
import { cutText, textWidth } from './text-width.ts';

export type BarState = {
  readonly label: string;
  readonly bytesDone: number;
  readonly bytesTotal: number | null;
  readonly entriesDone: number;
  readonly entriesTotal: number | null;
  readonly bytesPerSecond: number | null;
  readonly etaSeconds: number | null;
  /** What is counted, as one and as many. */
  readonly unit: readonly [one: string, many: string];
};

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;
/** Few widths, so that the bar does not tremble as the numbers beside it grow. */
const barWidths = [30, 20, 10] as const;

/** One line of at most `columns`: what does not fit is left out, the least important first. */
export function progressBar(state: BarState, columns: number): string {
  const share = shareDone(state);
  const percent = share === null ? '' : `${String(Math.floor(share * 100)).padStart(3)}%`;
  const parts = [amount(state), speed(state), count(state)].flat();
  const line = (bar: string, shown: number): string =>
    [state.label, bar, percent, parts.slice(0, shown).join(' · ')].filter((part) => part !== '').join('  ');
  for (let shown = parts.length; shown > 0; shown--) {
    const room = columns - textWidth(line('', shown)) - 2;
    if (share === null && room >= -2) return line('', shown);
    const width = barWidths.find((width) => width <= room);
    if (share !== null && width !== undefined) return line(drawBar(share, width), shown);
  }
  return cutText(line('', 0), columns);
}

const ofTotal = (done: string, total: string | null): string =>
  total === null ? done : `${done} of ${total}`;

function amount({ bytesDone, bytesTotal }: BarState): string[] {
  if (bytesDone === 0 && bytesTotal === null) return [];
  return [ofTotal(formatBytes(bytesDone), bytesTotal === null ? null : formatBytes(bytesTotal))];
}

function speed({ bytesPerSecond, etaSeconds }: BarState): string[] {
  return [
    ...(bytesPerSecond === null ? [] : [formatRate(bytesPerSecond)]),
    ...(etaSeconds === null ? [] : [`${formatEta(etaSeconds)} left`]),
  ];
}

function count({ entriesDone, entriesTotal, unit }: BarState): string[] {
  if (entriesDone === 0 && entriesTotal === null) return [];
  const name = (entriesTotal ?? entriesDone) === 1 ? unit[0] : unit[1];
  return [
    `${ofTotal(formatCount(entriesDone), entriesTotal === null ? null : formatCount(entriesTotal))} ${name}`,
  ];
}

function shareDone(state: BarState): number | null {
  if (state.bytesTotal !== null && state.bytesTotal > 0)
    return Math.min(1, state.bytesDone / state.bytesTotal);
  if (state.entriesTotal !== null && state.entriesTotal > 0) {
    return Math.min(1, state.entriesDone / state.entriesTotal);
  }
  return null;
}

function drawBar(share: number, width: number): string {
  const steps = Math.floor(share * width * 8);
  const full = '█'.repeat(Math.floor(steps / 8));
  return `${full}${eighths[steps % 8] ?? ''}`.padEnd(width, '░');
}
