import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ErrorBody, oidcRoutes, signInErrorCookie, type User } from '@longshore/protocol';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Provider } from 'oidc-provider';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createUser, showUsers, updateUser } from '../../accounts/users.ts';
import type { Database } from '../../database/open-database.ts';
import { type AccountServer, serveAccounts } from '../../testing/serve-accounts.ts';
import { testActor } from '../../testing/test-actor.ts';
import { describeDatabases } from '../../testing/test-databases.ts';

const clientSecret = 'a secret of the client, long enough for anybody';
const settings = {
  clientId: 'longshore',
  clientSecret,
  scopes: 'openid profile',
  name: 'Harbour ID',
  loginClaim: 'preferred_username',
  groupClaim: 'groups',
  allowedGroups: [] as string[],
  autoCreate: false,
};

/** A server that may be told later what it answers: each side must know the address of the other. */
async function listen(): Promise<{ url: string; server: Server; answerBy(handler: Handler): void }> {
  let handle: Handler = (_request, response) => void response.writeHead(503).end();
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    answerBy: (handler) => {
      handle = handler;
    },
  };
}
type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A browser that follows redirects by hand and keeps the cookies of each site. */
function createBrowser() {
  const jars = new Map<string, Map<string, string>>();
  const visit = async (url: string, headers: Record<string, string> = {}): Promise<Response> => {
    const { origin } = new URL(url);
    const jar = jars.get(origin) ?? new Map<string, string>();
    jars.set(origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: cookie === '' ? headers : { ...headers, cookie },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /max-age=0/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  };
  return { visit, cookiesOf: (url: string) => jars.get(url) ?? new Map<string, string>() };
}

const next = (answer: Response, base: string): string =>
  new URL(answer.headers.get('location') ?? '', base).href;
const codeOf = async (answer: Response): Promise<string> => ((await answer.json()) as ErrorBody).error.code;

describeDatabases('U2 signing in with an identity provider', (open) => {
  let database: Database;
  let server: AccountServer;
  let idp: Awaited<ReturnType<typeof listen>>;
  let account = { sub: 's-1', preferred_username: 'ada', groups: ['crew'] };
  const policy = { ...settings };

  beforeAll(async () => {
    database = await open();
    idp = await listen();
    // Read at each sign-in, so that a test may change it.
    const oidc = Object.defineProperty(policy, 'issuer', { value: idp.url, enumerable: true });
    server = await serveAccounts(database, { oidc: oidc as typeof policy & { issuer: string } });
    const provider = new Provider(idp.url, {
      clients: [
        {
          client_id: settings.clientId,
          client_secret: clientSecret,
          redirect_uris: [`${server.url}${oidcRoutes.callback}`],
        },
      ],
      claims: { openid: ['sub'], profile: ['preferred_username', 'groups'] },
      pkce: { required: () => true },
      features: { devInteractions: { enabled: false } },
      interactions: {
        url: (_context: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}`,
      },
      findAccount: (_context: unknown, id: string) => ({
        accountId: id,
        claims: () => ({ ...account, sub: id }),
      }),
      loadExistingGrant: async (context: {
        oidc: {
          provider: Provider;
          client: { clientId: string };
          session: { accountId: string };
        };
      }) => {
        const { client, session } = context.oidc;
        const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
        grant.addOIDCScope('openid profile');
        await grant.save();
        return grant;
      },
    });
    const boss = { name: 'boss', role: 'admin' as const, quotaBytes: null, by: testActor };
    await createUser(server.accounts, boss);
    const callback = provider.callback();
    idp.answerBy((request, response) =>
      request.url?.startsWith('/interaction/')
        ? provider.interactionFinished(request, response, { login: { accountId: account.sub } })
        : callback(request, response),
    );
  });
  afterAll(async () => {
    await server.close();
    idp.server.closeAllConnections();
    idp.server.close();
  });

  /** Goes the whole way as far as the callback, which is not visited yet. */
  const goToProvider = async (browser = createBrowser(), query = '') => {
    let answer = await browser.visit(`${server.url}${oidcRoutes.start}${query}`);
    let url = next(answer, server.url);
    while (!url.startsWith(`${server.url}${oidcRoutes.callback}`)) {
      answer = await browser.visit(url);
      if (answer.status < 300 || answer.status > 303)
        throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
      url = next(answer, url);
    }
    return { browser, callback: url };
  };
  const signIn = async (who: Partial<typeof account> = {}) => {
    account = { sub: 's-1', preferred_username: 'ada', groups: ['crew'], ...who };
    const { browser, callback } = await goToProvider();
    return { browser, callback, answer: await browser.visit(callback) };
  };
  const me = async (browser: ReturnType<typeof createBrowser>): Promise<User> => {
    const cookie = `longshore_session=${browser.cookiesOf(server.url).get('longshore_session')}`;
    return (await (await fetch(`${server.url}/api/v1/me`, { headers: { cookie } })).json()) as User;
  };
  const newUser = async (name: string): Promise<User> =>
    (await createUser(server.accounts, { name, role: 'user', quotaBytes: null, by: testActor })).user;
  const edit = (id: string, change: { oidcLogin?: string | null; disabled?: boolean }) =>
    updateUser(server.accounts, { id, by: testActor, ...change });

  it('is offered on the sign-in page', async () => {
    const methods = await fetch(`${server.url}/api/v1/sign-in-methods`);
    expect(await methods.json()).toEqual({ oidc: { name: 'Harbour ID', startUrl: oidcRoutes.start } });
  });

  it('lets nobody in whom no administrator awaits, not even by the name of a user', async () => {
    const ada = await newUser('ada');
    const { answer } = await signIn();
    expect([answer.status, await codeOf(answer)]).toEqual([403, 'OIDC_NOT_LINKED']);
    expect((await showUsers(server.accounts)).find(({ id }) => id === ada.id)?.oidcLinked).toBe(false);
  });

  it('ties an awaited login to its subject at the first sign-in, for ever', async () => {
    const user = await newUser('grace');
    expect(await edit(user.id, { oidcLogin: 'grace@harbour' })).toMatchObject({ oidcLinked: false });
    const { browser, answer } = await signIn({ sub: 's-2', preferred_username: 'grace@harbour' });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/']);
    expect(answer.headers.getSetCookie().join('\n')).toMatch(
      /longshore_session=[^;]+;.*HttpOnly;.*SameSite=Strict/,
    );
    expect(await me(browser)).toMatchObject({ id: user.id, oidcLinked: true });
    // The login has been given to somebody else there; who has renamed theirs stays the same.
    const other = await signIn({ sub: 's-3', preferred_username: 'grace@harbour' });
    expect(await codeOf(other.answer)).toBe('OIDC_NOT_LINKED');
    const renamed = await signIn({ sub: 's-2', preferred_username: 'hopper' });
    expect((await me(renamed.browser)).id).toBe(user.id);
    await edit(user.id, { oidcLogin: null });
    expect(await codeOf((await signIn({ sub: 's-2' })).answer)).toBe('OIDC_NOT_LINKED');
  });

  it('sends a browser that it lets not in back to the page, with the reason, and records it', async () => {
    account = { sub: 's-9', preferred_username: 'eve', groups: [] };
    const { browser, callback } = await goToProvider(createBrowser(), '?returnTo=/tasks');
    const answer = await browser.visit(callback, { accept: 'text/html,*/*;q=0.8' });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/tasks']);
    expect(browser.cookiesOf(server.url).has('longshore_session')).toBe(false);
    const told = decodeURIComponent(browser.cookiesOf(server.url).get(signInErrorCookie) ?? '');
    const { error } = JSON.parse(told) as ErrorBody;
    expect(error).toMatchObject({ code: 'OIDC_NOT_LINKED', message: expect.stringContaining('"eve"') });
    const recorded = await database.db
      .selectFrom('audit')
      .select(['action', 'after'])
      .where('request_id', '=', error.requestId)
      .execute();
    expect(recorded).toEqual([{ action: 'sign-in.failed', after: expect.stringContaining('"login":"eve"') }]);
    // A callback out of nowhere goes to the start.
    const lost = await createBrowser().visit(callback, { accept: 'text/html' });
    expect(lost.headers.get('location')).toBe('/');
  });

  it('awaits one login for one user only', async () => {
    const [one, two] = [await newUser('one'), await newUser('two')];
    await edit(one.id, { oidcLogin: 'same' });
    await expect(edit(two.id, { oidcLogin: 'same' })).rejects.toMatchObject({ code: 'OIDC_LOGIN_TAKEN' });
  });

  it('creates users where it is allowed, and never takes over one of the same name', async () => {
    policy.autoCreate = true;
    const { browser } = await signIn({ sub: 's-4', preferred_username: 'linus' });
    expect(await me(browser)).toMatchObject({
      name: 'linus',
      role: 'user',
      oidcLinked: true,
      group: { name: 'Users' },
    });
    const again = await signIn({ sub: 's-4', preferred_username: 'linus' });
    expect((await me(again.browser)).id).toBe((await me(browser)).id);
    const taken = await signIn({ sub: 's-5', preferred_username: 'ada' });
    expect([taken.answer.status, await codeOf(taken.answer)]).toEqual([409, 'USER_EXISTS']);
    const odd = await signIn({ sub: 's-6', preferred_username: '<script>' });
    expect(await codeOf(odd.answer)).toBe('OIDC_NOT_LINKED');
    policy.autoCreate = false;
  });

  it('lets only members of the allowed groups in, and no disabled user', async () => {
    const user = await newUser('katherine');
    await edit(user.id, { oidcLogin: 'kj' });
    policy.allowedGroups = ['officers'];
    const who = { sub: 's-7', preferred_username: 'kj' };
    expect(await codeOf((await signIn(who)).answer)).toBe('OIDC_NOT_ALLOWED');
    expect((await signIn({ ...who, groups: ['crew', 'officers'] })).answer.status).toBe(302);
    policy.allowedGroups = [];
    await edit(user.id, { disabled: true });
    const { browser, answer } = await signIn(who);
    expect([answer.status, await codeOf(answer)]).toEqual([401, 'WRONG_CREDENTIALS']);
    expect(browser.cookiesOf(server.url).has('longshore_session')).toBe(false);
  });

  it('G7 ends no sign-in that this browser has not begun, and none twice', async () => {
    const user = await newUser('mary');
    await edit(user.id, { oidcLogin: 'mary' });
    account = { sub: 's-8', preferred_username: 'mary', groups: [] };
    const { browser, callback } = await goToProvider();
    expect(await codeOf(await createBrowser().visit(callback))).toBe('OIDC_FAILED');
    const { browser: other } = await goToProvider();
    expect(await codeOf(await other.visit(callback))).toBe('OIDC_FAILED');
    const { browser: third, callback: changed } = await goToProvider();
    expect(await codeOf(await third.visit(changed.replace(/state=[^&]+/, 'state=another')))).toBe(
      'OIDC_FAILED',
    );
    expect((await browser.visit(callback)).status).toBe(302);
    expect(await codeOf(await browser.visit(callback))).toBe('OIDC_FAILED');
  });

  it('returns to the page that asked, and to no other site', async () => {
    for (const [asked, returned] of [
      ['/tasks?state=failed', '/tasks?state=failed'],
      ['//evil.example', '/'],
      ['/\\evil.example', '/'],
      ['https://evil.example', '/'],
    ] as const) {
      const { browser, callback } = await goToProvider(
        createBrowser(),
        `?returnTo=${encodeURIComponent(asked)}`,
      );
      expect((await browser.visit(callback)).headers.get('location')).toBe(returned);
    }
  });
});

describeDatabases('U2 an identity provider that is not to be believed', (open) => {
  const startFor = async (issuer: string) =>
    serveAccounts(await open(), { oidc: { ...settings, issuer, autoCreate: true } });

  it.each([
    ['another nonce', { nonce: 'other' }],
    ['another audience', { aud: 'another client' }],
    ['another issuer', { iss: 'https://evil.example' }],
    ['a time that is over', { exp: 1_600_000_000 }],
    ['no nonce', { nonce: undefined }],
    ['a key of nobody', { forged: true }],
    ['no signature at all', { unsigned: true }],
    ['nothing wrong', {}],
  ])('with %s in its token', async (_what, tweak: Record<string, unknown>) => {
    const idp = await listen();
    const server = await startFor(idp.url);
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    const stranger = await generateKeyPair('RS256');
    const key = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256', use: 'sig' };
    let nonce = '';
    const answers: Record<string, () => unknown> = {
      '/.well-known/openid-configuration': () => ({
        issuer: idp.url,
        authorization_endpoint: `${idp.url}/authorize`,
        token_endpoint: `${idp.url}/token`,
        jwks_uri: `${idp.url}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
      }),
      '/jwks': () => ({ keys: [key] }),
      '/token': async () => {
        const { forged, unsigned, ...changed } = tweak;
        const now = Math.floor(Date.now() / 1000);
        const claims = {
          ...{ iss: idp.url, aud: 'longshore', sub: 's', iat: now, exp: now + 60, nonce },
          ...{ preferred_username: 'eve', groups: [], ...changed },
        };
        const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
        const idToken = unsigned
          ? `${encode({ alg: 'none' })}.${encode(claims)}.`
          : await new SignJWT(claims)
              .setProtectedHeader({ alg: 'RS256', kid: 'k' })
              .sign(forged ? stranger.privateKey : privateKey);
        return { access_token: 'a', token_type: 'Bearer', expires_in: 60, id_token: idToken };
      },
    };
    idp.answerBy(async (request, response) => {
      const answer = await answers[request.url ?? '']?.();
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? {}));
    });
    const browser = createBrowser();
    const asked = new URL(next(await browser.visit(`${server.url}${oidcRoutes.start}`), server.url))
      .searchParams;
    nonce = asked.get('nonce') ?? '';
    expect(asked.get('code_challenge_method')).toBe('S256');
    const answer = await browser.visit(
      `${server.url}${oidcRoutes.callback}?code=c&state=${asked.get('state')}`,
    );
    if (Object.keys(tweak).length === 0) expect(answer.status).toBe(302);
    else expect([answer.status, await codeOf(answer)]).toEqual([401, 'OIDC_FAILED']);
    await server.close();
    idp.server.closeAllConnections();
    idp.server.close();
  });
});
