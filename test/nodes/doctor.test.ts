import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, request as httpRequest, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { errorCatalogue, type Node, TestStep } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, freePort, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { adminPassword, closeAll, type RunningMaster, startMaster, tempFolder } from '../support/programs.ts';
import { cliUser } from '../support/run-cli.ts';

const closers: (() => unknown)[] = [];

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

const answering = async (listener: RequestListener): Promise<string> =>
  `http://127.0.0.1:${await listening(createHttpServer(listener))}`;

/** A port whose queue of connections is full: the kernel drops what else arrives. */
async function startBlackhole(): Promise<string> {
  const program = `const server = require('node:net').createServer();
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      require('node:fs').writeSync(1, server.address().port + '\\n');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'ignore'] });
  closers.push(() => child.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const port = Number(line);
  for (let filling = true; filling; ) {
    const socket = connect({ port, host: '127.0.0.1', timeout: 300 });
    closers.push(() => socket.destroy());
    filling = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('timeout', () => resolve(false));
      socket.once('error', () => resolve(false));
    });
  }
  return `http://127.0.0.1:${port}`;
}

const faketime = (by: string): Record<string, string> => ({
  LD_PRELOAD: '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  FAKETIME: by,
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
});

/** A TLS server with a certificate of three days that nobody has vouched for. */
async function startUntrusted(name: string, env: Record<string, string> = {}): Promise<string> {
  const folder = await tempFolder('certificate');
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...[
        '-keyout',
        key,
        '-out',
        cert,
        '-subj',
        `/CN=${name}`,
        '-addext',
        'subjectAltName=IP:127.0.0.1',
        '-days',
        '3',
      ],
    ],
    { stdio: 'ignore', env: { ...process.env, ...env } },
  );
  const server = createHttpsServer({ key: await readFile(key), cert: await readFile(cert) });
  return `https://127.0.0.1:${await listening(server)}`;
}

/** Passes everything on to a slave, but answers preflights by itself. */
const withPreflight = (slavePort: number, headers: Record<string, string>): Promise<string> =>
  answering((incoming, outgoing) => {
    if (incoming.method === 'OPTIONS') {
      outgoing.writeHead(204, headers).end();
      return;
    }
    const { method, url: path, headers: sent } = incoming;
    const passed = httpRequest(
      { host: '127.0.0.1', port: slavePort, method, path, headers: sent },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(outgoing);
      },
    );
    incoming.pipe(passed);
  });

const parseSteps = (lines: string): TestStep[] =>
  lines
    .trim()
    .split('\n')
    .map((line) => TestStep.parse(JSON.parse(line)));

