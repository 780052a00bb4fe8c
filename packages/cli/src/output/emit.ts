import type { Cli } from '../cli.ts';
import type { Result } from '../define-command.ts';

const written = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

/** Writes what a command has ended with: its text to standard output, what is only said to standard error. */
export function emitResult(cli: Cli, { json, text, said }: Result<unknown>): void {
  const say = (lines: readonly string[] = []): void => {
    if (!cli.json && lines.length > 0) cli.io.stderr.write(written(lines));
  };
  say(said?.before);
  emit(cli, json, text);
  say(said?.after);
}

/** Writes a result to standard output: as one line of JSON, or as lines for people. */
export function emit(cli: Cli, json: unknown, text: readonly string[]): void {
  cli.status.clear();
  cli.io.stdout.write(written(cli.json ? [JSON.stringify(json)] : text));
}
