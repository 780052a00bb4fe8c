import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import {
  eventsRoute,
  fileBytesRoutes,
  nodeTestRoute,
  type Task,
  type User,
  unsavedNodeTestRoute,
} from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, type ApiError, addUser, anonymous, signIn } from '../support/api.ts';
import { endpoints } from '../support/endpoints.ts';
import { closeAll, startMaster } from '../support/programs.ts';

/** Routes beside the JSON operations, as `access method path`. */
const otherRoutes = [
  `user GET ${fileBytesRoutes.content}?path=/secret.txt`,
  `user HEAD ${fileBytesRoutes.content}?path=/secret.txt`,
  `user POST ${fileBytesRoutes.uploads}`,
  `user HEAD ${fileBytesRoutes.uploads}/{upload}`,
  `user PATCH ${fileBytesRoutes.uploads}/{upload}`,
  `user DELETE ${fileBytesRoutes.uploads}/{upload}`,
  `user GET ${eventsRoute}`,
  `admin POST ${nodeTestRoute.replace('{id}', 'embedded')}`,
  `admin POST ${unsavedNodeTestRoute}`,
].map((route) => {
  const [access = '', method = '', path = ''] = route.split(' ');
  return { access, method, path };
});

type Written = { method: string; path: string; headers: Record<string, string> };