describe('N3 the communication test', () => {
  let master: RunningMaster;
  let user: Api;
  let anna: ClusterSlave;

  beforeAll(async () => {
    master = await startMaster({ embeddedNode: false, env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1' } });
    user = await signIn(master.url);
    anna = await addSlave(user, { name: 'anna' });
  });
  afterAll(async () => {
    for (const close of closers.reverse()) await close();
    await closeAll();
  });

  const test = async (name: string): Promise<TestStep[]> =>
    parseSteps(String(await user.call<Buffer>('POST', `/api/v1/nodes/${name}/test`)));
  const testUnsaved = async (body: object): Promise<TestStep[]> =>
    parseSteps(String(await user.call<Buffer>('POST', '/api/v1/nodes/test', body)));
  const summary = (steps: readonly TestStep[]): string[] =>
    steps.map((step) => `${step.step} ${step.status}`);
  const port = (): number => anna.program.port;

  /** A node at an address where another than its slave answers. */
  async function nodeAt(url: string, more: object = {}): Promise<string> {
    const name = `n${crypto.randomUUID().slice(0, 8)}`;
    await user.call<{ node: Node }>('POST', '/api/v1/nodes', { name, url, ...more });
    return name;
  }

  type Fault = {
    fault: string;
    run: () => Promise<TestStep[]>;
    step: TestStep['step'];
    code: keyof typeof errorCatalogue;
    evidence: RegExp;
    fix: RegExp;
  };
  const faults: Fault[] = [
    {
      fault: 'a host name that nobody knows',
      run: async () => test(await nodeAt('http://no-such-host.invalid:5213')),
      step: 'resolve',
      code: 'NODE_UNRESOLVABLE',
      evidence: /no-such-host\.invalid/,
      fix: /host name/,
    },
    {
      fault: 'a port where nobody listens',
      run: async () => test(await nodeAt(`http://127.0.0.1:${await freePort()}`)),
      step: 'connect',
      code: 'NODE_REFUSED',
      evidence: /ECONNREFUSED/,
      fix: /Start the slave/,
    },
    {
      fault: 'a firewall that drops everything',
      run: async () => test(await nodeAt(await startBlackhole())),
      step: 'connect',
      code: 'NODE_TIMEOUT',
      evidence: /no connection within 5000 ms/,
      fix: /firewall/,
    },
    {
      fault: 'a certificate that nobody has vouched for',
      run: async () => test(await nodeAt(await startUntrusted('shed.example'))),
      step: 'tls',
      code: 'NODE_TLS',
      evidence: /certificate of shed\.example by shed\.example comes from no authority/,
      fix: /certificate/,
    },
    {
      fault: 'the page of a web server in place of a slave',
      run: async () =>
        test(
          await nodeAt(
            await answering((_request, response) =>
              response
                .writeHead(502, { 'content-type': 'text/html', server: 'nginx/1.26.0', 'cf-ray': '8a' })
                .end('<html><head><title>502 Bad Gateway</title></head><body></body></html>'),
            ),
          ),
        ),
      step: 'slave',
      code: 'NODE_NOT_A_SLAVE',
      evidence: /502 by "nginx\/1\.26\.0", passing Cloudflare with an HTML page titled "502 Bad Gateway"/,
      fix: /node URL or the proxy/,
    },
    {
      fault: 'the address of the master, given by mistake',
      run: async () => test(await nodeAt(master.url)),
      step: 'slave',
      code: 'NODE_IS_A_MASTER',
      evidence: /this is a Longshore master \(longshore-master \d+\.\d+\.\d+\), not a slave/,
      fix: /where \.\/slave listens/,
    },
    {
      fault: 'a slave of another protocol',
      run: async () =>
        test(
          await nodeAt(
            await answering((_request, response) =>
              response.writeHead(426, { 'content-type': 'application/json' }).end(
                JSON.stringify({
                  error: {
                    code: 'VERSION_MISMATCH',
                    message: 'Master: 1.1 (Longshore 0.1.0), Slave: 2.0 (Longshore 9.9.9)',
                    hint: '',
                    details: {},
                    requestId: 'r',
                  },
                }),
              ),
            ),
          ),
        ),
      step: 'version',
      code: 'VERSION_MISMATCH',
      evidence: /Master: 1\.\d+ .*, Slave: 2\.0/,
      fix: /same major version/,
    },
    {
      fault: 'a slave with another secret',
      run: async () => test(await nodeAt(`http://localhost:${port()}`)),
      step: 'signature',
      code: 'KEY_UNKNOWN',
      evidence: /key/,
      fix: /rotate-key NAME/,
    },
    {
      fault: 'a clock that is ten minutes ahead',
      run: async () => {
        await addSlave(user, { name: 'hasty', env: faketime('+10m'), untilOnline: false });
        return test('hasty');
      },
      step: 'clock',
      code: 'CLOCK_SKEW',
      evidence: /clock/,
      fix: /NTP/,
    },
    {
      fault: 'a master that the slave does not reach',
      run: async () => {
        const listen = `127.0.0.1:${await freePort()}`;
        const nowhere = await startMaster({
          embeddedNode: false,
          listen,
          env: { LONGSHORE_SITE_PUBLIC_URL: `http://127.0.0.1:${await freePort()}` },
        });
        closers.push(() => nowhere.stop());
        const other = await signIn(`http://${listen}`);
        await addSlave(other, { name: 'far', untilOnline: false });
        return parseSteps(String(await other.call<Buffer>('POST', '/api/v1/nodes/far/test')));
      },
      step: 'callback',
      code: 'CALLBACK_FAILED',
      evidence: /ECONNREFUSED/,
      fix: /PublicUrl/,
    },
    {
      fault: 'a temporary folder that takes no file',
      run: async () => {
        const temp = await tempFolder('temp');
        await addSlave(user, { name: 'cramped', env: { LONGSHORE_SLAVE_TEMP_PATH: temp } });
        const [own = ''] = execFileSync('ls', [temp], { encoding: 'utf8' }).trim().split('\n');
        await rm(join(temp, own), { recursive: true });
        await writeFile(join(temp, own), '');
        return test('cramped');
      },
      step: 'temp',
      code: 'TEMP_NOT_WRITABLE',
      evidence: /ENOTDIR/,
      fix: /TempPath/,
    },
    {
      fault: "a slave that refuses pages of the console's origin",
      run: async () => {
        const headers = {
          'access-control-allow-origin': 'https://other.example',
          'access-control-allow-methods': 'PUT',
        };
        return testUnsaved({ url: await withPreflight(port(), headers), secret: anna.secret });
      },
      step: 'cors',
      code: 'CORS_REFUSED',
      evidence:
        /refuses pages of http:\/\/127\.0\.0\.1:\d+: access-control-allow-origin is https:\/\/other\.example/,
      fix: /AllowOrigins/,
    },
  ];

  it.each(faults)(
    'finds $fault: $code at "$step", with what was seen and the fix',
    async ({ run, ...wanted }) => {
      const steps = await run();
      const failed = steps.filter((step) => step.status === 'failed');
      expect(failed.map((step) => `${step.step} ${step.error?.code}`)).toEqual([
        `${wanted.step} ${wanted.code}`,
      ]);
      expect(failed[0]?.evidence).toMatch(wanted.evidence);
      expect(failed[0]?.error?.hint).toBe(errorCatalogue[wanted.code].hint);
      expect(failed[0]?.error?.hint).toMatch(wanted.fix);
      const order = TestStep.shape.step.options;
      const later = steps.slice(steps.findIndex(({ step }) => step === wanted.step) + 1);
      const isChain = order.indexOf(wanted.step) <= order.indexOf('clock');
      if (isChain) expect(new Set(later.map(({ status }) => status))).toEqual(new Set(['skipped']));
    },
  );

  it('tells each fault by a code of its own', () => {
    expect(new Set(faults.map(({ code }) => code)).size).toBe(faults.length);
  });

  it('says of a certificate that ended that it did, although nobody has vouched for it either', async () => {
    const steps = await test(await nodeAt(await startUntrusted('old.example', faketime('-30d'))));
    expect(steps.find((step) => step.status === 'failed')).toMatchObject({
      step: 'tls',
      error: { code: 'NODE_TLS', message: expect.stringContaining('has expired on') },
    });
  });

  it('says that a port speaks no TLS', async () => {
    const url = await answering((_request, response) => response.end());
    const steps = await test(await nodeAt(url.replace('http:', 'https:')));
    expect(steps.find((step) => step.status === 'failed')).toMatchObject({
      step: 'tls',
      error: { code: 'NODE_TLS', message: expect.stringContaining('begins with http:') },
    });
  });

  it('all is well with a slave that is well, unsaved or saved, and nothing of the unsaved one is kept', async () => {
    const well = [
      ...['resolve ok', 'connect ok', 'tls skipped', 'slave ok', 'version ok', 'signature ok', 'clock ok'],
      ...['callback ok', 'temp ok', 'cors skipped'],
    ];
    await untilOnline(user, 'anna');
    const saved = await test('anna');
    expect(summary(saved)).toEqual(well);
    expect(saved.find(({ step }) => step === 'callback')?.evidence).toMatch(/clock \d+ ms (ahead|behind)$/);
    const before = await user.call<{ nodes: Node[] }>('GET', '/api/v1/nodes');
    const unsaved = await testUnsaved({ url: `http://127.0.0.1:${port()}`, secret: anna.secret });
    expect(summary(unsaved)).toEqual(well);
    const after = await user.call<{ nodes: Node[] }>('GET', '/api/v1/nodes');
    expect(after.nodes.map((node) => node.name)).toEqual(before.nodes.map((node) => node.name));
    expect(unsaved.find((step) => step.step === 'temp')?.evidence).toMatch(/GiB of .* GiB free/);
  });

  it('without a secret it goes as far as a stranger gets', async () => {
    const steps = await testUnsaved({ url: `http://127.0.0.1:${port()}` });
    expect(summary(steps)).toEqual([
      ...['resolve ok', 'connect ok', 'tls skipped', 'slave ok', 'version ok'],
      ...['signature skipped', 'clock skipped', 'callback skipped', 'temp skipped', 'cors skipped'],
    ]);
    const evidenceOf = (name: string) => steps.find(({ step }) => step === name)?.evidence;
    expect(evidenceOf('resolve')).toBe('127.0.0.1 is an address, there is no name to look up');
    expect(evidenceOf('version')).toMatch(
      /^Master: 1\.\d+ \(Longshore .+\), Slave: 1\.\d+ \(Longshore .+\)$/,
    );
  });

  it('a page of the console may use the slave when the preflight says so, as a browser reads it', async () => {
    const url = await withPreflight(port(), {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-headers': 'Authorization, Content-Type',
    });
    const steps = await testUnsaved({ url, secret: anna.secret });
    expect(steps.find((step) => step.step === 'cors')).toMatchObject({ status: 'ok' });
    // The star does not stand for this header.
    const starred = await withPreflight(port(), {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': '*',
      'access-control-allow-headers': '*',
    });
    const refused = await testUnsaved({ url: starred, secret: anna.secret });
    expect(refused.find((step) => step.step === 'cors')).toMatchObject({
      error: { code: 'CORS_REFUSED', message: expect.stringContaining('has no authorization') },
    });
  });

  it('reads the [CORS] section of a slave of ours as a browser does', async () => {
    const origin = new URL(master.url).origin;
    await addSlave(user, { name: 'open', env: { LONGSHORE_CORS_ALLOW_ORIGINS: origin } });
    expect((await test('open')).find((step) => step.step === 'cors')).toMatchObject({ status: 'ok' });
    await addSlave(user, { name: 'shut', env: { LONGSHORE_CORS_ALLOW_ORIGINS: 'https://other.example' } });
    expect((await test('shut')).find((step) => step.step === 'cors')).toMatchObject({
      status: 'failed',
      error: { code: 'CORS_REFUSED' },
    });
  });

  it('each address of the master is a step; one that is not reached is a warning while another is', async () => {
    const listen = `127.0.0.1:${await freePort()}`;
    const two = await startMaster({
      embeddedNode: false,
      listen,
      env: {
        LONGSHORE_SITE_PUBLIC_URL: `http://127.0.0.1:${await freePort()}`,
        LONGSHORE_SITE_INTERNAL_URL: `http://${listen}`,
        LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1',
      },
    });
    const admin = await signIn(`http://${listen}`);
    await addSlave(admin, { name: 'near' });
    const steps = parseSteps(String(await admin.call<Buffer>('POST', '/api/v1/nodes/near/test')));
    expect(summary(steps).filter((line) => line.startsWith('callback'))).toEqual([
      'callback ok',
      'callback warning',
    ]);
    expect(steps.find((step) => step.status === 'warning')?.error?.code).toBe('CALLBACK_FAILED');
    await two.stop();
  });

  it('streams each step as soon as it is known', async () => {
    const silent = await listening(createHttpServer(() => undefined));
    const name = await nodeAt(`http://127.0.0.1:${silent}`);
    const response = await fetch(`${master.url}/api/v1/nodes/${name}/test`, {
      method: 'POST',
      headers: { authorization: `Bearer ${user.token}` },
    });
    let arrived = '';
    const reading = (async () => {
      for await (const chunk of response.body ?? []) arrived += Buffer.from(chunk).toString();
    })();
    await eventually('the first steps', async () => arrived.includes('"connect"'));
    expect(arrived).not.toContain('"slave"');
    await reading;
    expect(parseSteps(arrived).find((step) => step.status === 'failed')).toMatchObject({
      step: 'slave',
      error: { code: 'NODE_TIMEOUT' },
    });
  });

  it('the command line tests an unsaved node with the secret from its standard input', async () => {
    const cli = cliUser(await tempFolder('cli'));
    const login = ['login', master.url, '--user', 'admin', '--password-stdin'];
    expect(await cli.run(login, { input: `${adminPassword}\n` })).toMatchObject({ code: 0 });
    const url = `http://127.0.0.1:${port()}`;
    const ran = await cli.run(['nodes', 'test', '--url', url, '--secret-stdin'], {
      input: `${anna.secret}\n`,
    });
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stdout).toContain(`${url} is ready.`);
  });

  it('is for administrators, and says which field of an unsaved node is wrong', async () => {
    const nobody = await fetch(`${master.url}/api/v1/nodes/test`, { method: 'POST' });
    expect(nobody.status).toBe(401);
    const wrong = await user.send('POST', '/api/v1/nodes/test', { body: { url: 'ftp://x' } });
    expect(wrong).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringMatching(/^url: /) } },
    });
  });
});
