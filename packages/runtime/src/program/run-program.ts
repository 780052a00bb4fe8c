import { parseArgs } from 'node:util';
import { AppError, productVersion } from '@longshore/protocol';
import { nearestName } from '../config/nearest-name.ts';

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
        : error instanceof UsageError
          ? `${error.message}\n`
          : `INTERNAL: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
    process.stderr.write(text);
    process.exit(2);
  });
}

export function print(text: string): void {
  process.stdout.write(text);
}

class UsageError extends Error {}

const flagOptions = {
  config: { type: 'string', short: 'c' },
  data: { type: 'string' },
  listen: { type: 'string' },
  check: { type: 'boolean' },
  version: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

function readFlags(usage: string) {
  try {
    return parseArgs({ options: flagOptions }).values;
  } catch (cause) {
    throw new UsageError(`USAGE: ${usageReason(cause)}\n\n${usage}`, { cause });
  }
}

function usageReason(cause: unknown): string {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const unknown = /^Unknown option '(-{1,2}[^'=]+)/.exec(reason)?.[1];
  if (unknown === undefined) return reason;
  const nearest = nearestName(
    unknown,
    Object.keys(flagOptions).map((name) => `--${name}`),
  );
  return `there is no flag ${unknown}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
}