/** Other ways to write a request that some server somewhere takes for the same one. */
function otherWays(method: string, path: string, host: string): Written[] {
  const paths = [
    `/${path}`,
    path.replace('/v1/', '/v1//'),
    path.replace('/v1/', '/v1/./'),
    path.replace('/v1/', '/v1/me/../'),
    path.replace('/v1/', '/v1/me/%2e%2e/'),
    path.replace('/v1/', '%2fv1%2f'),
    path.replace('/v1/', '\\v1\\'),
    path.replace(/\/v1\/(.)/, (_, letter: string) => `/v1/%${letter.charCodeAt(0).toString(16)}`),
    path.replace(/^[^?]*/, (place) => place.toUpperCase()),
    path.replace(/^[^?]*/, (place) => `${place}/`),
    path.replace(/^[^?]*/, (place) => `${place};x=1`),
    path.replace(/^[^?]*/, (place) => `${place}%00`),
    path.replace(/^[^?]*/, (place) => `${place}.json`),
    `http://${host}${path}`,
    `http://localhost${path}`,
  ];
  const asked: Record<string, string>[] = [
    { host: `${host}.` },
    { host: 'localhost.' },
    { 'x-original-url': path, 'x-rewrite-url': path },
    { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1' },
    { cookie: 'role=admin; session=admin' },
  ];
  const overrides = ['x-http-method-override', 'x-method-override', 'x-http-method'];
  return [
    ...paths.map((other) => ({ method, path: other, headers: {} })),
    ...asked.map((headers) => ({ method, path, headers })),
    ...['HEAD', 'OPTIONS', 'TRACE'].map((other) => ({ method: other, path, headers: {} })),
    ...['GET', 'POST'].map((other) => ({
      method: other,
      path: other === method ? `${path}${path.includes('?') ? '&' : '?'}_method=${method}` : path,
      headers: Object.fromEntries(overrides.map((name) => [name, method])),
    })),
  ];
}

/** What each operation of a user is sent to reach for something of somebody else. `own` ones name nothing. */
type Reach = 'own' | { path?: string; body?: Record<string, unknown> };
const reach: Record<string, Reach> = {
  logout: 'own',
  me: 'own',
  changePassword: 'own',
  listTokens: 'own',
  createToken: 'own',
  deleteToken: { path: '/api/v1/me/tokens/{token}' },
  listNodeChoices: 'own',
  listSessions: 'own',
  endSession: { path: '/api/v1/me/sessions/{session}' },
  endOtherSessions: 'own',
  listPasskeys: 'own',
  startPasskey: 'own',
  addPasskey: 'own',
  deletePasskey: { path: '/api/v1/me/passkeys/of-somebody-else' },
  showTwoFactor: 'own',
  startTwoFactor: 'own',
  confirmTwoFactor: 'own',
  renewRecoveryCodes: 'own',
  disableTwoFactor: 'own',
  listFolder: { path: '/api/v1/files?path=/private' },
  stat: { path: '/api/v1/files/stat?path=/secret.txt' },
  summarize: { body: { paths: ['/private'] } },
  createZip: { body: { paths: ['/secret.txt'] } },
  createFolder: { body: { path: '/private/mine' } },
  move: { body: { from: '/secret.txt', to: '/mine.txt' } },
  remove: { body: { paths: ['/secret.txt'] } },
  preview: { body: { path: '/secret.zip' } },
  submitTask: { body: { kind: 'create-archive', sources: ['/secret.txt'], destination: '/mine.zip' } },
  listTasks: { path: '/api/v1/tasks?everybody=true' },
  showTask: { path: '/api/v1/tasks/{task}' },
  listRejected: { path: '/api/v1/tasks/{task}/rejected' },
  readTaskLog: { path: '/api/v1/tasks/{task}/logs' },
  cancelTask: { path: '/api/v1/tasks/{task}/cancel' },
  retryTask: { path: '/api/v1/tasks/{task}/retry', body: {} },
  // These answer for each task by itself; what they say of those of others is tested with them.
  bulkTasks: 'own',
  submitTasks: 'own',
  deleteTask: { path: '/api/v1/tasks/{task}' },
  cleanUpTasks: { body: { everybody: true } },
};

describe('who may do what', () => {
  let admin: Api;
  let anna: Api;
  let berta: Api;
  let nobody: Api;
  const ids = { task: '', token: '', session: '', upload: '', id: '' };

  beforeAll(async () => {
    const master = await startMaster();
    admin = await signIn(master.url);
    anna = await addUser(admin, 'anna');
    berta = await addUser(admin, 'berta');
    nobody = anonymous(master.url);
    await anna.put('/secret.txt', Buffer.from('secret'));
    await anna.call('POST', '/api/v1/folders', { path: '/private' });
    const { id } = await anna.submit({
      kind: 'create-archive',
      sources: ['/secret.txt'],
      destination: '/secret.zip',
    });
    await anna.ended(id);
    ids.task = id;
    ids.id = (await anna.call<User>('GET', '/api/v1/me')).id;
    const token = await anna.call<{ info: { id: string } }>('POST', '/api/v1/me/tokens', { name: 'mine' });
    ids.token = token.info.id;
    const { sessions } = await anna.call<{ sessions: { id: string }[] }>('GET', '/api/v1/me/sessions');
    ids.session = sessions[0]?.id ?? '';
    const upload = await anna.send('POST', fileBytesRoutes.uploads, {
      headers: {
        'tus-resumable': '1.0.0',
        'upload-length': '10',
        'upload-metadata': `path ${Buffer.from('/part.bin').toString('base64')}`,
      },
    });
    ids.upload = upload.headers.get('location')?.split('/').at(-1) ?? '';
  });
  afterAll(closeAll);

  const fill = (path: string): string => path.replace(/\{(\w+)\}/g, (_, name: keyof typeof ids) => ids[name]);
  const tus = {
    'tus-resumable': '1.0.0',
    'content-type': 'application/offset+octet-stream',
    'upload-offset': '0',
  };
  const everyRoute = () => [
    ...Object.values(endpoints).map(({ access, method, path }) => ({
      access,
      method: method.toUpperCase(),
      path,
    })),
    ...otherRoutes,
  ];
  const code = (body: unknown) => (body as Partial<ApiError>).error?.code;

  it('G5 without a credential every operation but the public ones answers UNAUTHENTICATED', async () => {
    for (const { access, method, path } of everyRoute().filter((route) => route.access !== 'public')) {
      const body = method === 'GET' || method === 'HEAD' ? {} : { body: {} };
      const answer = await nobody.send(method, fill(path), {
        ...body,
        headers: { 'tus-resumable': '1.0.0' },
      });
      expect(answer.status, `${access} ${method} ${path}`).toBe(401);
      if (method !== 'HEAD') expect(code(answer.body), `${method} ${path}`).toBe('UNAUTHENTICATED');
    }
  });

  it('G5 a user who is no administrator is refused every operation of one', async () => {
    const routes = everyRoute().filter((route) => route.access === 'admin');
    expect(routes.length).toBeGreaterThan(8);
    for (const { method, path } of routes) {
      const body = method === 'GET' ? {} : { body: {} };
      const answer = await berta.send(method, fill(path), body);
      expect([answer.status, code(answer.body)], `${method} ${path}`).toEqual([403, 'FORBIDDEN']);
    }
  });

  it('L6 no other way to write a request opens what its plain form does not', async () => {
    const { host, port } = new URL(admin.url);
    const ask = async (written: Written, token: string): Promise<{ status: number; body: string }> => {
      const sending = request({
        agent: false,
        port,
        host: '127.0.0.1',
        method: written.method,
        path: written.path,
        headers: {
          host,
          ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
          ...(['GET', 'HEAD', 'TRACE'].includes(written.method)
            ? {}
            : { 'content-type': 'application/json' }),
          ...written.headers,
        },
      });
      sending.end(['GET', 'HEAD', 'TRACE'].includes(written.method) ? undefined : '{}');
      const [answer] = (await once(sending, 'response')) as [IncomingMessage];
      return { status: answer.statusCode ?? 0, body: String(await buffer(answer)) };
    };
    const state = async () => ({
      users: await admin.call('GET', '/api/v1/users'),
      groups: await admin.call('GET', '/api/v1/groups'),
      tasks: (await admin.call<{ tasks: Task[] }>('GET', '/api/v1/tasks?everybody=true')).tasks,
      nodes: (
        await admin.call<{ nodes: { id: string; revision: number }[] }>('GET', '/api/v1/nodes')
      ).nodes.map(({ id, revision }) => [id, revision]),
      ofAnna: await stateOfAnna(),
    });
    const before = await state();
    const opened: string[] = [];
    let tried = 0;
    for (const { access, method, path } of everyRoute().filter((route) => route.access !== 'public')) {
      const callers = access === 'admin' ? ['', berta.token] : [''];
      for (const written of otherWays(method, fill(path), host)) {
        for (const token of callers) {
          const { status, body } = await ask(written, token);
          tried += 1;
          const isRefused = [400, 401, 403, 404, 405, 501].includes(status);
          // Berta may read what users may: another method on the same path can be such an operation.
          const isForUsers =
            token !== '' && written.method !== method && status < 300 && !body.includes('"role":"admin"');
          if (!isRefused && !isForUsers)
            opened.push(`${written.method} ${written.path} ${status} ${body.slice(0, 80)}`);
        }
      }
    }
    expect(tried).toBeGreaterThan(1_000);
    expect(opened).toEqual([]);
    expect(await state()).toEqual(before);
  });

  it('G4 G6 an operation of users is in the list of what is tried', () => {
    const ofUsers = Object.entries(endpoints).filter(([, { access }]) => access === 'user');
    expect(Object.keys(reach).toSorted()).toEqual(ofUsers.map(([name]) => name).toSorted());
  });

  it.each(Object.entries(reach).filter(([, value]) => value !== 'own'))(
    'G4 G6 %s does not reach what belongs to somebody else',
    async (name, value) => {
      const { path, body } = value as Exclude<Reach, 'own'>;
      const spec = endpoints[name];
      const before = await stateOfAnna();
      const answer = await berta.send(spec?.method.toUpperCase() ?? '', fill(path ?? spec?.path ?? ''), {
        ...(body === undefined ? {} : { body }),
      });
      expect(answer.status).toSatisfy((status: number) => status === 403 || status === 404);
      expect(JSON.stringify(answer.body)).not.toContain(ids.id);
      expect(await stateOfAnna()).toEqual(before);
    },
  );

  it('G4 the bytes, uploads and events of somebody else are out of reach', async () => {
    for (const { method, path } of otherRoutes.filter((route) => /content|\{upload\}/.test(route.path))) {
      const answer = await berta.send(method, fill(path), {
        headers: tus,
        ...(method === 'PATCH' ? { body: Buffer.from('0123456789') } : {}),
      });
      expect(answer.status, `${method} ${path}`).toBe(404);
    }
    const stop = new AbortController();
    const stream = await fetch(`${berta.url}${eventsRoute}`, {
      headers: { authorization: `Bearer ${berta.token}` },
      signal: stop.signal,
    });
    let events = '';
    const reading = (async () => {
      for await (const chunk of stream.body ?? []) events += Buffer.from(chunk).toString('utf8');
    })().catch(() => undefined);
    const { id } = await anna.submit({
      kind: 'create-archive',
      sources: ['/secret.txt'],
      destination: '/2.zip',
    });
    await anna.ended(id);
    const own = await berta.call<{ id: string }>('POST', '/api/v1/folders', { path: `/seen-${Date.now()}` });
    expect(own.id).toBeTruthy();
    stop.abort();
    await reading;
    expect(events).not.toContain(id);
    expect(events).not.toContain('/secret');
    const everybody = await berta.send('GET', `${eventsRoute}?everybody=true`);
    expect([everybody.status, code(everybody.body)]).toEqual([403, 'FORBIDDEN']);
  });

  it('G5 a disabled user is refused at once', async () => {
    const carl = await addUser(admin, 'carl');
    const { id } = await carl.call<User>('GET', '/api/v1/me');
    await admin.call('PATCH', `/api/v1/users/${id}`, { disabled: true });
    expect((await carl.send('GET', '/api/v1/me')).status).toBe(401);
  });

  async function stateOfAnna(): Promise<unknown> {
    const { entries } = await anna.call<{ entries: unknown[] }>('GET', '/api/v1/files?path=/');
    const { tasks: all } = await anna.call<{ tasks: Task[] }>('GET', '/api/v1/tasks');
    const { tokens } = await anna.call<{ tokens: { id: string }[] }>('GET', '/api/v1/me/tokens');
    return {
      entries,
      tasks: all.map(({ id, state }) => `${id} ${state}`),
      tokens: tokens.map(({ id }) => id),
    };
  }
});
