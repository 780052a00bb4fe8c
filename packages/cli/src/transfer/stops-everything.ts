import type { CommandError } from '../errors/command-error.ts';

const codes = new Set([
  'INTERRUPTED',
  'MASTER_UNREACHABLE',
  'NOT_A_MASTER',
  'UNAVAILABLE',
  'DATABASE_UNAVAILABLE',
  'UNAUTHENTICATED',
  'TOKEN_EXPIRED',
  'FORBIDDEN',
  'RATE_LIMITED',
  'QUOTA_EXCEEDED',
  'NO_SPACE',
  'INTERNAL',
]);

/** Whether a failure would meet every other file too. All else concerns one file, and the others go on. */
export const stopsEverything = (error: CommandError): boolean =>
  codes.has(error.code) || (error.code === 'LOCAL_FAILED' && error.message.includes('no space left'));
