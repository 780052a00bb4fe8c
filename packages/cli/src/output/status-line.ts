import { columnsOf, type Output } from '../terminal/io.ts';

const redrawEveryMs = 80;

/**
 * One line at the bottom of a terminal that is drawn over and over. Where the output is no terminal it never shows,
 * and only notes are written.
 */
export type StatusLine = {
  /** `render` is called with the width only when it is time to draw. */
  show(render: (columns: number) => string): void;
  /** A line above that stays. */
  note(text: string): void;
  /** Takes the line away. */
  clear(): void;
};

export function createStatusLine(output: Output): StatusLine {
  let drawnAtMs = Number.NEGATIVE_INFINITY;
  let visible = false;
  const clear = (): void => {
    if (visible) output.write('\r\u001b[2K');
    visible = false;
    drawnAtMs = Number.NEGATIVE_INFINITY;
  };
  return {
    clear,
    note: (text) => {
      clear();
      output.write(`${text}\n`);
    },
    show: (render) => {
      if (output.isTTY !== true || performance.now() - drawnAtMs < redrawEveryMs) return;
      drawnAtMs = performance.now();
      // The last column stays free: writing to it wraps the line on some terminals.
      output.write(`\r\u001b[2K${render(columnsOf(output) - 1)}`);
      visible = true;
    },
  };
}
