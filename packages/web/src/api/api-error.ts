import { ErrorBody, type ErrorInfo } from '@longshore/protocol';

/** What a person is told when something did not work: the code, what happened, what to do, and where to look it up. */
export class ApiError extends Error {
  readonly code: string;
  readonly hint: string;
  readonly details: Record<string, unknown>;
  /** Null when no answer came. */
  readonly status: number | null;
  readonly requestId: string | null;

  constructor(info: ErrorInfo, answer: { status: number | null; requestId: string | null }, cause?: unknown) {
    super(info.message, cause === undefined ? undefined : { cause });
    this.name = 'ApiError';
    this.code = info.code;
    this.hint = info.hint;
    this.details = info.details;
    this.status = answer.status;
    this.requestId = answer.requestId;
  }

  get isSignedOut(): boolean {
    return this.status === 401 && (this.code === 'UNAUTHENTICATED' || this.code === 'TOKEN_EXPIRED');
  }

  /** Worth another try by itself: no answer, or a service that is not ready. */
  get isPassing(): boolean {
    return this.status === null || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

const unknownHint = 'Reload the page; if that does not help, look at the log of the master.';

/** The error in an answer of 400 or more. Bodies that are not Longshore's come from a proxy in between. */
export function answeredError(status: number, text: string): ApiError {
  const body = ErrorBody.safeParse(parseJson(text));
  if (body.success) {
    const { requestId, ...info } = body.data.error;
    return new ApiError(info, { status, requestId });
  }
  const message = `something between this page and the master answered ${status}`;
  return new ApiError(
    { code: 'NOT_A_MASTER', message, hint: unknownHint, details: {} },
    { status, requestId: null },
  );
}

/** Anything thrown, as an error that can be shown. */
export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const isNetwork = thrown instanceof TypeError;
  const info = isNetwork
    ? {
        code: 'MASTER_UNREACHABLE',
        message: 'the master does not answer',
        hint: 'Check the network, and that the master runs. This page tries again by itself.',
      }
    : {
        code: 'INTERNAL',
        message: thrown instanceof Error ? thrown.message : String(thrown),
        hint: unknownHint,
      };
  return new ApiError({ ...info, details: {} }, { status: null, requestId: null }, thrown);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
