import { z } from 'zod';
import { type ErrorCode, errorCatalogue, isErrorCode } from './catalogue.ts';

export type AppErrorOptions = {
  cause?: unknown;
  /** Facts for machines, such as both clocks of a skew. Never a secret. */
  details?: Record<string, unknown>;
};

/** The one error class. Status, retryability and hint come from the catalogue, by code. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: Record<string, unknown>;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = options.details ?? {};
  }

  get status(): number {
    return errorCatalogue[this.code].status;
  }

  get retryable(): boolean {
    return errorCatalogue[this.code].retryable;
  }

  get hint(): string {
    return errorCatalogue[this.code].hint;
  }
}

/** An error as it is stored with a task and sent in reports. */
export const ErrorInfo = z.object({
  code: z.string().max(64),
  message: z.string().max(4096),
  hint: z.string().max(1024),
  details: z.record(z.string(), z.unknown()).default({}),
});
export type ErrorInfo = z.infer<typeof ErrorInfo>;

/** The body of every answer with a status of 400 or more. */
export const ErrorBody = z.object({
  error: ErrorInfo.extend({ requestId: z.string() }),
});
export type ErrorBody = z.infer<typeof ErrorBody>;

/** Any thrown value as an AppError; what is not one already becomes `INTERNAL`, or the given code, with its cause. */
export function toAppError(thrown: unknown, code: ErrorCode = 'INTERNAL'): AppError {
  if (thrown instanceof AppError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError(code, message, { cause: thrown });
}

export const toErrorInfo = (error: AppError): ErrorInfo => ({
  code: error.code,
  message: error.message.slice(0, 4096),
  hint: error.hint,
  details: error.details,
});

/** The error a peer answered; a code of a newer peer that this version does not know becomes `INTERNAL`. */
export function fromErrorInfo(info: ErrorInfo): AppError {
  const code = isErrorCode(info.code) ? info.code : 'INTERNAL';
  return new AppError(code, info.message, { details: { ...info.details, peerCode: info.code } });
}
