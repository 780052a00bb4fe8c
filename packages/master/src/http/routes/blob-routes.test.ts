import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { BlobId, PartId } from '@longshore/protocol';
import { issueTicket, type TicketClaims } from '@longshore/protocol/server';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Database } from '../../database/open-database.ts';
import { deriveMasterKeys } from '../../secrets/master-keys.ts';
import { addTask, type TestTask } from '../../testing/add-task.ts';
import { addUser } from '../../testing/add-user.ts';
import { type FileServer, serveFiles } from '../../testing/serve-files.ts';
import { describeDatabases } from '../../testing/test-databases.ts';

const newId = (): BlobId => BlobId.parse(crypto.randomUUID());
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describeDatabases('blobs for nodes', (open) => {
  let database: Database;
  let server: FileServer;
  let task: TestTask;
  beforeAll(async () => {
    database = await open();
    server = await serveFiles(database);
  });
  beforeEach(async () => {
    task = await addTask(database.db, { userId: await addUser(database.db) });
  });
  afterAll(() => server.close());

  const ticket = (
    claims: TicketClaims,
    options: { nowMs?: number; ttlSeconds?: number; storeId?: string } = {},
  ) =>
    issueTicket(server.keys.ticket(options.storeId ?? 'local'), claims, {
      nowMs: options.nowMs ?? Date.now(),
      ttlSeconds: options.ttlSeconds ?? 60,
    });
  const writeTicket = (owner = task, maxBytes = 1_000_000) =>
    ticket({ op: 'write', partId: PartId.parse(owner.partId), attempt: owner.attempt, maxBytes });
  const call = (
    blobId: string,
    bearer: string,
    init: RequestInit & { headers?: Record<string, string> } = {},
  ) =>
    fetch(`${server.url}/blobs/v1/${blobId}`, {
      ...init,
      headers: { authorization: `Bearer ${bearer}`, ...init.headers },
    });
  const put = async (blobId: string, body: Uint8Array<ArrayBuffer>, bearer?: string) =>
    call(blobId, bearer ?? writeTicket(), { method: 'PUT', body });
  const get = async (blobId: BlobId, headers: Record<string, string> = {}) =>
    call(blobId, ticket({ op: 'read', blobId }), { headers });
  const outcome = async (answer: Response) => [
    answer.status,
    ((await answer.json()) as { error?: { code: string } }).error?.code,
  ];
  const staged = (): string[] => readdirSync(join(server.root, 'staging'));

  it('bytes that are stored come back, whole and in ranges, with their digest', async () => {
    const body = randomBytes(300_000);
    const blobId = newId();
    const stored = await put(blobId, body);
    expect([stored.status, await stored.json()]).toEqual([
      201,
      { blobId, sizeBytes: 300_000, sha256: sha256(body), crc32: crc32(body) },
    ]);
    const whole = await get(blobId);
    expect(whole.headers.get('longshore-blob-sha256')).toBe(sha256(body));
    expect(Buffer.from(await whole.arrayBuffer()).equals(body)).toBe(true);
    const range = await get(blobId, { range: 'bytes=100-199' });
    expect([range.status, Buffer.from(await range.arrayBuffer()).equals(body.subarray(100, 200))]).toEqual([
      206,
      true,
    ]);
    const row = await database.db.selectFrom('blobs').selectAll().where('id', '=', blobId).executeTakeFirst();
    expect(row).toMatchObject({ state: 'staged', part_id: task.partId, attempt: 1, store_id: 'local' });
  });

  it('the same bytes under the same id again get the same answer; other bytes are refused', async () => {
    const body = randomBytes(1000);
    const blobId = newId();
    const first = await (await put(blobId, body)).json();
    expect(await (await put(blobId, body)).json()).toEqual(first);
    expect(await outcome(await put(blobId, randomBytes(1000)))).toEqual([500, 'STORAGE_FAILED']);
    expect(Buffer.from(await (await get(blobId)).arrayBuffer()).equals(body)).toBe(true);
  });

  it('bytes that were published before a crash, without their row, are taken up by the next try', async () => {
    const body = randomBytes(1000);
    const blobId = newId();
    await put(blobId, body);
    await database.db.deleteFrom('blobs').where('id', '=', blobId).execute();
    expect((await put(blobId, body)).status).toBe(201);
    expect((await get(blobId)).status).toBe(200);
  });

  it('a ticket opens only what it was issued for (F9)', async () => {
    const blobId = newId();
    await put(blobId, randomBytes(10));
    const read = ticket({ op: 'read', blobId });
    const write = writeTicket();
    const old = ticket({ op: 'read', blobId }, { nowMs: Date.now() - 120_000 });
    const otherStore = ticket({ op: 'read', blobId }, { storeId: 'other' });
    const otherKey = issueTicket(
      deriveMasterKeys(Buffer.alloc(32, 8)).ticket('local'),
      { op: 'read', blobId },
      { nowMs: Date.now(), ttlSeconds: 60 },
    );
    expect(await outcome(await call(newId(), read))).toEqual([403, 'TICKET_INVALID']);
    expect(await outcome(await call(blobId, write))).toEqual([403, 'TICKET_INVALID']);
    expect(await outcome(await call(blobId, old))).toEqual([403, 'TICKET_EXPIRED']);
    for (const wrong of [otherStore, otherKey, 'x.y.z', `${read}x`, '']) {
      expect(await outcome(await call(blobId, wrong))).toEqual([403, 'TICKET_INVALID']);
    }
    expect(await outcome(await put(newId(), randomBytes(10), read))).toEqual([403, 'TICKET_INVALID']);
    expect(await outcome(await fetch(`${server.url}/blobs/v1/${blobId}`))).toEqual([403, 'TICKET_INVALID']);
  });

  it('an attempt cannot write under the ids of another one', async () => {
    const blobId = newId();
    await put(blobId, randomBytes(10));
    const other = await addTask(database.db, { userId: await addUser(database.db) });
    const answer = await put(blobId, randomBytes(10), writeTicket(other));
    expect(await outcome(answer)).toEqual([403, 'TICKET_INVALID']);
  });

  it.each([
    ['another attempt has begun', { attempt: 2 }],
    ['the part is done', { state: 'completed' }],
    ['the part waits for a node', { state: 'queued' }],
  ] as const)('nothing is stored when %s (A4)', async (_when, change) => {
    const bearer = writeTicket();
    await database.db.updateTable('parts').set(change).where('id', '=', task.partId).execute();
    const blobId = newId();
    expect(await outcome(await put(blobId, randomBytes(10), bearer))).toEqual([409, 'LEASE_LOST']);
    expect(await server.store.stat(blobId)).toBeUndefined();
  });

  it('what arrives while the lease is lost is dropped', async () => {
    const blobId = newId();
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    const fields = `host: x\r\nauthorization: Bearer ${writeTicket()}\r\ncontent-length: 1000`;
    socket.write(`PUT /blobs/v1/${blobId} HTTP/1.1\r\n${fields}\r\n\r\n`);
    socket.write(randomBytes(500));
    await expect.poll(() => staged().length).toBe(1);
    await database.db.updateTable('parts').set({ attempt: 2 }).where('id', '=', task.partId).execute();
    socket.write(randomBytes(500));
    await expect.poll(() => answer).toMatch(/^HTTP\/1\.1 409/);
    socket.destroy();
    expect(await server.store.stat(blobId)).toBeUndefined();
    expect(staged()).toEqual([]);
  });

  it('more than the ticket allows is refused, announced or not, and leaves nothing', async () => {
    const bearer = writeTicket(task, 100);
    expect(await outcome(await put(newId(), randomBytes(101), bearer))).toEqual([413, 'BODY_TOO_LARGE']);
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(randomBytes(64)) });
    const init = { method: 'PUT', body: endless, duplex: 'half' } as const;
    expect(await outcome(await call(newId(), bearer, init))).toEqual([413, 'BODY_TOO_LARGE']);
    expect(staged()).toEqual([]);
    expect((await put(newId(), randomBytes(100), bearer)).status).toBe(201);
  });

  it('a wrong ticket is answered before the body is read (L3)', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.write(
      `PUT /blobs/v1/${newId()} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer a.b.c\r\ncontent-length: 1000000000\r\n\r\n`,
    );
    await expect.poll(() => answer).toMatch(/^HTTP\/1\.1 403/);
    socket.destroy();
  });

  it('a blob that is not there, and an id that is none, are BLOB_NOT_FOUND', async () => {
    expect(await outcome(await get(newId()))).toEqual([404, 'BLOB_NOT_FOUND']);
    const read = ticket({ op: 'read', blobId: newId() });
    expect(await outcome(await call('..%2f..%2fetc%2fpasswd', read))).toEqual([404, 'BLOB_NOT_FOUND']);
  });

  it('many blobs at once all arrive', async () => {
    const bearer = writeTicket();
    const bodies = Array.from({ length: 100 }, (_, index) => randomBytes(index * 100));
    const answers = await Promise.all(bodies.map((body) => put(newId(), body, bearer)));
    const stored = (await Promise.all(answers.map((answer) => answer.json()))) as { sha256: string }[];
    expect(stored.map((blob) => blob.sha256)).toEqual(bodies.map(sha256));
  });
});
