import { type ErrorCode, errorCatalogue } from '@longshore/protocol';

/**
 * What can go wrong on this side of the wire, beside the catalogue that both sides share. The exit code is part of
 * the contract with scripts; docs/cli.md lists it.
 */
export const localErrors = {
  USAGE: { exitCode: 2, hint: 'Run the command with --help to see how it is used.' },
  ID_AMBIGUOUS: { exitCode: 2, hint: 'Give more letters of the id.' },
  NOT_SIGNED_IN: { exitCode: 3, hint: 'Sign in with `longshore login URL --user NAME`.' },
  MASTER_UNREACHABLE: {
    exitCode: 3,
    hint: 'Check the address, and that the master runs and can be reached from here.',
  },
  NOT_A_MASTER: { exitCode: 3, hint: 'Check the address: a Longshore master must answer there.' },
  LOCAL_NOT_FOUND: { exitCode: 1, hint: 'Check the spelling of the path on this machine.' },
  LOCAL_EXISTS: { exitCode: 1, hint: 'Choose another name, or pass `--conflict overwrite`.' },
  LOCAL_FAILED: { exitCode: 1, hint: 'Check the permissions and the free space on this machine.' },
  LOCAL_CHANGED: {
    exitCode: 1,
    hint: 'Wait until the file is no longer written to, and run the command again.',
  },
  INTERRUPTED: { exitCode: 130, hint: 'Run the command again when you want it done.' },
} as const;

export type LocalErrorCode = keyof typeof localErrors;
export type CommandErrorCode = ErrorCode | LocalErrorCode;

const isLocal = (code: string): code is LocalErrorCode => Object.hasOwn(localErrors, code);

export const hintOf = (code: CommandErrorCode): string =>
  isLocal(code) ? localErrors[code].hint : errorCatalogue[code].hint;

const unavailable: readonly string[] = ['UNAVAILABLE', 'DATABASE_UNAVAILABLE', 'SHUTTING_DOWN'];

/**
 * 2 for a request that can never be right, 3 for a master that is away or does not allow it, 1 for every other
 * refusal. `status` is that of the answer, for codes that this version does not know.
 */
export function exitCodeOf(code: string, status?: number): number {
  if (isLocal(code)) return localErrors[code].exitCode;
  const known = Object.hasOwn(errorCatalogue, code) ? errorCatalogue[code as ErrorCode].status : status;
  if (known === 400) return 2;
  if (known === 401 || known === 403 || known === 429 || unavailable.includes(code)) return 3;
  return 1;
}
