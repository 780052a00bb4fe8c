import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { AppError, masterRoutes } from '@longshore/protocol';
import { lookupNode, toConnectionError } from '@longshore/runtime';

const timeoutMs = 5_000;
const method = 'PUT';
const askedHeaders = ['authorization', 'content-type'];

/**
 * Asks a node, as a browser does before an upload, whether pages of an origin may send it bytes, and judges the answer
 * by the rules of browsers. Throws `CORS_REFUSED` for an answer that says something else, or why there is none.
 * Source: Fetch Standard, "CORS-preflight fetch".
 */
export async function preflight(options: { url: string; origin: string }): Promise<'allowed' | 'not set up'> {
  const { origin } = options;
  const url = new URL(`${options.url}${masterRoutes.blobs}/${crypto.randomUUID()}`);
  const { status, headers } = await askOptions(url, origin);
  const header = (name: string): string | undefined => headers[`access-control-allow-${name}`]?.toString();
  if (status >= 400 && !Object.keys(headers).some((name) => name.startsWith('access-control-'))) {
    return 'not set up';
  }
  const refuse = (what: string): AppError =>
    new AppError('CORS_REFUSED', `${url.origin} refuses pages of ${origin}: ${what}`, {
      details: { origin },
    });
  if (status < 200 || status > 299) throw refuse(`the preflight is answered with status ${status}`);
  const allowedOrigin = header('origin');
  if (allowedOrigin !== '*' && allowedOrigin !== origin) {
    throw refuse(`access-control-allow-origin is ${allowedOrigin ?? 'missing'}`);
  }
  const methods = listed(header('methods'));
  if (!methods.includes(method) && !methods.includes('*')) {
    throw refuse(`access-control-allow-methods (${methods.join(', ') || 'missing'}) has no ${method}`);
  }
  const allowedHeaders = listed(header('headers')).map((name) => name.toLowerCase());
  for (const name of askedHeaders) {
    // The star stands for every header but this one.
    const starred = name !== 'authorization' && allowedHeaders.includes('*');
    if (!starred && !allowedHeaders.includes(name)) {
      throw refuse(`access-control-allow-headers (${allowedHeaders.join(', ') || 'missing'}) has no ${name}`);
    }
  }
  return 'allowed';
}

const listed = (value: string | undefined): string[] =>
  (value ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

async function askOptions(
  url: URL,
  origin: string,
): Promise<{ status: number; headers: IncomingMessage['headers'] }> {
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const request = send(url, {
    method: 'OPTIONS',
    lookup: lookupNode,
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': askedHeaders.join(','),
    },
  });
  try {
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    return { status: response.statusCode ?? 0, headers: response.headers };
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'AbortError') {
      throw new AppError('NODE_TIMEOUT', `${url.origin}: no answer within ${timeoutMs} ms`, { cause });
    }
    throw toConnectionError(cause, url.origin);
  } finally {
    request.destroy();
  }
}
