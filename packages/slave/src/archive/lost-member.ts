import { AppError, type ErrorCode } from '@longshore/protocol';

/** Failures that say that the bytes of a member are gone or are others: only that member is lost. */
const lostCodes: ReadonlySet<ErrorCode> = new Set([
  'SOURCE_CHANGED',
  'BLOB_NOT_FOUND',
  'BLOB_CORRUPT',
  'CHECKSUM_MISMATCH',
]);

export const isLost = (error: unknown): error is AppError =>
  error instanceof AppError && lostCodes.has(error.code);

/** A failure to read a member, with the member's name in it. */
export function memberError(path: string, error: unknown): unknown {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
    const message = `"${path}" was deleted while it was read`;
    return new AppError('SOURCE_CHANGED', message, { cause: error, details: { entry: path } });
  }
  if (!(error instanceof AppError) || error.details?.entry === path) return error;
  return new AppError(error.code, `"${path}": ${error.message}`, {
    cause: error,
    details: { ...error.details, entry: path },
  });
}

/** The member's failure when it is lost; anything else is thrown. */
export function lostOrThrow(path: string, error: unknown): AppError {
  const failure = memberError(path, error);
  if (isLost(failure)) return failure;
  throw failure;
}

/** Reads, and once more where bytes were damaged on the way: they come right the second time, or are lost. */
export const readTwice = <T>(read: () => Promise<T>): Promise<T> =>
  read().catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'CHECKSUM_MISMATCH') return read();
    throw error;
  });
