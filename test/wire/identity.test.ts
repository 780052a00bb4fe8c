import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { masterRoutes, type Node, slaveRoutes, type TestStep } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hmacSha256, signatureBase } from '../../packages/protocol/src/server/signature-base.ts';
import { requestComponents } from '../../packages/protocol/src/server/signed-components.ts';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, startMasterBehind, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { adminPassword, closeAll, type RunningMaster, startMaster } from '../support/programs.ts';
import { sendReport, sendSigned, signedRequest, toAnswer } from '../support/signed-peer.ts';

/** Sends bytes as they are, on a connection of their own, and answers the status and the code. */
async function sendRaw(port: number, bytes: Buffer): Promise<{ status: number; code: string | undefined }> {
  const socket = connect({ port, host: '127.0.0.1' });
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  socket.on('error', () => undefined);
  socket.write(bytes);
  await eventually(
    'an answer',
    async () => /\r\n\r\n/.test(Buffer.concat(received).toString('latin1')) || socket.destroyed,
    10_000,
  );
  socket.destroy();
  const text = Buffer.concat(received).toString('latin1');
  return { status: Number(text.slice(9, 12)), code: /"code":"(\w+)"/.exec(text)?.[1] };
}

/** The requests of a connection, as they were sent. */
function splitRequests(bytes: Buffer): Buffer[] {
  const requests: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const headEnd = bytes.indexOf('\r\n\r\n', from);
    if (headEnd < 0) break;
    const head = bytes.subarray(from, headEnd).toString('latin1');
    const end = headEnd + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    requests.push(bytes.subarray(from, end));
    from = end;
  }
  return requests;
}

const findRequest = (proxy: FaultProxy, start: string): Buffer => {
  const requests = proxy.recorded().flatMap(({ up }) => splitRequests(up));
  const found = requests.findLast((bytes) => bytes.toString('latin1').startsWith(start));
  if (found === undefined) throw new Error(`no request ${start} was recorded`);
  return found;
};

const dated = (input: string, created: number, expires: number): string =>
  input.replace(/created=\d+;expires=\d+/, `created=${created};expires=${expires}`);

/** A request to a route that takes any body, rightly signed, with other words about when it is valid. */
function resigned(secret: string, change: (input: string, nowSeconds: number) => string) {
  const target = masterRoutes.callback;
  const message = { secret, method: 'POST', target, body: {} } as const;
  const { headers, body } = signedRequest(message);
  const text = change((headers['signature-input'] ?? '').slice('sig='.length), Math.floor(Date.now() / 1000));
  const base = signatureBase({ method: 'POST', target, headers }, { components: requestComponents, text });
  const signature = `sig=:${hmacSha256(secret, base).toString('base64')}:`;
  return { target, body, headers: { ...headers, 'signature-input': `sig=${text}`, signature } };
}

