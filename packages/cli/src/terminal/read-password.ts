import type { Cli } from '../cli.ts';
import { askHidden } from './ask-hidden.ts';
import { readSecretLines } from './read-secret-lines.ts';

/** A password, from standard input with `--password-stdin`, otherwise asked for on the terminal. */
export async function readPassword(
  cli: Cli,
  fromStdin: boolean | undefined,
  question: string,
): Promise<string> {
  if (fromStdin !== true) return askHidden(cli.io, question);
  const [password = ''] = await readSecretLines(cli.io, 1);
  return password;
}
