import { ErrorBody, signInErrorCookie } from '@longshore/protocol';
import { ApiError, parseJson } from '../api/api-error.ts';

/**
 * Why the way over the identity provider has ended here, which the master tells in a cookie: an address could be made
 * up by anybody. It changes nothing, because what is rendered may be thrown away before it is shown.
 */
export function readSignInError(): ApiError | null {
  const value = new RegExp(`(?:^|; )${signInErrorCookie}=([^;]*)`).exec(document.cookie)?.[1];
  if (value === undefined) return null;
  const body = ErrorBody.safeParse(parseJson(decodeURIComponent(value)));
  if (!body.success) return null;
  const { requestId, ...info } = body.data.error;
  return new ApiError(info, { status: 401, requestId });
}

/** Once it is shown: it is told once. */
export function forgetSignInError(): void {
  // biome-ignore lint/suspicious/noDocumentCookie: the other way to delete one is not in every browser yet
  document.cookie = `${signInErrorCookie}=; path=/; max-age=0`;
}
