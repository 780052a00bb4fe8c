import type { Endpoint, EndpointInput, EndpointOutput } from '@longshore/protocol';
import { ApiError, answeredError, parseJson, toApiError } from './api-error.ts';
import { tellSignedOut } from './session-end.ts';
import { toRequest } from './to-request.ts';

type Options = { signal?: AbortSignal; headers?: Record<string, string> };

/** One operation of the API, signed in by the session cookie. Throws `ApiError`. */
export async function call<E extends Endpoint>(
  endpoint: E,
  input: EndpointInput<E>,
  options: Options = {},
): Promise<EndpointOutput<E>> {
  const request = toRequest(endpoint, input);
  const response = await open(request.path, {
    method: request.method,
    ...(request.body === undefined ? {} : { body: request.body }),
    ...options,
  });
  const parsed = endpoint.response.safeParse(parseJson(await response.text().catch(rethrow)));
  if (parsed.success) return parsed.data as EndpointOutput<E>;
  const info = {
    code: 'OTHER_VERSION',
    message: `${request.method} ${endpoint.path} was answered in a way this page does not know`,
    hint: 'The master was updated: reload the page.',
    details: {},
  };
  throw new ApiError(info, { status: response.status, requestId: null }, parsed.error);
}

/** An operation whose answer is read as a stream. Throws `ApiError`. */
export async function open(
  path: string,
  request: { method: string; body?: string } & Options,
): Promise<Response> {
  const response = await fetch(path, {
    method: request.method,
    headers: {
      accept: 'application/json',
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    },
    body: request.body ?? null,
    signal: request.signal ?? null,
  }).catch(rethrow);
  if (response.ok) return response;
  const error = answeredError(response.status, await response.text().catch(rethrow));
  if (error.isSignedOut) tellSignedOut();
  throw error;
}

/** An abort is not an error of the master: whoever aborted knows. */
const rethrow = (thrown: unknown): never => {
  throw thrown instanceof DOMException && thrown.name === 'AbortError' ? thrown : toApiError(thrown);
};
