import { createInterface } from 'node:readline/promises';
import { CommandError } from '../errors/command-error.ts';
import type { Io } from './io.ts';

/** Asks before something that cannot be undone. Without a terminal the caller must have passed `--yes`. */
export async function confirm(io: Io, question: string, signal: AbortSignal): Promise<void> {
  if (io.stdin.isTTY !== true) {
    throw CommandError.local('USAGE', 'there is no terminal to ask for a confirmation', {
      hint: 'Pass --yes when you are sure.',
    });
  }
  const lines = createInterface({ input: io.stdin, output: io.stderr });
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal });
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    lines.close();
  }
  throw CommandError.local('INTERRUPTED', 'nothing was done');
}
