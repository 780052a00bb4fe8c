import { randomUUID } from 'node:crypto';
import { type Endpoint, type EndpointInput, type EndpointOutput, headers } from '@longshore/protocol';
import { CommandError } from '../errors/command-error.ts';
import { answeredError, parseJson } from './answered-error.ts';
import { toReachError } from './to-reach-error.ts';
import { toRequest } from './to-request.ts';

export type RawRequest = {
  method: string;
  /** Path with its query, from the root of the master. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
};

/** A signed-in (or, with a null token, anonymous) way to one master. */
export type Api = {
  readonly url: string;
  readonly token: string | null;
  /** One JSON operation. Throws what the master answered, or `MASTER_UNREACHABLE`. */
  call<E extends Endpoint>(
    endpoint: E,
    input: EndpointInput<E>,
    more?: { headers?: Record<string, string>; signal?: AbortSignal },
  ): Promise<EndpointOutput<E>>;
  /** An operation whose answer is read as a stream. */
  open(request: RawRequest): Promise<Response>;
};

export function createApi(master: { url: string; token: string | null; signal: AbortSignal }): Api {
  const { url, token } = master;

  async function open(request: RawRequest): Promise<Response> {
    const response = await fetch(`${url}${request.path}`, {
      method: request.method,
      headers: {
        accept: 'application/json',
        [headers.requestId]: randomUUID(),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...request.headers,
      },
      body: request.body ?? null,
      signal: request.signal ?? master.signal,
    }).catch((error: unknown) => {
      throw toReachError(error, url);
    });
    if (response.status < 400) return response;
    throw answeredError({ status: response.status, text: await readText(response), url });
  }

  async function readText(response: Response): Promise<string> {
    return response.text().catch((error: unknown) => {
      throw toReachError(error, url);
    });
  }

  return {
    url,
    token,
    open,
    call: async (endpoint, input, more = {}) => {
      const response = await open({ ...toRequest(endpoint, input), ...more });
      const parsed = endpoint.response.safeParse(parseJson(await readText(response)));
      if (parsed.success) return parsed.data as EndpointOutput<typeof endpoint>;
      throw CommandError.local(
        'NOT_A_MASTER',
        `${endpoint.method.toUpperCase()} ${endpoint.path} at ${url} did not answer as a Longshore master does`,
        { cause: parsed.error },
      );
    },
  };
}
