import { CommanderError } from 'commander';
import type { Cli } from './cli.ts';
import { readSettings } from './config.ts';
import { createProgram } from './create-program.ts';
import { CommandError } from './errors/command-error.ts';
import { emitResult } from './output/emit.ts';
import { createPaint } from './output/paint.ts';
import { printable } from './output/printable.ts';
import { createStatusLine } from './output/status-line.ts';
import { columnsOf, type Io } from './terminal/io.ts';

export type Surroundings = {
  readonly io: Io;
  readonly env: Record<string, string | undefined>;
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
};

/** Runs one command line and answers its exit code. Nothing is thrown. */
export async function runCli(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { io, env, signal, nowMs } = surroundings;
  const settings = readSettings(env);
  const paint = createPaint(io.stdout, settings.color);
  const status = createStatusLine(io.stderr);
  const base: Omit<Cli, 'json'> = { io, settings, signal, nowMs, paint, status };
  let exitCode = 0;
  const program = createProgram(async (definition, given, json) => {
    const cli: Cli = { ...base, json };
    const result = await definition.run(cli, given);
    if ('json' in result) emitResult(cli, result);
    exitCode = result.exitCode ?? 0;
  });
  configure(program, io);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    status.clear();
    const error =
      thrown instanceof CommanderError
        ? usageError(thrown, commandWords(program, argv))
        : CommandError.from(thrown);
    if (error === null) return 0;
    if (error === 'help') return 2;
    const json = wantsJson(argv);
    io.stderr.write(
      json
        ? `${JSON.stringify(error.toErrorBody())}\n`
        : describe(error, createPaint(io.stderr, settings.color)),
    );
    return error.exitCode;
  }
}

type Configurable = ReturnType<typeof createProgram>;

/** Help goes where it belongs, errors come to us, at every level. */
function configure(command: Configurable, io: Io): void {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    outputError: () => undefined,
    getOutHelpWidth: () => Math.min(100, columnsOf(io.stdout)),
    getErrHelpWidth: () => Math.min(100, columnsOf(io.stderr)),
  });
  for (const sub of command.commands) configure(sub as Configurable, io);
}

/** Null when help or the version was asked for; 'help' when it was shown because a command is missing. */
function usageError(thrown: CommanderError, words: string): CommandError | 'help' | null {
  if (thrown.exitCode === 0) return null;
  if (thrown.code === 'commander.help') return 'help';
  return CommandError.local('USAGE', thrown.message.replace(/^error: /, '').replaceAll('\n', ' '), {
    hint: `See \`${words} --help\`.`,
    cause: thrown,
  });
}

/** "longshore nodes add" for whatever stands behind it. */
function commandWords(program: Configurable, argv: readonly string[]): string {
  const words = [program.name()];
  for (let command = program; command.commands.length > 0; ) {
    const next = command.commands.find((sub) => sub.name() === argv[words.length - 1]);
    if (next === undefined) break;
    words.push(next.name());
    command = next;
  }
  return words.join(' ');
}

function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? undefined : end).includes('--json');
}

function describe(error: CommandError, paint: ReturnType<typeof createPaint>): string {
  const lines = [
    `${paint.bad('error')} ${error.code}: ${printable(error.message)}`,
    `fix: ${printable(error.hint)}`,
  ];
  if (error.code === 'INTERNAL' && error.requestId !== '') lines.push(`request id: ${error.requestId}`);
  return `${lines.join('\n')}\n`;
}
