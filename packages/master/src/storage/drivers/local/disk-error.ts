import { AppError } from '@longshore/protocol';

/** What an error of the file system means. `doing` names the act and the object: "blob 6f… cannot be written". */
export function diskError(thrown: unknown, doing: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const systemCode = systemCodeOf(thrown);
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  const noSpace = systemCode === 'ENOSPC' || systemCode === 'EDQUOT';
  return new AppError(noSpace ? 'NO_SPACE' : 'STORAGE_FAILED', `${doing}: ${reason}`, { cause: thrown });
}

export const systemCodeOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
