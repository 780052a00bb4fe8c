import type { Readable } from 'node:stream';

export type SevenZipProgress = { readonly percent: number; readonly files: number };

/** Behind the backspaces that wipe out what it said before; a name in what it says has none. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the backspaces are what tells them apart
const told = /(?:^|\x08) *(\d{1,3})%(?: +(\d+) )?/g;
const longestTold = 8192;

/** Tells how far 7-Zip says it is (`-bsp1 -bso0`), which never goes back. */
export function followProgress(output: Readable, onProgress: (progress: SevenZipProgress) => void): void {
  let text = '';
  let last: SevenZipProgress = { percent: 0, files: 0 };
  output.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString('latin1')).slice(-longestTold);
    // What comes last may go on in the next chunk.
    const whole = text.slice(0, text.lastIndexOf('\b') + 1);
    text = text.slice(whole.length);
    const match = [...whole.matchAll(told)].at(-1);
    if (match === undefined) return;
    const percent = Math.max(last.percent, Math.min(100, Number(match[1])));
    const files = Math.max(last.files, Number(match[2] ?? 0));
    if (percent === last.percent && files === last.files) return;
    last = { percent, files };
    onProgress(last);
  });
}
