import {
  type ErrorInfo,
  fileBytesRoutes,
  type Node,
  type Session,
  type Task,
  type TaskDetail,
} from '@longshore/protocol';
import { eventually } from './eventually.ts';
import { adminPassword } from './programs.ts';

export type ApiAnswer<Body = unknown> = {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
};
export type ApiError = { readonly error: ErrorInfo & { requestId: string } };

/** What a user asks for; `kind` and the rest as in `SubmitTask`, with its defaults left out. */
export type TaskRequest =
  | { kind: 'create-archive'; sources: string[]; destination: string; [option: string]: unknown }
  | { kind: 'extract-archive'; source: string; destination: string; [option: string]: unknown }
  | { kind: 'check'; node?: string };

/** The user API as one user. */
export type Api = {
  readonly url: string;
  readonly token: string;
  /** One request, whatever it answers. A `body` that is not bytes is sent as JSON. */
  send<Body = unknown>(
    method: string,
    path: string,
    options?: { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal },
  ): Promise<ApiAnswer<Body>>;
  /** One request that must succeed. */
  call<Body = unknown>(method: string, path: string, body?: unknown): Promise<Body>;
  put(path: string, content: Uint8Array, conflict?: 'fail' | 'overwrite'): Promise<void>;
  get(path: string): Promise<Buffer>;
  submit(request: TaskRequest, idempotencyKey?: string): Promise<Task>;
  task(id: string): Promise<TaskDetail>;
  /** The task when it has ended. */
  ended(id: string, timeoutMs?: number): Promise<TaskDetail>;
  node(name: string): Promise<Node>;
};

export function api(url: string, token: string): Api {
  const send: Api['send'] = async <Body>(
    method: string,
    path: string,
    options: { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal } = {},
  ) => {
    const { body, headers = {}, signal } = options;
    const json = body !== undefined && !(body instanceof Uint8Array);
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(json ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: json ? JSON.stringify(body) : (body as Uint8Array<ArrayBuffer>) }),
      ...(signal === undefined ? {} : { signal }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
    const parsed: unknown = isJson && bytes.length > 0 ? JSON.parse(bytes.toString('utf8')) : bytes;
    return { status: response.status, headers: response.headers, body: parsed as Body };
  };
  const call: Api['call'] = async <Body>(method: string, path: string, body?: unknown) => {
    const answer = await send<Body>(method, path, { body });
    if (answer.status < 400) return answer.body;
    throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  };
  const task: Api['task'] = (id) => call('GET', `/api/v1/tasks/${id}`);
  return {
    url,
    token,
    send,
    call,
    task,
    put: async (path, content, conflict = 'fail') => {
      const metadata = Object.entries({ path, conflict }).map(
        ([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`,
      );
      const answer = await send('POST', fileBytesRoutes.uploads, {
        body: content,
        headers: {
          'tus-resumable': '1.0.0',
          'content-type': 'application/offset+octet-stream',
          'upload-length': String(content.length),
          'upload-metadata': metadata.join(','),
        },
      });
      if (answer.status !== 201)
        throw new Error(`put ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    },
    get: async (path) =>
      Buffer.from(await call<Buffer>('GET', `${fileBytesRoutes.content}?path=${encodeURIComponent(path)}`)),
    submit: async (request, idempotencyKey) => {
      const headers: Record<string, string> =
        idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
      const answer = await send<Task>('POST', '/api/v1/tasks', { body: request, headers });
      if (answer.status !== 202) throw new Error(`submit: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    ended: (id, timeoutMs) =>
      eventually(
        `task ${id} ended`,
        async () => {
          const found = await task(id);
          return found.finishedAtMs !== null && found;
        },
        timeoutMs,
      ),
    node: (name) => call('GET', `/api/v1/nodes/${name}`),
  };
}

/** Nobody: no credential at all. */
export const anonymous = (url: string): Api => api(url, '');

export async function signIn(url: string, user = 'admin', password = adminPassword): Promise<Api> {
  const session = await anonymous(url).call<Session>('POST', '/api/v1/login', { user, password });
  return api(url, session.token);
}

/** A new user without any right but their own files and tasks. */
export async function addUser(admin: Api, name: string, options: { quotaBytes?: number } = {}): Promise<Api> {
  const password = `${name} has a long password`;
  await admin.call('POST', '/api/v1/users', { name, password, ...options });
  return signIn(admin.url, name, password);
}
