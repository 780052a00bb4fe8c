import { AppError } from '@longshore/protocol';

/** What went wrong with the content itself; null when it was only closed because its reader gave up. */
export function contentFailure(path: string, error: unknown): AppError | null {
  if (error instanceof AppError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!/^(Z_|ZSTD_|ERR__ERROR_FORMAT|ERR_BROTLI|ERR_ZSTD|ERR_BUFFER_TOO_LARGE)/.test(code)) return null;
  return new AppError('ENTRY_CORRUPT', `"${path}" cannot be decompressed`, { cause: error });
}
