import { once } from 'node:events';
import { type IncomingMessage, request as send } from 'node:http';
import { text } from 'node:stream/consumers';
import { oidcRoutes } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { freePort } from '../support/cluster.ts';
import { startIdentityProvider, type TestIdentityProvider } from '../support/identity-provider.ts';
import { adminPassword, closeAll, startMaster } from '../support/programs.ts';

const publicUrl = 'http://files.example.com:8080';
const evil = 'evil.example.net';

/** Everything with which a client can say that this site has another name. */
const spoofed = {
  host: evil,
  forwarded: `host=${evil};proto=https;for=${evil}`,
  'x-forwarded-host': evil,
  'x-forwarded-proto': 'https',
  'x-forwarded-port': '4444',
  'x-forwarded-prefix': `/${evil}`,
  'x-forwarded-server': evil,
  'x-host': evil,
  'x-original-host': evil,
  'x-original-url': `http://${evil}/`,
  'x-rewrite-url': `http://${evil}/`,
};

describe.each([
  ['an address that is not trusted', {}],
  ['a trusted proxy', { LONGSHORE_SITE_TRUSTED_PROXIES: '127.0.0.0/8' }],
])('another name for the site, from %s', (_, env) => {
  let provider: TestIdentityProvider;
  let url: string;
  let admin: Api;

  beforeAll(async () => {
    provider = await startIdentityProvider(`${publicUrl}${oidcRoutes.callback}`);
    const port = await freePort();
    await startMaster({
      embeddedNode: false,
      listen: `127.0.0.1:${port}`,
      env: {
        ...env,
        LONGSHORE_SITE_PUBLIC_URL: publicUrl,
        LONGSHORE_OIDC_ISSUER: provider.issuer,
        LONGSHORE_OIDC_CLIENT_ID: provider.clientId,
        LONGSHORE_OIDC_CLIENT_SECRET: provider.clientSecret,
      },
    });
    // What it prints is its public address, which leads nowhere from here.
    url = `http://127.0.0.1:${port}`;
    admin = await signIn(url);
    await admin.put('/a.txt', Buffer.from('a'));
  });
  afterAll(async () => {
    await closeAll();
    provider.close();
  });

  async function ask(method: string, path: string, options: { body?: unknown; headers?: object } = {}) {
    const request = send(new URL(path, url), {
      method,
      headers: {
        authorization: `Bearer ${admin.token}`,
        'content-type': 'application/json',
        ...spoofed,
        ...options.headers,
      },
    });
    request.end(options.body === undefined ? undefined : JSON.stringify(options.body));
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const body = await text(response);
    const everything = `${response.statusCode} ${response.rawHeaders.join(' ')} ${body}`;
    expect(everything, `${method} ${path}`).not.toMatch(/evil|4444/);
    return { status: response.statusCode, headers: response.headers, body };
  }

  it('L7 does not reach the redirect address of a sign-in, nor what its cookie allows', async () => {
    const { status, headers } = await ask('GET', oidcRoutes.start);
    expect(status).toBe(302);
    const redirect = new URL(headers.location ?? '').searchParams.get('redirect_uri');
    expect(redirect).toBe(`${publicUrl}${oidcRoutes.callback}`);
    expect(String(headers['set-cookie'])).not.toMatch(/domain=|secure/i);
    const { headers: refused } = await ask('GET', oidcRoutes.callback, { headers: { accept: 'text/html' } });
    expect(refused.location).toBe('/');
    const login = await ask('POST', '/api/v1/login', { body: { user: 'admin', password: adminPassword } });
    expect(String(login.headers['set-cookie'])).not.toMatch(/domain=/i);
  });

  it('L7 does not reach the conf.ini of a node', async () => {
    const { status, body } = await ask('POST', '/api/v1/nodes', {
      body: { name: 'shed', url: 'http://127.0.0.1:1' },
    });
    expect(status).toBe(201);
    expect(JSON.parse(body)).toMatchObject({ confIni: expect.stringContaining(publicUrl) });
    await admin.call('DELETE', '/api/v1/nodes/shed');
  });

  it('L7 does not reach what an authenticator or a passkey is bound to', async () => {
    const totp = await ask('POST', '/api/v1/me/two-factor/start', { body: { password: adminPassword } });
    expect(totp.body).toContain('otpauth://totp/Longshore%20files.example.com%3A8080:admin?');
    const passkey = await ask('POST', '/api/v1/me/passkeys/start', { body: { password: adminPassword } });
    expect(passkey.body).toMatch(/"rp":\{[^}]*"id":"files\.example\.com"/);
    const login = await ask('POST', '/api/v1/passkey-login/start', { body: {} });
    expect(login.body).toContain('"rpId":"files.example.com"');
  });

  it('L7 does not reach links and pages', async () => {
    const upload = await ask('POST', '/api/v1/uploads', {
      headers: {
        'content-type': 'application/offset+octet-stream',
        'tus-resumable': '1.0.0',
        'upload-length': '5',
        'upload-metadata': `path ${Buffer.from('/b.txt').toString('base64')}`,
      },
    });
    expect(upload.headers.location).toMatch(/^\/api\/v1\/uploads\/[0-9a-f-]{36}$/);
    const zip = await ask('POST', '/api/v1/files/zip', { body: { paths: ['/a.txt'] } });
    expect([zip.status, zip.body]).toEqual([201, expect.stringMatching(/"url":"\/[^"/]/)]);
    for (const path of ['/', '/nodes', '/api/openapi.json', '/api/docs', '/docs', '/healthz', '/no/such']) {
      await ask('GET', path, { headers: { accept: 'text/html' } });
    }
  });
});
