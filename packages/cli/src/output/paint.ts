import { styleText } from 'node:util';
import type { Settings } from '../config.ts';
import type { Output } from '../terminal/io.ts';

const colours = {
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  dim: 'gray',
  strong: 'bold',
  busy: 'cyan',
} as const;

/** Colours by meaning; without a terminal, or with NO_COLOR, the text as it is. */
export type Paint = Record<keyof typeof colours, (text: string) => string>;

export function createPaint(output: Output, color: Settings['color']): Paint {
  const coloured = color === 'always' || (color === 'auto' && output.isTTY === true);
  const paint = (name: keyof typeof colours) => (text: string) =>
    coloured ? styleText(colours[name], text, { validateStream: false }) : text;
  return {
    good: paint('good'),
    bad: paint('bad'),
    warn: paint('warn'),
    dim: paint('dim'),
    strong: paint('strong'),
    busy: paint('busy'),
  };
}
