import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { freePort, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { closeAll, type Program, root, startMaster, startProgram, tempFolder } from '../support/programs.ts';

/** What the documentation tells administrators to write, for the program at `upstream`. */
async function documentedLocation(upstream: RegExp): Promise<string> {
  const page = await readFile(join(root, 'docs/configuration.md'), 'utf8');
  const samples = [...page.matchAll(/```nginx\n([\s\S]*?)```/g)].map(([, text = '']) => text);
  const found = samples.find((text) => upstream.test(text));
  if (found === undefined) throw new Error(`docs/configuration.md has no sample for ${upstream}`);
  return found;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

describe('behind nginx, with the configuration of the documentation', () => {
  let folder: string;
  let nginx: ChildProcess;
  let slave: Program;
  let user: Api;
  let frontUrl: string;
  let slaveUrl: string;
  /** Where nginx passes one request after the other to the master over one connection. */
  let pooledPort: number;

  beforeAll(async () => {
    folder = await tempFolder('nginx');
    const [front, back, pooled, masterPort] = await Promise.all([
      freePort(),
      freePort(),
      freePort(),
      freePort(),
    ]);
    pooledPort = pooled;
    frontUrl = `http://127.0.0.1:${front}`;
    slaveUrl = `http://127.0.0.1:${back}`;
    const socketPath = join(folder, 'slave.sock');
    const forMaster = (await documentedLocation(/127\.0\.0\.1:5212/)).replace(':5212', `:${masterPort}`);
    const forSlave = (await documentedLocation(/unix:/)).replace('/run/longshore/slave.sock', socketPath);
    const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const tempPaths = temps.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n');
    await mkdir(join(folder, 'client_body'), { recursive: true });
    await writeFile(
      join(folder, 'nginx.conf'),
      `daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
events {}
http {
access_log off;
${tempPaths}
server { listen 127.0.0.1:${front};
${forMaster}}
server { listen 127.0.0.1:${back};
${forSlave}}
upstream master { server 127.0.0.1:${masterPort}; keepalive 1; }
server { listen 127.0.0.1:${pooled};
${forMaster.replace(/http:\/\/127\.0\.0\.1:\d+;/, 'http://master; proxy_set_header Connection "";')}}
}
`,
    );
    nginx = spawn(
      'nginx',
      ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')],
      {
        env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
        stdio: 'ignore',
      },
    );
    await eventually('nginx listens', () => answers(front));
    await startMaster({
      embeddedNode: false,
      listen: `127.0.0.1:${masterPort}`,
      env: {
        LONGSHORE_SITE_PUBLIC_URL: frontUrl,
        LONGSHORE_SITE_TRUSTED_PROXIES: '127.0.0.1',
        LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1',
      },
    });
    user = await signIn(frontUrl);
    const { secret } = await user.call<{ secret: string }>('POST', '/api/v1/nodes', {
      name: 'anna',
      url: slaveUrl,
    });
    const file = join(folder, 'conf.ini');
    await writeFile(
      file,
      `[System]\nLogFormat = json\n[Slave]\nSecret = ${secret}\nDataPath = data\n[UnixSocket]\nListen = ${socketPath}\n`,
      { mode: 0o600 },
    );
    slave = await startProgram({
      command: join(root, 'slave'),
      args: ['-c', file],
      ready: /listens on .*, data in/,
    });
    await untilOnline(user, 'anna');
  });
  afterAll(async () => {
    await closeAll();
    nginx.kill('SIGTERM');
    await once(nginx, 'exit');
  });

  it('S6 the communication test is green', async () => {
    const steps = String(await user.call<Buffer>('POST', '/api/v1/nodes/anna/test'));
    expect(steps).not.toMatch(/"status":"(failed|warning)"/);
    expect(steps).toContain(`${frontUrl}: the master answered`);
  });

  it('S6 work is done, and 64 MiB pass up, through the slave and down without a copy at nginx', async () => {
    const content = randomBytes(64 * 1024 * 1024);
    await user.put('/big.bin', content);
    const made = await user.submit({
      kind: 'create-archive',
      sources: ['/big.bin'],
      destination: '/big.zip',
      level: 'fast',
    });
    expect(await user.ended(made.id, 120_000)).toMatchObject({ state: 'completed', nodes: ['anna'] });
    const back = await user.submit({ kind: 'extract-archive', source: '/big.zip', destination: '/back' });
    expect(await user.ended(back.id, 120_000)).toMatchObject({ state: 'completed', nodes: ['anna'] });
    const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    expect(sha256(await user.get('/back/big.bin'))).toBe(sha256(content));
    expect(await readFile(join(folder, 'error.log'), 'utf8')).not.toMatch(/buffered to a temporary file/);
  });

  it('S6 L7 the client is the one that nginx names, for the slave and for the master', async () => {
    const ask = (url: string, localAddress: string, body = '', more = {}): Promise<number> =>
      new Promise((resolve, reject) => {
        const headers = { 'content-type': 'application/json', ...more };
        const asking = request(url, { method: 'POST', localAddress, headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        });
        asking.once('error', reject);
        asking.end(body);
      });
    await ask(`${slaveUrl}/slave/v1/hello`, '127.0.0.7');
    await eventually('the slave logs its client', async () => slave.log().includes('"client":"127.0.0.7"'));
    const wrong = JSON.stringify({ user: 'admin', password: 'not the password' });
    const ownWord = { 'x-forwarded-for': '203.0.113.9' };
    const guesses: number[] = [];
    for (let guess = 0; guess < 6; guess += 1) {
      guesses.push(await ask(`${frontUrl}/api/v1/login`, '127.0.0.8', wrong, ownWord));
    }
    expect(guesses).toEqual([401, 401, 401, 401, 401, 429]);
    expect(await ask(`${frontUrl}/api/v1/login`, '127.0.0.9', wrong, ownWord)).toBe(401);
  });

  /** What came back for bytes that were sent as they are, and for a plain request after them on the same connection. */
  const exchange = (port: number, bytes: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      let text = '';
      let isAsked = false;
      const end = (): void => {
        clearTimeout(timer);
        socket.destroy();
        resolve(text);
      };
      const askOn = (): void => {
        if (isAsked) return;
        isAsked = true;
        socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      };
      // A server that waits for the rest of a body takes what follows for it, and is left alone then.
      const timer = setTimeout(() => {
        askOn();
        setTimeout(end, 2_000);
      }, 10_000);
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        text += chunk;
        askOn();
      });
      socket.on('error', end).on('close', end).write(bytes);
    });

  it('L4 nginx and the master never take different bytes for a request', async () => {
    const token = `Authorization: Bearer ${user.token}\r\nContent-Type: application/json\r\n`;
    const create = (path: string): string => {
      const body = JSON.stringify({ path });
      return `POST /api/v1/folders HTTP/1.1\r\nHost: x\r\n${token}Content-Length: ${body.length}\r\n\r\n${body}`;
    };
    const chunked = 'Transfer-Encoding: chunked\r\n';
    const piece = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
    /** Whose length covers everything, and whose chunks end before the hidden request. */
    const lengthFirst = (headers: string) => (hidden: string) => {
      const body = `0\r\n\r\n${hidden}`;
      return `Content-Length: ${body.length}\r\n${headers}\r\n${body}`;
    };
    const chunks = (begin: string) => (hidden: string) => `${chunked}\r\n${begin}${piece(hidden)}0\r\n\r\n`;
    const ways: Record<string, (hidden: string) => string> = {
      'a length and chunks': lengthFirst(chunked),
      'chunks, and a length that ends before them': (hidden) =>
        `Content-Length: 4\r\n${chunked}\r\n${piece(hidden)}0\r\n\r\n`,
      'two lengths': (hidden) =>
        `Content-Length: 5\r\nContent-Length: ${5 + hidden.length}\r\n\r\nhello${hidden}`,
      'two lengths, the longer first': (hidden) =>
        `Content-Length: ${5 + hidden.length}\r\nContent-Length: 5\r\n\r\nhello${hidden}`,
      'a list of lengths': (hidden) => `Content-Length: 5, ${5 + hidden.length}\r\n\r\nhello${hidden}`,
      'a length with a sign': (hidden) => `Content-Length: +${5 + hidden.length}\r\n\r\nhello${hidden}`,
      'an unknown coding': lengthFirst('Transfer-Encoding: xchunked\r\n'),
      'a coding in quotes': lengthFirst('Transfer-Encoding: "chunked"\r\n'),
      'a space before the colon': lengthFirst('Transfer-Encoding : chunked\r\n'),
      'a tab before the coding': lengthFirst('Transfer-Encoding:\tchunked\r\n'),
      'a control character before the coding': lengthFirst('Transfer-Encoding: \x0bchunked\r\n'),
      'two codings': lengthFirst('Transfer-Encoding: identity, chunked\r\n'),
      'the header twice': lengthFirst('Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n'),
      'an underscore': lengthFirst('Transfer_Encoding: chunked\r\n'),
      'a folded header': lengthFirst('X: y\r\n Transfer-Encoding: chunked\r\n'),
      'a folded value': lengthFirst('Transfer-Encoding:\r\n chunked\r\n'),
      'a header after a bare line feed': lengthFirst('X: y\nTransfer-Encoding: chunked\r\n'),
      'a header after a bare carriage return': lengthFirst('X: y\rTransfer-Encoding: chunked\r\n'),
      'a zero byte in a header': lengthFirst('X: y\0\r\nTransfer-Encoding: chunked\r\n'),
      'line feeds only': (hidden) => lengthFirst('')(hidden).replace('\r\n\r\n', '\n\n'),
      'an extension of a chunk': chunks('5;a=b\r\nhello\r\n'),
      'an extension that a line feed ends': chunks('5;a\nhello\r\n'),
      'an extension with a carriage return': chunks('5;a\rb\r\nhello\r\n'),
      'a size that a line feed ends': chunks('5\nhello\r\n'),
      'a chunk that a line feed ends': chunks('5\r\nhello\n'),
      'a size with a prefix': chunks('0x5\r\nhello\r\n'),
      'a size with zeros before it': chunks('0000000000000000000005\r\nhello\r\n'),
      'a size that overflows': chunks('10000000000000005\r\nhello\r\n'),
      'a negative size': chunks('-5\r\nhello\r\n'),
      'a trailer that names a coding': (hidden) =>
        `${chunked}\r\n${piece(hidden)}0\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n`,
      'a body where none is read': lengthFirst(''),
      'a body that waits to be asked for': lengthFirst('Expect: 100-continue\r\n'),
      'a change of protocol': lengthFirst('Connection: Upgrade\r\nUpgrade: websocket\r\n'),
    };
    const targets = ['POST /api/v1/folders', 'POST /healthz', 'GET /', 'POST /api/v1/uploads'];
    const names = Object.keys(ways);
    const ports = [Number(new URL(frontUrl).port), pooledPort];
    await Promise.all(
      Object.entries(ways).flatMap(([name, way]) =>
        targets.flatMap((target) =>
          ports.map(async (port) => {
            const hidden = create(`/smuggled-${names.indexOf(name)}`);
            const text = await exchange(port, `${target} HTTP/1.1\r\nHost: x\r\n${token}${way(hidden)}`);
            const statuses = [...text.matchAll(/HTTP\/1\.[01] (\d+)/g)].map(([, status]) => Number(status));
            const final = statuses.filter((status) => status >= 200);
            const where = `${target} with ${name}: ${statuses.join(', ')}`;
            expect(final.length, where).toBeLessThanOrEqual(2);
            expect([201, 202], where).not.toContain(final[0]);
            if (final.length === 2) expect(final[1], where).toBe(200);
          }),
        ),
      ),
    );
    // Sent by itself, what was hidden is a request that works.
    expect(await exchange(pooledPort, create('/by-itself'))).toMatch(/^HTTP\/1\.1 201 /);
    // Who comes next over the connections that nginx keeps gets its own answer.
    for (let next = 0; next < 20; next += 1) {
      const answer = await fetch(`http://127.0.0.1:${pooledPort}/api/v1/me`);
      expect(answer.status).toBe(401);
    }
    const { entries } = await user.call<{ entries: { name: string }[] }>('GET', '/api/v1/files?path=/');
    const found = entries.flatMap(({ name }) => names[Number(/^smuggled-(\d+)$/.exec(name)?.[1])] ?? []);
    expect(found).toEqual([]);
  });
});
