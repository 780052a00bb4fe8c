import { parseArgs } from 'node:util';
import { AppError, productVersion } from '@longshore/protocol';

export type ProgramFlags = {
  readonly config?: string | undefined;
  readonly data?: string | undefined;
  readonly listen?: string | undefined;
  readonly check?: boolean | undefined;
};

/**
 * The frame of a program: reads its flags, prints help and version, and ends it with 2 and an explanation when `start`
 * throws, which is wrong usage, a wrong configuration, or a reason why it cannot start.
 */
export function runProgram(program: {
  name: 'master' | 'slave';
  usage: string;
  start(flags: ProgramFlags): Promise<void>;
}): void {
  // Whoever reads what it prints may stop reading, and the program goes on.
  process.stdout.on('error', () => undefined);
  const run = async (): Promise<void> => {
    const { help, version, ...flags } = readFlags(program.usage);
    if (help) print(program.usage);
    else if (version) print(`Longshore ${program.name} ${productVersion}\n`);
    else await program.start(flags);
  };
  run().catch((error: unknown) => {
    const text =
      error instanceof AppError
        ? `${error.code}: ${error.message}\n→ ${error.hint}\n`
        : `INTERNAL: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
    process.stderr.write(text);
    process.exit(2);
  });
}

export function print(text: string): void {
  process.stdout.write(text);
}

function readFlags(usage: string) {
  try {
    return parseArgs({
      options: {
        config: { type: 'string', short: 'c' },
        data: { type: 'string' },
        listen: { type: 'string' },
        check: { type: 'boolean' },
        version: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('BAD_REQUEST', `${reason}\n\n${usage}`, { cause });
  }
}
