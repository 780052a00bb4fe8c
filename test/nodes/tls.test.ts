import { readFile, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { Node, TestStep } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { type Authority, createAuthority } from '../support/certificates.ts';
import { freePort, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { closeAll, type Program, root, startMaster, startProgram, tempFolder } from '../support/programs.ts';
import { startTlsProxy, type TlsProxy } from '../support/tls-proxy.ts';

const capabilities = ['create-archive', 'extract-archive'];

describe('TLS by a private authority', () => {
  let authority: Authority;
  let folder: string;
  let certificate: { certPath: string; keyPath: string };

  beforeAll(async () => {
    authority = await createAuthority();
    folder = await tempFolder('tls');
    certificate = { certPath: join(folder, 'slave.pem'), keyPath: join(folder, 'slave.key') };
    await authority.issue(certificate);
  });
  afterAll(closeAll);

  const register = (admin: Api, name: string, url: string): Promise<{ node: Node; secret: string }> =>
    admin.call('POST', '/api/v1/nodes', { name, url, capabilities });

  async function start(name: string, lines: string, env: Record<string, string> = {}): Promise<Program> {
    const file = join(folder, `${name}.ini`);
    await writeFile(file, lines, { mode: 0o600 });
    const args = ['-c', file, '--data', await tempFolder(`slave-${name}`)];
    return startProgram({ command: join(root, 'slave'), args, env, ready: /listens on (.*), data in/ });
  }

  async function testOf(admin: Api, name: string): Promise<TestStep[]> {
    const answer = await admin.call<Buffer>('POST', `/api/v1/nodes/${name}/test`);
    const lines = answer.toString().trim().split('\n');
    return lines.map((line) => JSON.parse(line) as TestStep);
  }

  it('S6 a slave with a certificate of its own works for the master that trusts it, and renews it while it runs', async () => {
    const trusting = await startMaster({
      embeddedNode: false,
      env: { LONGSHORE_SYSTEM_TRUSTED_CERTIFICATES: authority.certPath },
    });
    const admin = await signIn(trusting.url);
    const port = await freePort();
    const { secret } = await register(admin, 'anna', `https://localhost:${port}`);
    const slave = await start(
      'anna',
      `[Slave]\nSecret = ${secret}\n[SSL]\nListen = 127.0.0.1:${port}\nCertPath = slave.pem\nKeyPath = slave.key\n`,
    );
    await untilOnline(admin, 'anna');
    await admin.put('/a.txt', Buffer.from('over TLS'));
    const made = await admin.submit({ kind: 'create-archive', sources: ['/a.txt'], destination: '/a.zip' });
    expect(await admin.ended(made.id)).toMatchObject({ state: 'completed', nodes: ['anna'] });
    const steps = await testOf(admin, 'anna');
    expect(steps.find(({ step }) => step === 'tls')).toMatchObject({ status: 'ok' });
    expect(steps.filter(({ status }) => status === 'failed')).toEqual([]);

    const before = await fingerprintAt(port);
    await authority.issue(certificate);
    slave.child.kill('SIGHUP');
    await eventually('the new certificate is served', async () => (await fingerprintAt(port)) !== before);
    await writeFile(certificate.certPath, 'broken');
    slave.child.kill('SIGHUP');
    await eventually('the broken one is refused', async () =>
      slave.log().includes('are not a certificate and its key'),
    );
    await fingerprintAt(port);
    await authority.issue(certificate);

    const doubting = await signIn((await startMaster({ embeddedNode: false })).url);
    await register(doubting, 'anna', `https://localhost:${port}`);
    const tls = (await testOf(doubting, 'anna')).find(({ step }) => step === 'tls');
    expect(tls).toMatchObject({ status: 'failed', error: { code: 'NODE_TLS' } });
    expect(tls?.error?.hint).toContain('TrustedCertificates');
  });

  it('S6 proxies that end TLS stand in front of master and slave, the slave on a unix socket', async () => {
    const [front, back]: TlsProxy[] = await Promise.all([
      startTlsProxy(certificate),
      startTlsProxy(certificate),
    ]);
    if (front === undefined || back === undefined) return expect.unreachable();
    const env = { LONGSHORE_SYSTEM_TRUSTED_CERTIFICATES: authority.certPath };
    const master = await startMaster({
      embeddedNode: false,
      env: { ...env, LONGSHORE_SITE_INTERNAL_URL: front.url },
    });
    front.target = { port: Number(new URL(master.url).port) };
    const admin = await signIn(master.url);
    const { secret } = await register(admin, 'berta', back.url);
    const socketPath = join(folder, 'berta.sock');
    const slave = await start(
      'berta',
      `[Slave]\nSecret = ${secret}\n[UnixSocket]\nListen = berta.sock\nPerm = 0600\n`,
      env,
    );
    back.target = { socketPath };
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
    await untilOnline(admin, 'berta');
    await admin.put('/b.bin', Buffer.alloc(3_000_000, 'b'));
    const made = await admin.submit({ kind: 'create-archive', sources: ['/b.bin'], destination: '/b.zip' });
    expect(await admin.ended(made.id)).toMatchObject({ state: 'completed', nodes: ['berta'] });

    const ca = await readFile(authority.certPath);
    const refused = request(`${back.url}/slave/v1/hello`, {
      ca,
      headers: { 'x-forwarded-for': '203.0.113.9' },
    });
    refused.once('response', (answer) => answer.resume()).end();
    await eventually('the refusal is logged with the client that the proxies name', async () =>
      slave.log().includes('"client":"203.0.113.9"'),
    );
    await Promise.all([front.close(), back.close()]);
  });

  function fingerprintAt(port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: 'localhost', port, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.destroy();
      });
      socket.once('error', reject);
    });
  }
});
