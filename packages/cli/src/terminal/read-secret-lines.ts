import { text } from 'node:stream/consumers';
import { CommandError } from '../errors/command-error.ts';
import type { Io } from './io.ts';

/** The first `count` lines of standard input, for `--password-stdin`. Only the line end is taken off. */
export async function readSecretLines(io: Io, count: number): Promise<string[]> {
  const lines = (await text(io.stdin)).split(/\r?\n/).slice(0, count);
  if (lines.length === count && lines.every((line) => line !== '')) return lines;
  throw CommandError.local(
    'USAGE',
    `standard input did not hold ${count === 1 ? 'a password' : `${count} lines`}`,
  );
}
