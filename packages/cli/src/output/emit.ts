import type { Cli } from '../cli.ts';

/** Writes a result to standard output: as one line of JSON, or as lines for people. */
export function emit(cli: Cli, json: unknown, text: readonly string[]): void {
  cli.status.clear();
  const lines = cli.json ? [JSON.stringify(json)] : text;
  if (lines.length > 0) cli.io.stdout.write(`${lines.join('\n')}\n`);
}