describe('who is allowed to speak', () => {
  let master: RunningMaster;
  let user: Api;
  let up: FaultProxy;
  let down: FaultProxy;
  let anna: ClusterSlave;
  let berta: ClusterSlave;
  const canary = 'canary-archive-password-7f3a';
  const port = (): number => Number(new URL(master.url).port);

  beforeAll(async () => {
    up = await startFaultProxy({ record: true });
    down = await startFaultProxy({ record: true });
    master = await startMasterBehind(up, {
      env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1', LONGSHORE_SYSTEM_LOG_LEVEL: 'trace' },
    });
    user = await signIn(master.url);
    const env = { LONGSHORE_SYSTEM_LOG_LEVEL: 'trace' };
    anna = await addSlave(user, { name: 'anna', via: down, env });
    berta = await addSlave(user, { name: 'berta', env, capabilities: ['extract-archive'] });
    await user.put('/a.txt', Buffer.from('content of a file'));
    const made = await user.submit({ kind: 'create-archive', sources: ['/a.txt'], destination: '/a.zip' });
    await user.ended(made.id);
    const extracted = await user.submit({
      kind: 'extract-archive',
      source: '/a.zip',
      destination: '/out',
      password: canary,
    });
    await user.ended(extracted.id);
  });
  afterAll(closeAll);

  it('B7 F3 a captured request is refused when it comes again, by the master and by the slave', async () => {
    const report = findRequest(up, 'POST /node/v1/reports');
    expect(await sendRaw(port(), report)).toEqual({ status: 401, code: 'REPLAYED' });
    const dispatch = findRequest(down, 'POST /slave/v1/attempts');
    expect(await sendRaw(anna.program.port, dispatch)).toEqual({ status: 401, code: 'REPLAYED' });
  });

  it('B7 F3 also after both were killed and started again', async () => {
    const report = findRequest(up, 'POST /node/v1/reports');
    const dispatch = findRequest(down, 'POST /slave/v1/attempts');
    const listen = `127.0.0.1:${port()}`;
    await master.kill();
    master = await startMaster({
      dataPath: master.dataPath,
      listen,
      embeddedNode: false,
      env: { LONGSHORE_SITE_INTERNAL_URL: up.url, LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1' },
    });
    await anna.program.kill();
    await anna.restart();
    expect(await sendRaw(port(), report)).toEqual({ status: 401, code: 'REPLAYED' });
    expect(await sendRaw(anna.program.port, dispatch)).toEqual({ status: 401, code: 'REPLAYED' });
    await untilOnline(user, 'anna');
  });

  it('F2 P1 a request with any byte changed is refused, and as it is accepted', async () => {
    const fresh = (): Buffer => {
      const { headers, body } = signedRequest({
        secret: anna.secret,
        method: 'POST',
        target: '/node/v1/callback?probe=1',
        body: { some: 'body' },
      });
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      const head = `POST /node/v1/callback?probe=1 HTTP/1.1\r\n${lines.join('')}content-length: ${body.length}\r\nhost: x\r\n\r\n`;
      return Buffer.concat([Buffer.from(head), body]);
    };
    expect((await sendRaw(port(), fresh())).status).toBe(200);
    const sample = fresh();
    const hostAt = sample.indexOf('content-length:');
    const bodyAt = sample.indexOf('\r\n\r\n') + 4;
    // The version of HTTP belongs to the connection, not to the message.
    const versionAt = sample.indexOf(' HTTP/1.1');
    const positions = Array.from({ length: sample.length }, (_, at) => at).filter(
      (at) => (at < hostAt && (at < versionAt || at > versionAt + 8) && at % 2 === 0) || at >= bodyAt,
    );
    const accepted: string[] = [];
    const tamperNext = async (): Promise<void> => {
      for (let at = positions.pop(); at !== undefined; at = positions.pop()) {
        const bytes = fresh();
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        const { status } = await sendRaw(port(), bytes);
        const around = bytes.subarray(Math.max(0, at - 20), at + 20).toString('latin1');
        if (status < 400) accepted.push(`${at}: ${status} …${around}…`);
      }
    };
    await Promise.all(Array.from({ length: 6 }, tamperNext));
    expect(accepted).toEqual([]);
  });

  it.each<[string, string, (input: string, nowSeconds: number) => string]>([
    ['as it should be', 'nothing', (input) => input],
    ['over', 'SIGNATURE_EXPIRED', (input, now) => dated(input, now - 20, now - 10)],
    ['of a clock that is off by little', 'nothing', (input, now) => dated(input, now - 40, now + 20)],
    ['long over', 'CLOCK_SKEW', (input, now) => dated(input, now - 3600, now - 3540)],
    ['of the future', 'CLOCK_SKEW', (input, now) => dated(input, now + 600, now + 660)],
    ['of the past, and good for long', 'CLOCK_SKEW', (input, now) => dated(input, now - 200, now + 90)],
    ['without an end', 'SIGNATURE_INVALID', (input) => input.replace(/;expires=\d+/, '')],
    ['without a beginning', 'SIGNATURE_INVALID', (input) => input.replace(/;created=\d+/, '')],
    ['for a hundred years', 'SIGNATURE_INVALID', (input, now) => dated(input, now, now + 3_155_760_000)],
    ['for a second too long', 'SIGNATURE_INVALID', (input, now) => dated(input, now, now + 301)],
    ['for no time', 'SIGNATURE_INVALID', (input, now) => dated(input, now, now)],
    ['that ends before it begins', 'SIGNATURE_INVALID', (input, now) => dated(input, now, now - 60)],
  ])('E1 F4 a right signature %s is refused with %s', async (_, code, change) => {
    const { target, body, headers } = resigned(anna.secret, change);
    const answer = await fetch(master.url + target, {
      method: 'POST',
      headers,
      body: new Uint8Array(body),
    });
    const { status, code: given } = toAnswer(answer.status, await answer.text());
    expect([status < 400, given ?? 'nothing']).toEqual([code === 'nothing', code]);
  });

  it('F2 no covered component is what it was not when it was signed', async () => {
    const fresh = (body: unknown = {}) =>
      signedRequest({ secret: anna.secret, method: 'POST', target: masterRoutes.callback, body });
    const send = async (request: ReturnType<typeof fresh>, change: { method?: string; target?: string }) => {
      const { method = 'POST', target = masterRoutes.callback } = change;
      const { headers, body } = request;
      const answer = await fetch(master.url + target, { method, headers, body: new Uint8Array(body) });
      return toAnswer(answer.status, await answer.text());
    };
    /** As another request has it that the same node has signed. */
    const otherValue = (name: string, value: string): string => {
      const replaced = fresh([1]).headers[name] ?? '';
      return replaced === value ? `${value}0` : replaced;
    };
    for (const component of requestComponents) {
      const request = fresh();
      const { headers } = request;
      const changes = {
        '@method': { method: 'PUT' },
        '@path': { target: masterRoutes.heartbeat },
        '@query': { target: `${masterRoutes.callback}?x=1` },
      };
      const isDerived = component.startsWith('@');
      expect(isDerived ? component in changes : component in headers, component).toBe(true);
      const changed = isDerived
        ? send(request, changes[component as keyof typeof changes])
        : send(
            {
              ...request,
              headers: { ...headers, [component]: otherValue(component, headers[component] ?? '') },
            },
            {},
          );
      expect(await changed, component).toMatchObject({ status: 401, code: 'SIGNATURE_INVALID' });
      expect((await send(request, {})).status, `${component} as it was`).toBe(200);
    }
  });

  it('F6 the key of one node does not open the work of another', async () => {
    up.set({ rate: 30_000 });
    await user.put('/slow.bin', Buffer.alloc(200_000, 7));
    const { id } = await user.submit({
      kind: 'create-archive',
      sources: ['/slow.bin'],
      destination: '/slow.zip',
    });
    const part = await eventually('anna is at work', async () => {
      const [found] = (await user.task(id)).parts;
      return found?.state === 'running' && found;
    });
    const base = `/node/v1/parts/${part.id}/attempts/1`;
    for (const [method, route] of [
      ['GET', 'sources'],
      ['GET', 'stored-entries'],
      ['POST', 'output'],
    ] as const) {
      const options = { secret: berta.secret, method, target: `${base}/${route}` } as const;
      expect(await sendSigned(master.url, options), route).toMatchObject({ status: 409, code: 'LEASE_LOST' });
    }
    const progress = { phase: 'done', bytesDone: 1, bytesTotal: 1, entriesDone: 1, entriesTotal: 1 };
    const events = [{ type: 'completed', progress }, { type: 'canceled' }, { type: 'progress', progress }];
    for (const event of events) {
      const report = { partId: part.id, attempt: 1, sequence: 500, event };
      expect(await sendReport(master.url, berta.secret, report)).toBe('lease-lost');
    }
    up.heal();
    expect(await user.ended(id)).toMatchObject({ state: 'completed', nodes: ['anna'] });
  });

  it('F7 F9 a ticket opens its blob for its verb, and nothing else', async () => {
    const ticketOf = (start: string) =>
      /Bearer [\w.-]+/.exec(findRequest(up, start).toString('latin1'))?.[0] ?? '';
    const blobOf = (start: string) =>
      /blobs\/v1\/([0-9a-f-]{36})/.exec(findRequest(up, start).toString('latin1'))?.[1];
    const read = ticketOf('GET /blobs/v1');
    const write = ticketOf('PUT /blobs/v1');
    const send = async (method: string, path: string, ticket: string) => {
      const answer = await fetch(`${master.url}/blobs/v1/${path}`, {
        method,
        headers: ticket === '' ? {} : { authorization: ticket },
        ...(method === 'PUT' ? { body: 'x' } : {}),
      });
      const text = await answer.text();
      return answer.status < 400 ? { status: answer.status } : toAnswer(answer.status, text);
    };
    const own = blobOf('GET /blobs/v1') ?? '';
    const other = blobOf('PUT /blobs/v1') ?? '';
    expect(await send('GET', own, read)).toMatchObject({ status: 200 });
    const invalid = { status: 403, code: 'TICKET_INVALID' };
    expect(await send('GET', other, read)).toMatchObject(invalid);
    expect(await send('PUT', own, read)).toMatchObject(invalid);
    expect(await send('GET', own, write)).toMatchObject(invalid);
    expect(await send('GET', own, '')).toMatchObject(invalid);
    expect(await send('GET', own, `Bearer ${user.token}`)).toMatchObject(invalid);
    expect(await send('PUT', crypto.randomUUID(), write)).toMatchObject({ status: 409, code: 'LEASE_LOST' });
    for (const path of ['..%2f..%2fmaster.key', '%2e%2e/%2e%2e/master.key', 'x']) {
      expect((await send('GET', path, read)).status).toBeGreaterThanOrEqual(400);
    }
  });

  it('F14 a slave does what its master asks for by ids and tickets, and takes no path from anybody', async () => {
    const slave = `http://127.0.0.1:${anna.program.port}`;
    const before = await readdir(anna.dataPath, { recursive: true });
    const hostile = ['/', '..', '../../escape', '/etc/passwd', 'a/../../b', '\u0000', 'C:\\'];
    for (const target of Object.values(slaveRoutes).filter((route) => route !== slaveRoutes.hello)) {
      for (const path of hostile) {
        const ref = { partId: path, attempt: 1 };
        for (const body of [
          { attempts: [ref] },
          { stops: [ref] },
          { archive: path, path },
          { path, temp: path },
        ]) {
          const asked = { secret: anna.secret, method: 'POST', target, body } as const;
          const answer = await sendSigned(slave, asked);
          expect([400, 404, 405], `${target} ${JSON.stringify(body)}`).toContain(answer.status);
          const stranger = await sendSigned(slave, { ...asked, secret: berta.secret });
          expect(stranger).toMatchObject({ status: 401, code: 'KEY_UNKNOWN' });
        }
      }
    }
    expect((await readdir(anna.dataPath, { recursive: true })).toSorted()).toEqual(before.toSorted());
  });

  it('P4 N10 another protocol major is refused with both versions, on each side', async () => {
    const target = '/node/v1/callback';
    const refused = await sendSigned(master.url, {
      secret: anna.secret,
      method: 'POST',
      target,
      change: { 'longshore-protocol': '2.0', 'longshore-version': '9.9.9' },
    });
    expect(refused).toMatchObject({ status: 426, code: 'VERSION_MISMATCH' });
    expect(JSON.stringify(refused.body)).toMatch(
      /Master: 1\.\d+ \(Longshore [^)]+\), Slave: 2\.0 \(Longshore 9\.9\.9\)/,
    );
    const answered = await sendSigned(`http://127.0.0.1:${anna.program.port}`, {
      secret: anna.secret,
      method: 'POST',
      target: '/slave/v1/hello',
      change: { 'longshore-protocol': '2.0' },
    });
    expect(answered).toMatchObject({ status: 426, code: 'VERSION_MISMATCH' });
  });

  it('P4 N10 a slave of another major gets no work, and the node says why', async () => {
    const paths = new Set<string>();
    const fake = createServer((request, response) => {
      paths.add(request.url ?? '');
      const error = {
        code: 'VERSION_MISMATCH',
        message: 'Master: 1.0, Slave: 2.0',
        hint: '',
        details: {},
        requestId: '',
      };
      response.writeHead(426, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
    }).listen(0, '127.0.0.1');
    await once(fake, 'listening');
    const url = `http://127.0.0.1:${(fake.address() as AddressInfo).port}`;
    await user.call('POST', '/api/v1/nodes', { name: 'future', url, weight: 900 });
    const node = await eventually('the node says why', async () => {
      const found = await user.node('future');
      return found.lastError !== null && found;
    });
    expect(node).toMatchObject({
      health: 'never-seen',
      lastError: { code: 'VERSION_MISMATCH', message: 'Master: 1.0, Slave: 2.0' },
    });
    const { id } = await user.submit({ kind: 'create-archive', sources: ['/a.txt'], destination: '/b.zip' });
    expect(await user.ended(id)).toMatchObject({ nodes: ['anna'] });
    expect([...paths]).toEqual(['/slave/v1/hello']);
    await user.call('DELETE', '/api/v1/nodes/future');
    await new Promise((resolve) => fake.close(resolve));
  });

  it.each([
    ['+40s', 'works'],
    ['-40s', 'works'],
    ['+10m', 'is refused'],
    ['-10m', 'is refused'],
  ])('E1 P3 a node whose clock is %s off %s', async (offset, verdict) => {
    const name = `clock${offset.replace('+', 'p').replace('-', 'm')}`;
    const env = {
      LD_PRELOAD: '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
      FAKETIME: offset,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    const slave = await addSlave(user, { name, env, untilOnline: false });
    const seconds = Number.parseInt(offset, 10) * (offset.endsWith('m') ? 60 : 1);
    if (verdict === 'works') {
      const node = await untilOnline(user, name);
      expect(Math.abs((node.skewMs ?? 0) - seconds * 1000)).toBeLessThan(5_000);
      const { id } = await user.submit({
        kind: 'create-archive',
        sources: ['/a.txt'],
        destination: `/${name}.zip`,
        node: name,
      });
      expect(await user.ended(id)).toMatchObject({ state: 'completed', nodes: [name] });
    } else {
      const node = await eventually('the node says why', async () => {
        const found = await user.node(name);
        // Until the slave listens, the reason is another.
        return found.lastError !== null && found.lastError.code !== 'NODE_REFUSED' && found;
      });
      expect(node).toMatchObject({ health: 'never-seen', lastError: { code: 'CLOCK_SKEW' } });
      const { callerClockMs, ourClockMs, skewMs } = (node.lastError?.details ?? {}) as Record<string, number>;
      expect(Math.abs((skewMs ?? 0) + seconds * 1000)).toBeLessThan(5_000);
      expect((callerClockMs ?? 0) - (ourClockMs ?? 0)).toBeCloseTo(skewMs ?? 0, -1);
      const test = await user.call<Buffer>('POST', `/api/v1/nodes/${name}/test`);
      const steps = test
        .toString('utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as TestStep);
      expect(steps.find((step) => step.status === 'failed')).toMatchObject({
        step: 'clock',
        error: { code: 'CLOCK_SKEW' },
      });
    }
    await slave.program.stop();
    await user.call<Node>('DELETE', `/api/v1/nodes/${name}`);
  });

  it('P5 F10 no secret is in the traffic, the logs or the database', async () => {
    const masterKey = (await readFile(join(master.dataPath, 'master.key'), 'utf8')).trim();
    const secrets = [anna.secret, berta.secret, adminPassword, masterKey];
    const traffic = [up, down]
      .flatMap((proxy) => proxy.recorded())
      .map((one) => Buffer.concat([one.up, one.down]));
    expect(traffic.length).toBeGreaterThan(0);
    for (const secret of [...secrets, user.token, master.dataPath]) {
      for (const bytes of traffic) expect(bytes.includes(secret)).toBe(false);
    }
    const logs = [master.log(), anna.program.log(), berta.program.log()];
    for (const secret of [...secrets, canary, user.token])
      for (const log of logs) expect(log).not.toContain(secret);
    const files = await readdir(master.dataPath);
    for (const file of files.filter((name) => name.startsWith('longshore.db'))) {
      const bytes = await readFile(join(master.dataPath, file));
      for (const secret of [anna.secret, berta.secret, adminPassword, canary, user.token]) {
        expect(bytes.includes(secret)).toBe(false);
      }
    }
  });
});
