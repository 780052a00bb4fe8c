import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { answeredError } from '../api/answered-error.ts';
import type { Api } from '../api/api.ts';
import { toReachError } from '../api/to-reach-error.ts';
import { CommandError } from '../errors/command-error.ts';
import { toLocalFileError } from '../errors/local-file-error.ts';

export type ByteRequest = {
  method: 'GET' | 'HEAD' | 'POST' | 'PATCH';
  url: string;
  headers?: Record<string, string | number>;
  /** A stream must deliver exactly the announced content-length, or fail. */
  body?: Buffer | Readable;
};

/**
 * Moves file bytes over kept-alive connections. Answers of 400 and more are thrown, redirects of a GET followed; the
 * token goes to the master only, never to where a ticketed address leads.
 */
export type ByteClient = {
  send(request: ByteRequest): Promise<IncomingMessage>;
  /** An address the master named, on the scheme by which we reach it: behind a TLS proxy it may not know its own. */
  resolve(location: string): string;
  close(): void;
};

const idleMs = 120_000;
const maxRedirects = 5;

export function createByteClient(api: Api, options: { parallel: number; signal: AbortSignal }): ByteClient {
  const settings = { keepAlive: true, maxSockets: options.parallel, maxFreeSockets: options.parallel };
  const agents = { http: new http.Agent(settings), https: new https.Agent(settings) };
  const master = new URL(api.url);

  const resolve = (location: string): string => {
    const url = new URL(location, `${api.url}/`);
    if (url.host === master.host) url.protocol = master.protocol;
    return url.href;
  };

  async function send(request: ByteRequest, redirects = 0): Promise<IncomingMessage> {
    const url = new URL(request.url);
    const response = await begin(request, url).catch((error: unknown) => {
      const local = toLocalFileError(error, '');
      throw local === error ? toReachError(error, url.origin) : error;
    });
    const status = response.statusCode ?? 0;
    const location = response.headers.location;
    if (status >= 300 && status < 400 && location !== undefined && request.method === 'GET') {
      response.resume();
      if (redirects === maxRedirects)
        throw CommandError.local('NOT_A_MASTER', `${api.url} redirects without end`);
      return send({ ...request, url: new URL(location, url).href }, redirects + 1);
    }
    if (status < 400) return response;
    throw answeredError({ status, text: await text(response), url: url.origin });
  }

  function begin(request: ByteRequest, url: URL): Promise<IncomingMessage> {
    const secure = url.protocol === 'https:';
    const own = url.origin === master.origin && api.token !== null;
    return new Promise((settle, reject) => {
      const outgoing = (secure ? https : http).request(url, {
        method: request.method,
        agent: secure ? agents.https : agents.http,
        headers: { ...request.headers, ...(own ? { authorization: `Bearer ${api.token}` } : {}) },
        signal: options.signal,
      });
      outgoing.once('response', settle);
      outgoing.once('error', reject);
      outgoing.setTimeout(idleMs, () => {
        outgoing.destroy(Object.assign(new Error('no byte for two minutes'), { code: 'ETIMEDOUT' }));
      });
      if (request.body === undefined || Buffer.isBuffer(request.body)) outgoing.end(request.body);
      else pipeline(request.body, outgoing).catch(reject);
    });
  }

  return {
    send: (request) => send(request),
    resolve,
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}
