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
};

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;
/** Few widths, so that the bar does not tremble as the numbers beside it grow. */
const barWidths = [30, 20, 10] as const;

/** One line of at most `columns`: what does not fit is left out, the least important first. */
export function progressBar(state: BarState, columns: number): string {
  const share = shareDone(state);
  const percent = share === null ? '' : `${String(Math.floor(share * 100)).padStart(3)}%`;
  const of = (done: string, total: string | null): string => (total === null ? done : `${done} of ${total}`);
  const parts = [
    of(formatBytes(state.bytesDone), state.bytesTotal === null ? null : formatBytes(state.bytesTotal)),
    state.bytesPerSecond === null ? '' : formatRate(state.bytesPerSecond),
    state.etaSeconds === null ? '' : `${formatEta(state.etaSeconds)} left`,
    of(
      formatCount(state.entriesDone),
      state.entriesTotal === null ? null : formatCount(state.entriesTotal),
    ).concat(state.entriesTotal === 1 ? ' file' : ' files'),
  ].filter((part) => part !== '');
  const line = (bar: string, count: number): string =>
    [state.label, bar, percent, parts.slice(0, count).join(' · ')].filter((part) => part !== '').join('  ');
  for (let count = parts.length; count > 0; count--) {
    const room = columns - textWidth(line('', count)) - 2;
    if (share === null && room >= -2) return line('', count);
    const width = barWidths.find((width) => width <= room);
    if (share !== null && width !== undefined) return line(drawBar(share, width), count);
  }
  return cutText(line('', 0), columns);
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
