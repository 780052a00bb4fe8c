import { cutText, textWidth } from './text-width.ts';

export type Column = {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** The column that gives way when the terminal is too narrow. */
  readonly shrink?: boolean;
};

export type TableStyle = {
  /** Null when the output is no terminal: then nothing is cut. */
  readonly width: number | null;
  readonly title: (text: string) => string;
};

const gap = '  ';
const leastShrunk = 12;

/** Rows as aligned columns, each line without spaces at its end. Cells may be coloured unless they may be cut. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  style: TableStyle,
): string[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(textWidth(title), ...rows.map((row) => textWidth(row[index] ?? ''))),
  );
  if (style.width !== null) shrink(columns, widths, style.width);
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => place(cell, widths[index] ?? 0, columns[index]))
      .join(gap)
      .trimEnd();
  return [style.title(line(columns.map(({ title }) => title))), ...rows.map(line)];
}

function shrink(columns: readonly Column[], widths: number[], available: number): void {
  const total = widths.reduce((sum, width) => sum + width, gap.length * (columns.length - 1));
  let excess = total - available;
  columns.forEach((column, index) => {
    const width = widths[index] ?? 0;
    if (excess <= 0 || column.shrink !== true || width <= leastShrunk) return;
    const less = Math.min(excess, width - leastShrunk);
    widths[index] = width - less;
    excess -= less;
  });
}

function place(cell: string, width: number, column: Column | undefined): string {
  const text = column?.shrink === true ? cutText(cell, width) : cell;
  const padding = ' '.repeat(Math.max(0, width - textWidth(text)));
  return column?.align === 'right' ? `${padding}${text}` : `${text}${padding}`;
}
