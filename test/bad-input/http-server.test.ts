import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, type ApiError, addUser, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave } from '../support/cluster.ts';
import { closeAll, type RunningMaster, startMaster } from '../support/programs.ts';
import { sendSigned, signedRequest } from '../support/signed-peer.ts';

/** What strangers send to a port: no request here holds a key, and most are no proper requests. */
describe('HTTP servers', () => {
  let master: RunningMaster;
  let admin: Api;
  let slave: ClusterSlave;
  const targets = { master: { port: 0, pid: 0 }, slave: { port: 0, pid: 0 } };

  beforeAll(async () => {
    master = await startMaster({ embeddedNode: false });
    admin = await signIn(master.url);
    slave = await addSlave(admin, { name: 'anna' });
    targets.master = { port: Number(new URL(master.url).port), pid: master.child.pid ?? 0 };
    targets.slave = { port: slave.program.port, pid: slave.program.child.pid ?? 0 };
    await admin.put('/file.txt', Buffer.from('0123456789'));
    stalled = stallBodies();
  });
  afterAll(closeAll);

  /** Bodies that stop in the middle, from the beginning on, and for how long each connection was left open. */
  let stalled: Promise<{ name: string; closed: boolean; afterMs: number }[]>;
  function stallBodies(): typeof stalled {
    const signed = (target: string): string => {
      const request = { secret: slave.secret, method: 'POST', target, body: { reports: [] } } as const;
      const headers = Object.entries(signedRequest(request).headers).map((header) => header.join(': '));
      return `POST ${target} HTTP/1.1\r\nHost: x\r\n${headers.join('\r\n')}\r\nContent-Length: 1000\r\n\r\n{`;
    };
    const json = 'Content-Type: application/json\r\nContent-Length: 1000\r\n';
    const metadata = `path ${Buffer.from('/stalled.bin').toString('base64')}`;
    const upload = `Authorization: Bearer ${admin.token}\r\nTus-Resumable: 1.0.0\r\nUpload-Length: 1000000\r\nUpload-Metadata: ${metadata}\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: 1000000\r\n`;
    const requests: { name: string; program: keyof typeof targets; bytes: string }[] = [
      { name: 'a login', program: 'master', bytes: `POST /api/v1/login HTTP/1.1\r\nHost: x\r\n${json}\r\n{` },
      {
        name: 'an upload',
        program: 'master',
        bytes: `POST /api/v1/uploads HTTP/1.1\r\nHost: x\r\n${upload}\r\n${'x'.repeat(100_000)}`,
      },
      { name: 'reports', program: 'master', bytes: signed('/node/v1/reports') },
      { name: 'attempts', program: 'slave', bytes: signed('/slave/v1/attempts') },
    ];
    return Promise.all(
      requests.map(async ({ name, program, bytes }) => {
        const startMs = performance.now();
        const { text, closed } = await raw(targets[program].port, bytes, { timeoutMs: 60_000 });
        expect(text, name).toBe('');
        return { name, closed, afterMs: performance.now() - startMs };
      }),
    );
  }

  /** Of a hundred requests, one after the other. */
  const p95Ms = async (request: () => Promise<Response>): Promise<number> => {
    const times: number[] = [];
    for (let count = 0; count < 100; count += 1) {
      const startMs = performance.now();
      await (await request()).arrayBuffer();
      times.push(performance.now() - startMs);
    }
    return times.sort((a, b) => a - b)[94] ?? Number.NaN;
  };

  /** Sends bytes as they are and answers everything that came back until the other side closed, or `until` held. */
  const raw = (
    port: number,
    bytes: string | Buffer,
    options: { until?: RegExp; timeoutMs?: number; drip?: string } = {},
  ): Promise<{ text: string; closed: boolean }> =>
    new Promise((resolve) => {
      let text = '';
      const socket = connect(port, '127.0.0.1');
      const end = (closed: boolean): void => {
        clearTimeout(timer);
        clearInterval(dripping);
        socket.destroy();
        resolve({ text, closed });
      };
      const { drip } = options;
      const dripping = drip === undefined ? undefined : setInterval(() => socket.write(drip), 1_000);
      const timer = setTimeout(() => end(false), options.timeoutMs ?? 20_000);
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        text += chunk;
        if (options.until?.test(text)) end(false);
      });
      socket.on('error', () => end(true)).on('close', () => end(true));
      socket.write(bytes);
    });
  const statusOf = (text: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);
  const complete = /\r\n\r\n[\s\S]/;
  const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;

  /** What the system holds of one connection at one end, at most. */
  const largestBuffer = async (kind: 'rmem' | 'wmem'): Promise<number> =>
    Number((await readFile(`/proc/sys/net/ipv4/tcp_${kind}`, 'utf8')).trim().split(/\s+/)[2]);
  const residentBytes = async (pid: number): Promise<number> => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  };

  describe.each(['master', 'slave'] as const)('of the %s', (program) => {
    const health = () => `http://127.0.0.1:${targets[program].port}/healthz`;
    const send = (bytes: string, options?: Parameters<typeof raw>[2]) =>
      raw(targets[program].port, bytes, { until: complete, ...options });

    it('L1 5000 connections that never finish their headers are closed, and hold up nobody', async () => {
      const begun = 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ';
      const slow: Promise<{ closed: boolean }>[] = [];
      const alone = await p95Ms(() => fetch(health()));
      const open = async (drip?: string) => {
        const bytes = slow.length % 2 === 0 && drip === undefined ? '' : begun;
        const options = { timeoutMs: 40_000, ...(drip === undefined ? {} : { drip }) };
        const { closed } = await raw(targets[program].port, bytes, options);
        return { closed };
      };
      for (let count = 0; count < 100; count += 1) slow.push(open('x'));
      while (slow.length < 5_000) {
        // No more at a time than wait to be accepted; whoever is answered after them knows that they are.
        for (let count = 0; count < 245; count += 1) slow.push(open());
        expect(statusOf((await send(get('/healthz'))).text)).toBe(200);
      }
      for (let count = 0; count < 20; count += 1) {
        const newest = open();
        slow.push(newest);
        expect(await Promise.race([newest, fetch(health()).then(({ status }) => status)])).toBe(200);
      }
      // Where a machine is so busy that a second is too little, others are to be held up as much without them.
      expect(await p95Ms(() => fetch(health()))).toBeLessThan(Math.max(1_000, 4 * alone));
      for (const { closed } of await Promise.all(slow)) expect(closed).toBe(true);
    });

    it('L2 headers and addresses over 16 KiB are refused', async () => {
      expect(statusOf((await send(get('/healthz', `X-Long: ${'x'.repeat(17_000)}\r\n`))).text)).toBe(431);
      expect(statusOf((await send(get(`/${'x'.repeat(17_000)}`))).text)).toBe(431);
      expect(statusOf((await send(get(`/healthz?${'a=1&'.repeat(5_000)}`))).text)).toBe(431);
      // The rest of an address this long arrives at a closed connection, and may take the answer with it.
      const endless = await send(get(`/${'x'.repeat(10_000_000)}`), { until: /never/ });
      expect(endless.closed).toBe(true);
      expect([0, 431]).toContain(statusOf(endless.text));
      const many = Array.from({ length: 3_000 }, (_, index) => `X-${index}: 1\r\n`).join('');
      expect(statusOf((await send(get('/healthz', many))).text)).toBe(431);
      expect((await fetch(health())).status).toBe(200);
    });

    it.each([
      ['no known key', 401],
      ['no signature', 401],
    ] as const)('L3 who has %s is answered before the body, which is left unread', async (who, status) => {
      const target = program === 'master' ? '/node/v1/reports' : '/slave/v1/attempts';
      const before = await residentBytes(targets[program].pid);
      const stranger = { secret: 'x'.repeat(64), method: 'POST', target, body: {} } as const;
      const signed = Object.entries(signedRequest(stranger).headers)
        .filter(([name]) => who === 'no known key' || !name.startsWith('signature'))
        .map((header) => `${header.join(': ')}\r\n`);
      const head = `POST ${target} HTTP/1.1\r\nHost: x\r\n${signed.join('')}Content-Length: 1000000000\r\n\r\n`;
      const piece = Buffer.alloc(64 * 1024);
      const swallowed = await Promise.all(
        Array.from({ length: 100 }, async () => {
          const socket = connect(targets[program].port, '127.0.0.1');
          const closed = new Promise<void>((resolve) => {
            socket.on('error', () => undefined).on('close', () => resolve());
          });
          let answer = '';
          socket.setEncoding('latin1').on('data', (chunk: string) => {
            answer += chunk;
          });
          socket.write(head);
          for (let sent = 0; sent < 1_000_000_000 && !socket.destroyed; sent += piece.length) {
            // What has arrived is read before more is written: a write to a connection that was reset loses it.
            await new Promise((resolve) => setImmediate(resolve));
            if (!socket.write(piece)) {
              const drained = new Promise<void>((resolve) => socket.once('drain', resolve));
              await Promise.race([drained, closed, delay(2_000)]);
            }
          }
          const taken = socket.bytesWritten - socket.writableLength;
          socket.destroy();
          await closed;
          expect(statusOf(answer)).toBe(status);
          return taken;
        }),
      );
      // The program takes 64 KiB besides what it had read by then. What the two ends of a connection hold is the kernel's.
      const bytesInKernel = (await largestBuffer('rmem')) + (await largestBuffer('wmem'));
      expect(Math.max(...swallowed)).toBeLessThan(448 * 1024 + bytesInKernel);
      expect((await residentBytes(targets[program].pid)) - before).toBeLessThan(48 * 1024 * 1024);
      expect((await fetch(health())).status).toBe(200);
    });

    it.each([
      ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n'],
      ['a length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'],
      ['a coding that is not known', 'Transfer-Encoding: chunked, identity\r\n'],
      ['chunks that come twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'],
      ['a space before the colon', 'Content-Length : 5\r\n'],
      ['a folded line', 'Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n'],
      ['a sign in a length', 'Content-Length: +5\r\n'],
      ['a bare carriage return', 'X: a\rContent-Length: 5\r\n'],
    ])('L4 %s: refused, and nothing after it is read as a request', async (_name, headers) => {
      const hidden = get('/healthz');
      const { text } = await send(`POST /healthz HTTP/1.1\r\nHost: x\r\n${headers}\r\nhello${hidden}`, {
        until: /never/,
        timeoutMs: 12_000,
      });
      expect(statusOf(text)).toBe(400);
      expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    });

    it('L5 no address leads out of what is served', async () => {
      const climbs = [
        '..',
        '%2e%2e',
        '%252e%252e',
        '..%2f..',
        '..%5c..',
        '..\\..',
        '....//',
        '%c0%ae%c0%ae',
        '..;',
        '%00',
      ];
      const roots = ['/', '/assets/', '/api/v1/', '/node/v1/', '/blobs/v1/', '/slave/v1/', '/docs/'];
      for (const root of roots) {
        for (const climb of climbs) {
          for (const target of ['etc/passwd', 'conf.ini', 'longshore.db', 'package.json']) {
            const { text } = await send(get(`${root}${`${climb}/`.repeat(6)}${target}`));
            expect([400, 401, 404, 426], `${root} ${climb} ${target}: ${text.slice(0, 200)}`).toContain(
              statusOf(text),
            );
            expect(text).not.toMatch(/root:|SQLite format|"dependencies"|Secret/);
          }
        }
      }
    }, 60_000);
  });

  /** Bodies that are JSON, but nothing that any operation takes. */
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const badBodies = [
    deep,
    `{"path": ${deep}}`,
    `${'{"path":'.repeat(50_000)}1${'}'.repeat(50_000)}`,
    '{"__proto__": {"role": "admin"}, "path": "/x"}',
    '{"constructor": {"prototype": {"role": "admin"}}, "path": "/x"}',
    '{"path": "/x", "path": {"__proto__": null}}',
    '{"path": "/x"',
    'null',
  ];

  it('L2 JSON that is deep, or tries to reach into prototypes, is only bad input', async () => {
    const headers = { 'content-type': 'application/json' };
    for (const body of badBodies) {
      const answer = await admin.send<ApiError>('POST', '/api/v1/folders', {
        body: Buffer.from(body),
        headers,
      });
      expect([answer.status, answer.body.error.code], body.slice(0, 80)).toEqual([400, 'BAD_REQUEST']);
    }
    const many = Array.from({ length: 2_000 }, (_, index) => `a${index}=1`).join('&');
    expect((await admin.send('GET', `/api/v1/tasks?${many}`)).status).toBe(200);
    expect((await admin.send('GET', '/api/v1/tasks?__proto__[role]=admin&__proto__=1&limit=1')).status).toBe(
      200,
    );
    expect((await admin.send('GET', '/api/v1/tasks?limit=__proto__')).status).toBe(400);
  });

  it('L2 a body over the limit is refused by its length, and by its bytes where it tells none', async () => {
    const limits = [
      ['/api/v1/login', 64 * 1024],
      ['/api/v1/folders', 8 * 1024 * 1024],
    ] as const;
    for (const [path, limit] of limits) {
      const json = (bytes: number) => Buffer.from(JSON.stringify({ path: 'x'.repeat(bytes - 11) }));
      const headers = { 'content-type': 'application/json' };
      const post = (body: Buffer) => admin.send<ApiError>('POST', path, { body, headers });
      expect((await post(json(limit))).status, path).toBe(400);
      expect((await post(json(limit + 1))).status, path).toBe(413);
      const chunked = await raw(
        targets.master.port,
        Buffer.concat([
          Buffer.from(
            `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${admin.token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${(limit + 1).toString(16)}\r\n`,
          ),
          json(limit + 1),
          Buffer.from('\r\n0\r\n\r\n'),
        ]),
        { until: complete },
      );
      expect(statusOf(chunked.text), path).toBe(413);
    }
  });

  it.each([
    ['master', '/node/v1/reports'],
    ['slave', '/slave/v1/attempts'],
  ] as const)('L2 the %s takes no such JSON from who holds a key either', async (program, target) => {
    const url = `http://127.0.0.1:${targets[program].port}`;
    for (const text of badBodies) {
      const body = Buffer.from(text);
      const answer = await sendSigned(url, { secret: slave.secret, method: 'POST', target, body });
      expect([answer.status, answer.code], text.slice(0, 80)).toEqual([400, 'BAD_REQUEST']);
    }
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('L2 after all of that nobody has got a property that was not given', async () => {
    const ben = await addUser(admin, 'ben');
    expect(await ben.call('GET', '/api/v1/me')).toMatchObject({ name: 'ben', role: 'user' });
    expect((await ben.send('GET', '/api/v1/users')).status).toBe(403);
    const taken = await admin.send<ApiError>('POST', '/api/v1/users', {
      body: Buffer.from(
        '{"name": "eve", "password": "eve has a long password", "__proto__": {"role": "admin"}}',
      ),
      headers: { 'content-type': 'application/json' },
    });
    expect([taken.status, taken.body.error.code]).toEqual([400, 'BAD_REQUEST']);
  });

  it('L6 other ways to write a request come to the same access check', async () => {
    const port = targets.master.port;
    const lines = [
      'GET /api/v1//users HTTP/1.1',
      'GET //api/v1/users HTTP/1.1',
      'GET /api/v1/users/ HTTP/1.1',
      'GET /api/v1/%75sers HTTP/1.1',
      'GET /api%2fv1%2fusers HTTP/1.1',
      'GET /api/v1/./users HTTP/1.1',
      'GET /api/v1/me/../users HTTP/1.1',
      'GET /API/V1/USERS HTTP/1.1',
      'HEAD /api/v1/users HTTP/1.1',
      `GET http://127.0.0.1:${port}/api/v1/users HTTP/1.1`,
      'OPTIONS /api/v1/users HTTP/1.1',
      'TRACE /api/v1/users HTTP/1.1',
      'QUERY /api/v1/users HTTP/1.1',
    ];
    for (const line of lines) {
      for (const headers of ['', 'X-HTTP-Method-Override: GET\r\n', 'X-Original-URL: /api/v1/users\r\n']) {
        const { text } = await raw(port, `${line}\r\nHost: x.\r\n${headers}Connection: close\r\n\r\n`);
        expect([400, 401, 404, 405], `${line} ${text.slice(0, 200)}`).toContain(statusOf(text));
        expect(text).not.toContain('"role"');
      }
    }
    const override = await raw(
      port,
      `GET /api/v1/users/admin HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${admin.token}\r\n` +
        'X-HTTP-Method-Override: DELETE\r\nX-Method-Override: DELETE\r\nConnection: close\r\n\r\n',
    );
    expect([200, 404]).toContain(statusOf(override.text));
    expect((await admin.send('GET', '/api/v1/me')).status).toBe(200);
  });

  it('L8 one user has a limited number of event streams', async () => {
    const stop = new AbortController();
    const open = () =>
      fetch(`${master.url}/api/v1/events`, {
        headers: { authorization: `Bearer ${admin.token}` },
        signal: stop.signal,
      });
    const answers = await Promise.all(Array.from({ length: 30 }, open));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(answers.length - refused.length).toBe(16);
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([429]));
    stop.abort();
    await expect
      .poll(async () => {
        const again = new AbortController();
        const { status } = await fetch(`${master.url}/api/v1/events`, {
          headers: { authorization: `Bearer ${admin.token}` },
          signal: again.signal,
        });
        again.abort();
        return status;
      })
      .toBe(200);
  });

  it('L9 what is ten times as long costs no more than ten times as much', async () => {
    const cpuMs = async (): Promise<number> => {
      const fields = (await readFile(`/proc/${targets.master.pid}/stat`, 'utf8')).split(' ');
      return (Number(fields[13]) + Number(fields[14])) * 10;
    };
    const paths = (length: number): string[] => [
      'a'.repeat(length),
      `${'a '.repeat(length / 2)}!`,
      '../'.repeat(length / 3),
      '%'.repeat(length),
      `${'a/'.repeat(length / 2)}\0`,
    ];
    const ask = async (length: number): Promise<void> => {
      for (const path of paths(length)) {
        const answer = await admin.send('POST', '/api/v1/folders', { body: { path: `/${path}` } });
        expect(answer.status).toBe(400);
      }
      // Fields of a head are a tenth as long, which is what a head may have.
      const few = length / 100;
      for (const range of ['bytes=0-1,'.repeat(few), `bytes=${' '.repeat(10 * few)}0-1`]) {
        await admin.send('GET', '/api/v1/files/content?path=/file.txt', { headers: { range } });
      }
      const metadata = `path ${'A'.repeat(9 * few)},${','.repeat(few)}`;
      const headers = { 'tus-resumable': '1.0.0', 'upload-length': '1', 'upload-metadata': metadata };
      expect((await admin.send('POST', '/api/v1/uploads', { headers })).status).toBe(400);
    };
    const cost = async (length: number, times: number): Promise<number> => {
      const before = await cpuMs();
      for (let time = 0; time < times; time += 1) await ask(length);
      return (await cpuMs()) - before;
    };
    await ask(100_000);
    // As many bytes each time; each request costs something besides, so that the many short ones cost more.
    const short = await cost(10_000, 80);
    const long = await cost(100_000, 8);
    expect(long).toBeLessThan(short);
  });

  it('L10 several ranges at once are answered with the whole, and never with more than the file', async () => {
    const ranges = `bytes=${Array.from({ length: 1_000 }, () => '0-').join(',')}`;
    for (const range of [ranges, 'bytes=0-1,3-4', 'bytes=0-0,-1']) {
      const answer = await admin.send<Buffer>('GET', '/api/v1/files/content?path=/file.txt', {
        headers: { range },
      });
      expect([answer.status, String(answer.body)]).toEqual([200, '0123456789']);
    }
    const one = await admin.send<Buffer>('GET', '/api/v1/files/content?path=/file.txt', {
      headers: { range: 'bytes=2-3' },
    });
    expect([one.status, String(one.body)]).toEqual([206, '23']);
  });

  it('L1 a body that stops arriving ends its connection after half a minute', async () => {
    for (const { name, closed, afterMs } of await stalled) {
      expect(closed, name).toBe(true);
      expect(afterMs, name).toBeGreaterThan(29_000);
      expect(afterMs, name).toBeLessThan(45_000);
    }
  });
});
