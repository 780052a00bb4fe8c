import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  attemptRoute,
  masterRoutes,
  type NodeVitals,
  OutputAccess,
  type PartId,
  SourcePage,
  slaveRoutes,
} from '@longshore/protocol';
import { generateSecret, signingKey } from '@longshore/protocol/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, addUser, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, freePort, startMasterBehind, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { closeAll, type RunningMaster, startSlave } from '../support/programs.ts';
import { type SignedAnswer, sendReport, sendSigned, toAnswer } from '../support/signed-peer.ts';
import { contentsOf } from '../support/user-files.ts';

type Ref = { readonly partId: PartId; readonly attempt: number };
type Attack = {
  readonly name: string;
  readonly send: () => Promise<SignedAnswer>;
  readonly answer: Record<string, unknown>;
};

const progress = { phase: 'done', bytesDone: 1, bytesTotal: 1, entriesDone: 1, entriesTotal: 1 };
const error = { code: 'INTERNAL', message: 'x', hint: 'x' };
const hostileNames = ['..%2f..%2fmaster.key', '%2e%2e%2f', '%00', 'C:%5C', 'x'];

/** The task of a user at work on a node, slowly. */
async function atWork(user: Api, request: { destination: string; node?: string }): Promise<Ref> {
  const { id } = await user.submit({ kind: 'create-archive', sources: ['/slow.bin'], ...request });
  return eventually('somebody is at work', async () => {
    const [part] = (await user.task(id)).parts;
    return part?.state === 'running' && { partId: part.id as PartId, attempt: part.attempts.length };
  });
}

