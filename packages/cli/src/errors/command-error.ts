import { AppError, type ErrorBody, type ErrorInfo } from '@longshore/protocol';
import { type CommandErrorCode, exitCodeOf, hintOf } from './local-errors.ts';

/**
 * The one error of the command line. It keeps an answer's own code and hint, also those of a newer master that this
 * version does not know, and adds the exit code.
 */
export class CommandError extends Error {
  readonly code: string;
  readonly hint: string;
  readonly requestId: string;
  readonly details: Record<string, unknown>;
  readonly exitCode: number;

  private constructor(info: ErrorInfo, more: { requestId?: string; exitCode: number; cause?: unknown }) {
    super(info.message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'CommandError';
    this.code = info.code;
    this.hint = info.hint;
    this.details = info.details;
    this.requestId = more.requestId ?? '';
    this.exitCode = more.exitCode;
  }

  /** Something this side found out; `hint` replaces the one of the catalogue where a better one is known. */
  static local(
    code: CommandErrorCode,
    message: string,
    more: { hint?: string; cause?: unknown; details?: Record<string, unknown> } = {},
  ): CommandError {
    const info = { code, message, hint: more.hint ?? hintOf(code), details: more.details ?? {} };
    return new CommandError(info, { exitCode: exitCodeOf(code), cause: more.cause });
  }

  /** What the master answered. */
  static answered(body: ErrorBody, status: number): CommandError {
    const { requestId, ...info } = body.error;
    return new CommandError(info, { requestId, exitCode: exitCodeOf(info.code, status) });
  }

  /** Any thrown value; a bug of ours becomes `INTERNAL`. */
  static from(thrown: unknown): CommandError {
    if (thrown instanceof CommandError) return thrown;
    if (thrown instanceof AppError) return CommandError.local(thrown.code, thrown.message, { cause: thrown });
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return CommandError.local('INTERNAL', message, {
      cause: thrown,
      hint: 'This is a bug of the command line; please report it with the command you ran.',
    });
  }

  /** The same error, told with what the command knows about it. */
  explained(more: { message?: string; hint: string; details?: Record<string, unknown> }): CommandError {
    const { code, requestId, exitCode } = this;
    const details = { ...this.details, ...more.details };
    const info = { code, message: more.message ?? this.message, hint: more.hint, details };
    return new CommandError(info, { requestId, exitCode, cause: this });
  }

  toErrorBody(): ErrorBody {
    const { code, message, hint, details, requestId } = this;
    return { error: { code, message, hint, details, requestId } };
  }
}
