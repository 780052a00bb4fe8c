import { AppError, type ErrorCode } from '@longshore/protocol';

const codes: Record<string, ErrorCode> = {
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'NO_SPACE',
  SQLITE_FULL: 'NO_SPACE',
};

/**
 * An error of the operating system or of SQLite as one that names what was touched by its kind, such as "the
 * store of this node": paths may tell more than a stranger should know, and stay in the log with the cause.
 */
export function toSystemError(thrown: unknown, place: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const systemCode = systemCodeOf(thrown);
  const code = codes[systemCode ?? ''] ?? 'STORAGE_FAILED';
  const reason = code === 'NO_SPACE' ? 'is full' : `failed with ${systemCode ?? 'an unknown error'}`;
  return new AppError(code, `${place} ${reason}`, { cause: thrown });
}

/** The code of a system error such as `ENOENT`, when it is one. */
export const systemCodeOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