describe('the key of one node, in wrong hands', () => {
  let master: RunningMaster;
  let admin: Api;
  let vera: Api;
  let up: FaultProxy;
  let berta: ClusterSlave;
  let vitals: NodeVitals;
  /** Of Vera, on anna; and of the node whose key was stolen. */
  let foreign: Ref;
  let own: Ref;
  let blob: { id: string; size_bytes: number; sha256: string };
  let read: { blobId: string; ticket: string };
  let write: string;

  beforeAll(async () => {
    up = await startFaultProxy();
    master = await startMasterBehind(up, { env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1' } });
    admin = await signIn(master.url);
    vera = await addUser(admin, 'vera');
    for (const user of [admin, vera]) await user.put('/slow.bin', randomBytes(600_000));
    await vera.put('/secret.txt', Buffer.from('the secret of Vera'));
    await addSlave(admin, { name: 'anna' });
    up.set({ rate: 12_000 });
    foreign = await atWork(vera, { destination: '/slow.zip' });
    berta = await addSlave(admin, { name: 'berta' });
    own = await atWork(admin, { destination: '/slow.zip', node: 'berta' });
    const node = await admin.node('berta');
    if (node.vitals === null) throw new Error('berta has no vitals');
    vitals = node.vitals;
    [blob] = query(`select id, size_bytes, sha256 from blobs where size_bytes = 18`) as [typeof blob];
    const page = SourcePage.parse((await asBerta('GET', attemptRoute('sources', own))).body);
    const [source] = page.sources;
    if (source?.kind !== 'file') throw new Error('berta reads nothing');
    read = source.access;
    write = OutputAccess.parse((await asBerta('POST', attemptRoute('output', own))).body).ticket;
  });
  afterAll(closeAll);

  function query(sql: string): unknown[] {
    const database = new DatabaseSync(join(master.dataPath, 'longshore.db'), { readOnly: true });
    try {
      return database.prepare(sql).all();
    } finally {
      database.close();
    }
  }
  const asBerta = (method: 'GET' | 'POST', target: string, body?: unknown): Promise<SignedAnswer> =>
    sendSigned(master.url, {
      secret: berta.secret,
      method,
      target,
      ...(method === 'POST' ? { body: body ?? {} } : {}),
    });
  const blobs = async (method: string, path: string, ticket: string): Promise<SignedAnswer> => {
    const answer = await fetch(`${master.url}${masterRoutes.blobs}/${path}`, {
      method,
      headers: { authorization: `Bearer ${ticket}` },
      ...(method === 'PUT' ? { body: 'other bytes' } : {}),
    });
    return toAnswer(answer.status, await answer.text());
  };
  /** Everything of Vera, and her task on anna. */
  const ofVera = async () => ({
    files: await contentsOf(vera, '/'),
    blobs: query(`select b.id, b.state, b.size_bytes, b.sha256, b.part_id from blobs b
      join files f on f.blob_id = b.id join users u on u.id = f.user_id where u.name = 'vera' order by b.id`),
    part: query(`select state, attempt, node_id, delivered, error from parts where id = '${foreign.partId}'`),
    attempts: query(`select attempt, node_id, state from attempts where part_id = '${foreign.partId}'`),
    outputs: query(`select * from outputs where part_id = '${foreign.partId}'`),
    rejected: query(`select * from rejected_entries where part_id = '${foreign.partId}'`),
  });

  const attemptAttacks = (route: 'sources' | 'storedEntries' | 'output'): Attack[] => {
    const method = route === 'output' ? 'POST' : 'GET';
    const attack = (partId: string, attempt: number | string, answer: Attack['answer']): Attack => {
      const target = masterRoutes[route].replace(':partId', partId).replace(':attempt', String(attempt));
      return { name: target, answer, send: () => asBerta(method, target) };
    };
    const lost = { status: 409, code: 'LEASE_LOST' };
    const bad = { status: 400, code: 'BAD_REQUEST' };
    return [
      attack(foreign.partId, foreign.attempt, lost),
      attack(foreign.partId, foreign.attempt + 1, lost),
      attack(own.partId, own.attempt + 1, lost),
      attack(own.partId, 0, lost),
      attack(crypto.randomUUID(), 1, lost),
      ...hostileNames.map((name) => attack(name, 1, bad)),
      ...['-1', '1.5', '1e400', 'x', '..%2f..'].map((attempt) => attack(own.partId, attempt, bad)),
    ];
  };

  /** A route that is missing here is a route that nobody has thought about. */
  const attacks: Record<keyof typeof masterRoutes, () => Attack[]> = {
    heartbeat: () => {
      const beat = (name: string, body: unknown, answer: Attack['answer']): Attack => ({
        name,
        answer,
        send: () => asBerta('POST', masterRoutes.heartbeat, body),
      });
      return [
        beat(
          'holds the attempt of anna',
          { vitals, holding: [foreign] },
          { status: 200, body: { lost: [foreign], canceled: [] } },
        ),
        beat(
          'is another program',
          { vitals: { ...vitals, bootId: crypto.randomUUID() }, holding: [foreign] },
          { status: 409, code: 'SLAVE_DUPLICATE' },
        ),
        ...['../..', '/etc/passwd', '', own.partId.slice(1)].map((partId) =>
          beat(
            `holds "${partId}"`,
            { vitals, holding: [{ partId, attempt: 1 }] },
            { status: 400, code: 'BAD_REQUEST' },
          ),
        ),
      ];
    },
    reports: () => {
      const report = (name: string, one: unknown, answer: Attack['answer']): Attack => ({
        name,
        answer,
        send: () => asBerta('POST', masterRoutes.reports, { reports: [one] }),
      });
      const file = { kind: 'file', index: 0, path: 'x', modifiedAtMs: null, mode: null, crc32: 1 };
      const stolen = { ...file, blobId: blob.id, sizeBytes: blob.size_bytes, sha256: blob.sha256 };
      const events = [
        { type: 'started', try: 1 },
        { type: 'progress', progress },
        { type: 'outputs', outputs: [stolen] },
        { type: 'rejected', entries: [{ index: 0, name: 'x', code: 'x', message: 'x' }] },
        { type: 'retrying', try: 1, error, delayMs: 0 },
        { type: 'completed', progress },
        { type: 'failed', error },
        { type: 'canceled' },
        { type: 'returned', error },
      ];
      return [
        ...events.map((event) =>
          report(
            `${event.type} of the attempt of anna`,
            { ...foreign, sequence: 900, event },
            { status: 200, body: { verdicts: ['lease-lost'] } },
          ),
        ),
        ...['../../escape', '/', `${blob.id}/..`].map((blobId) =>
          report(
            `blob "${blobId}"`,
            { ...own, sequence: 900, event: { type: 'outputs', outputs: [{ ...stolen, blobId }] } },
            { status: 400, code: 'BAD_REQUEST' },
          ),
        ),
      ];
    },
    callback: () => [
      {
        name: 'names what it likes',
        send: () => asBerta('POST', masterRoutes.callback, { partId: foreign.partId, path: '/etc/passwd' }),
        answer: { status: 200, body: { version: expect.any(String), protocol: expect.any(String) } },
      },
    ],
    sources: () => [
      ...attemptAttacks('sources'),
      ...['-1', '1.5', '1e400', '2147483648', 'Infinity', '..%2f..', '%27%20or%201=1'].map(
        (cursor): Attack => ({
          name: `cursor ${cursor}`,
          send: () => asBerta('GET', `${attemptRoute('sources', own)}?cursor=${cursor}`),
          answer: { status: 400, code: 'BAD_REQUEST' },
        }),
      ),
      {
        name: 'a cursor behind the end',
        send: () => asBerta('GET', `${attemptRoute('sources', own)}?cursor=2147483647`),
        answer: { status: 200, body: expect.objectContaining({ sources: [], next: null }) },
      },
    ],
    storedEntries: () => attemptAttacks('storedEntries'),
    output: () => attemptAttacks('output'),
    blobs: () => {
      const invalid = { status: 403, code: 'TICKET_INVALID' };
      const attack = (method: string, path: string, ticket: string, answer: Attack['answer']): Attack => ({
        name: `${method} ${path}`,
        answer,
        send: () => blobs(method, path, ticket),
      });
      return [
        attack('GET', blob.id, read.ticket, invalid),
        attack('GET', blob.id, write, invalid),
        attack('PUT', blob.id, read.ticket, invalid),
        attack('PUT', blob.id, write, invalid),
        attack('PUT', read.blobId, write, invalid),
        ...hostileNames.map((name) => attack('GET', name, read.ticket, { status: 404 })),
        ...hostileNames.map((name) => attack('PUT', name, write, { status: 404 })),
      ];
    },
  };

  it('F7 every route for nodes is in the list of what is tried', () => {
    expect(Object.keys(attacks).toSorted()).toEqual(Object.keys(masterRoutes).toSorted());
  });

  it.each(Object.entries(attacks))(
    'F6 F7 on the route %s reaches nothing but its own work',
    async (_, list) => {
      const before = await ofVera();
      expect(before.blobs.length).toBe(2);
      for (const { name, send, answer } of list()) {
        const given = await send();
        expect(given, name).toMatchObject(answer);
        expect(JSON.stringify(given.body), name).not.toMatch(/of Vera|slow\.zip/);
      }
      expect(await ofVera()).toEqual(before);
    },
  );

  it('F7 cannot pass off the bytes of another task as its own output', async () => {
    const before = await ofVera();
    const file = { kind: 'file', index: 0, path: 'x', modifiedAtMs: null, mode: null, crc32: 1 };
    const stolen = { ...file, blobId: blob.id, sizeBytes: blob.size_bytes, sha256: blob.sha256 };
    const report = (sequence: number, event: unknown) =>
      sendReport(master.url, berta.secret, { ...own, sequence, event });
    expect(await report(901, { type: 'outputs', outputs: [stolen] })).toBe('lease-lost');
    expect(await report(902, { type: 'completed', progress })).toBe('lease-lost');
    const { entries } = await admin.call<{ entries: { name: string }[] }>('GET', '/api/v1/files?path=/');
    expect(entries.map(({ name }) => name)).toEqual(['slow.bin']);
    expect(await ofVera()).toEqual(before);
    up.heal();
  });
});

describe('the key of one master, in the hands of another', () => {
  const stranger = generateSecret();
  const heard: string[] = [];
  let admin: Api;
  let up: FaultProxy;
  let held: Ref;
  let taskId: string;
  let slaveUrl: string;
  let masterUrl: string;
  let strangerUrl: string;
  let secret: string;

  beforeAll(async () => {
    const listener = createServer((request, response) => {
      heard.push(`${request.url} ${String(request.headers['signature-input'])}`);
      response.writeHead(500).end();
    }).listen(0, '127.0.0.1');
    await eventually('the stranger listens', async () => listener.listening);
    strangerUrl = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
    up = await startFaultProxy();
    const master = await startMasterBehind(up, { env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1' } });
    masterUrl = master.url;
    admin = await signIn(master.url);
    await admin.put('/slow.bin', randomBytes(600_000));
    const port = await freePort();
    slaveUrl = `http://127.0.0.1:${port}`;
    const made = await admin.call<{ secret: string }>('POST', '/api/v1/nodes', {
      name: 'shared-shed',
      url: slaveUrl,
      capabilities: ['create-archive'],
    });
    secret = made.secret;
    await startSlave({
      confIni: `[Slave]\nSecret = ${secret}, ${stranger}\n`,
      listen: `127.0.0.1:${port}`,
    });
    await untilOnline(admin, 'shared-shed');
    up.set({ rate: 12_000 });
    held = await atWork(admin, { destination: '/slow.zip' });
    const { tasks } = await admin.call<{ tasks: { id: string }[] }>('GET', '/api/v1/tasks');
    taskId = tasks[0]?.id ?? '';
  });
  afterAll(closeAll);

  const ask = (method: 'GET' | 'POST', target: string, body?: unknown): Promise<SignedAnswer> =>
    sendSigned(slaveUrl, { secret: stranger, method, target, ...(method === 'POST' ? { body } : {}) });
  const hello = () => ({
    nodeId: crypto.randomUUID(),
    nodeName: 'x',
    masterId: crypto.randomUUID(),
    masterUrls: [strangerUrl],
    heartbeatMs: 60_000,
  });
  const access = (url: string) => ({
    storeId: 'local',
    blobId: crypto.randomUUID(),
    sizeBytes: 4096,
    sha256: '0'.repeat(64),
    url,
    ticket: 'x',
  });
  const state = async () => {
    const { parts } = await admin.task(taskId);
    return parts.map((part) => [part.state, part.attempts.length]);
  };

  const attacks: Record<keyof typeof slaveRoutes, () => Promise<void>> = {
    hello: async () => {
      expect(await ask('POST', slaveRoutes.hello, hello())).toMatchObject({ status: 200 });
      await eventually('the slave speaks to the stranger', async () => heard.length > 0);
    },
    attempts: async () => {
      const attempt = {
        ...held,
        attempt: held.attempt + 1,
        taskId: crypto.randomUUID(),
        requestId: 'x',
        work: { kind: 'check' },
        limits: { maxOutputBytes: 0, maxEntries: 0, maxEntryBytes: 0, maxRatio: 1, maxDepth: 0 },
        output: { storeId: 'local', url: '/x', ticket: 'x', expiresAtMs: 0 },
        leaseMs: 1,
      };
      const answer = await ask('POST', slaveRoutes.attempts, { attempts: [attempt] });
      expect(answer.body).toMatchObject({ results: [{ verdict: 'refused', error: { code: 'FORBIDDEN' } }] });
    },
    cancel: async () => {
      for (const reason of ['user', 'lease-lost']) {
        const answer = await ask('POST', slaveRoutes.cancel, { attempts: [{ ...held, reason }] });
        expect(answer).toMatchObject({ status: 202, body: { unknown: [held] } });
      }
    },
    listArchive: async () => {
      const urls = ['/etc/passwd', '../../../../etc/passwd', 'file:///etc/passwd', `${masterUrl}/blobs/v1/x`];
      for (const url of urls) {
        const volumes = [{ name: 'x.zip', access: access(url) }];
        const options = { encoding: null, password: null, offset: 0, limit: 10, search: null };
        const answer = await ask('POST', slaveRoutes.listArchive, { volumes, ...options });
        expect(answer.status, url).toBeGreaterThanOrEqual(400);
        expect(JSON.stringify(answer.body), url).not.toContain('root:');
      }
    },
    selfTest: async () => {
      await ask('POST', slaveRoutes.selfTest, { masterUrls: [strangerUrl] });
      expect(heard.some((line) => line.startsWith(masterRoutes.callback))).toBe(true);
    },
    config: async () => {
      const { status, body } = await ask('GET', slaveRoutes.config);
      expect(status).toBe(200);
      for (const word of ['shared-shed', secret, stranger, new URL(masterUrl).host, new URL(up.url).host]) {
        expect(JSON.stringify(body)).not.toContain(word);
      }
    },
  };

  it('F7 F14 every route of a slave is in the list of what is tried', () => {
    expect(Object.keys(attacks).toSorted()).toEqual(Object.keys(slaveRoutes).toSorted());
  });

  it.each(Object.entries(attacks))(
    'F6 F14 on the route %s touches no work of the other',
    async (_, attack) => {
      const before = await state();
      expect(before).toEqual([['running', 1]]);
      await attack();
      expect(await state()).toEqual(before);
      expect(heard.join('\n')).not.toContain(signingKey(secret).keyId);
    },
  );

  it('F6 F14 and the other gets its archive', async () => {
    up.heal();
    expect(await admin.ended(taskId)).toMatchObject({ state: 'completed' });
  });
});
