import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  AppError,
  type Endpoint,
  type EndpointOutput,
  type ErrorBody,
  toAppError,
  toErrorInfo,
} from '@longshore/protocol';
import type { z } from 'zod';

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

export type Call<E extends Endpoint> = {
  params: Parsed<E['params']>;
  query: Parsed<E['query']>;
  body: Parsed<E['body']>;
  headers: IncomingMessage['headers'];
};
export type RawHandler = (request: IncomingMessage, response: ServerResponse, url: URL) => unknown;

type Route = { method: string; pattern: RegExp; names: string[]; handle: RawHandler };

/**
 * A real HTTP server on the loopback that answers chosen endpoints by the protocol's own schemas: what it is asked
 * and what it answers must both fit the contract.
 */
export type LoopbackMaster = {
  readonly url: string;
  /** "GET /api/v1/me", in the order they came. */
  readonly requests: string[];
  on<E extends Endpoint>(endpoint: E, answer: (call: Call<E>) => EndpointOutput<E>): void;
  raw(method: string, path: string | RegExp, handle: RawHandler): void;
  /** Breaks every connection, as a network that goes away does. */
  dropConnections(): void;
  close(): Promise<void>;
};

export async function startLoopbackMaster(options: { token: string }): Promise<LoopbackMaster> {
  const routes: Route[] = [];
  const requests: string[] = [];

  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://loopback');
    requests.push(`${request.method} ${url.pathname}`);
    const route = routes.find(
      ({ method, pattern }) => method === request.method && pattern.test(url.pathname),
    );
    const work = async (): Promise<void> => {
      if (route === undefined) throw new AppError('NOT_FOUND', `${request.method} ${url.pathname}`);
      const isPublic = url.pathname === '/api/v1/login';
      if (!isPublic && request.headers.authorization !== `Bearer ${options.token}`) {
        throw new AppError('UNAUTHENTICATED', 'the token is not valid');
      }
      await route.handle(request, response, url);
    };
    work().catch((error: unknown) => fail(response, error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    on: (endpoint, answer) => {
      const names = [...endpoint.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
      const pattern = new RegExp(`^${endpoint.path.replace(/\{\w+\}/g, '([^/]+)')}$`);
      routes.unshift({
        method: endpoint.method.toUpperCase(),
        pattern,
        names,
        handle: async (request, response, url) => {
          const found = pattern.exec(url.pathname)?.slice(1) ?? [];
          const params = Object.fromEntries(
            names.map((name, index) => [name, decodeURIComponent(found[index] ?? '')]),
          );
          const body = await text(request);
          const call = {
            params: endpoint.params?.parse(params),
            query: endpoint.query?.parse(queryOf(url)),
            body: endpoint.body?.parse(JSON.parse(body)),
            headers: request.headers,
          };
          const answered = endpoint.response.parse(answer(call as Call<typeof endpoint>));
          response
            .writeHead(endpoint.status, { 'content-type': 'application/json' })
            .end(JSON.stringify(answered));
        },
      });
    },
    raw: (method, path, handle) => {
      const pattern = typeof path === 'string' ? new RegExp(`^${path}$`) : path;
      routes.unshift({ method, pattern, names: [], handle });
    },
    dropConnections: () => server.closeAllConnections(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function queryOf(url: URL): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const name of new Set(url.searchParams.keys())) {
    const values = url.searchParams.getAll(name);
    query[name] = values.length === 1 ? (values[0] ?? '') : values;
  }
  return query;
}

function fail(response: ServerResponse, thrown: unknown): void {
  const error = toAppError(thrown);
  const body: ErrorBody = { error: { ...toErrorInfo(error), requestId: 'req-1' } };
  if (response.headersSent) response.destroy();
  else response.writeHead(error.status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
