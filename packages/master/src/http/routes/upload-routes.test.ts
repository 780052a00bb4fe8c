import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { BlobId, type UserId } from '@longshore/protocol';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Database } from '../../database/open-database.ts';
import { expireUploads } from '../../files/uploads/drop-upload.ts';
import { addUser } from '../../testing/add-user.ts';
import { callerHeader, type FileServer, serveFiles } from '../../testing/serve-files.ts';
import { describeDatabases } from '../../testing/test-databases.ts';
import { createUploadClient, type UploadClient, uploadMetadata } from '../../testing/upload-client.ts';
import { usedAndOwned } from '../../testing/used-and-owned.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const errorCode = async (answer: Response): Promise<unknown> =>
  ((await answer.json()) as { error?: { code: string } }).error?.code;

describeDatabases('uploads', (open) => {
  let database: Database;
  let server: FileServer;
  let userId: UserId;
  let client: UploadClient;
  let nowMs = 1_800_000_000_000;
  let stagedBefore = new Set<string>();
  beforeAll(async () => {
    database = await open();
    server = await serveFiles(database, { clock: { nowMs: () => nowMs, monotonicMs: () => nowMs } });
  });
  beforeEach(async () => {
    userId = await addUser(database.db);
    client = createUploadClient(server, userId);
    stagedBefore = new Set(readdirSync(join(server.root, 'staging')));
  });
  afterAll(() => server.close());

  const start = async (fields: Record<string, string>, length: number): Promise<string> => {
    const answer = await client.create(fields, length);
    expect(answer.status).toBe(201);
    return answer.headers.get('location') ?? '';
  };
  const head = (address: string) => client.request(address, { method: 'HEAD' });
  const fileBytes = async (path: string): Promise<Buffer> => {
    const answer = await client.content(path);
    expect(answer.status).toBe(200);
    return Buffer.from(await answer.arrayBuffer());
  };
  /** Unfinished bytes of this test. */
  const staged = (): string[] =>
    readdirSync(join(server.root, 'staging')).filter((name) => !stagedBefore.has(name));
  const stagedBytes = (): number =>
    staged().reduce((sum, name) => sum + statSync(join(server.root, 'staging', name)).size, 0);
  const countBlobs = async (): Promise<number> => {
    let count = 0;
    for await (const _ of server.store.list()) count += 1;
    return count;
  };
  /** A PATCH that announces more than it sends, over a connection that the test can break. */
  const openPatch = (address: string, offset: number, announced: number) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.on('error', () => {});
    const fields = {
      host: '127.0.0.1',
      [callerHeader]: userId,
      'tus-resumable': '1.0.0',
      'upload-offset': offset,
      'content-type': 'application/offset+octet-stream',
      'content-length': announced,
    };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
    socket.write(`PATCH ${address} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    return socket;
  };
  const offsetOf = async (address: string): Promise<number> => {
    const row = await database.db
      .selectFrom('uploads')
      .select('offset_bytes')
      .where('id', '=', address.split('/').at(-1) ?? '')
      .executeTakeFirstOrThrow();
    return row.offset_bytes;
  };

  it('a small file is there after one request, with its folders, time and mode', async () => {
    const body = randomBytes(1000);
    const fields = { path: '/a/b/small.bin', modifiedAtMs: '1700000000123.4', mode: String(0o4755) };
    const answer = await client.create(fields, 1000, body);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('upload-offset')).toBe('1000');
    expect(answer.headers.get('longshore-blob-sha256')).toBe(sha256(body));
    const stat = await (await client.request('/api/v1/files/stat?path=/a/b/small.bin')).json();
    expect(stat).toMatchObject({
      id: answer.headers.get('longshore-file-id'),
      sizeBytes: 1000,
      sha256: sha256(body),
      modifiedAtMs: 1_700_000_000_123,
      mode: 0o755,
    });
    expect((await fileBytes('/a/b/small.bin')).equals(body)).toBe(true);
    expect(await usedAndOwned(database.db, userId)).toEqual({ used: 1000, owned: 1000 });
    expect(server.changes.at(-1)).toEqual({ userId, folder: '/' });
  });

  it('an empty file is a file', async () => {
    const answer = await client.create({ path: '/empty' }, 0);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('longshore-file-id')).not.toBeNull();
    expect(await fileBytes('/empty')).toHaveLength(0);
  });

  it('an upload in pieces becomes the file with its last byte, and can be asked for after', async () => {
    const body = randomBytes(300_000);
    const address = await start({ path: '/ü/pieces.bin' }, body.length);
    expect((await client.patch(address, 0, body.subarray(0, 100_000))).headers.get('upload-offset')).toBe(
      '100000',
    );
    expect((await client.content('/ü/pieces.bin')).status).toBe(404);
    expect((await head(address)).headers.get('upload-offset')).toBe('100000');
    const last = await client.patch(address, 100_000, body.subarray(100_000));
    expect(last.status).toBe(204);
    expect(last.headers.get('longshore-blob-sha256')).toBe(sha256(body));
    expect(decodeURI(last.headers.get('longshore-file-path') ?? '')).toBe('/ü/pieces.bin');
    expect((await fileBytes('/ü/pieces.bin')).equals(body)).toBe(true);
    const after = await head(address);
    expect(after.headers.get('longshore-file-id')).toBe(last.headers.get('longshore-file-id'));
    expect(after.headers.get('upload-offset')).toBe('300000');
    expect(await usedAndOwned(database.db, userId)).toEqual({ used: 300_000, owned: 300_000 });
    expect(staged()).toEqual([]);
  });

  it('an upload can begin with its first bytes and continue after', async () => {
    const body = randomBytes(50_000);
    const answer = await client.create({ path: '/begun' }, body.length, body.subarray(0, 20_000));
    expect(answer.headers.get('upload-offset')).toBe('20000');
    expect(
      (await client.patch(answer.headers.get('location') ?? '', 20_000, body.subarray(20_000))).status,
    ).toBe(204);
    expect((await fileBytes('/begun')).equals(body)).toBe(true);
  });

  it('what arrived before the connection broke is kept, and the rest completes the file', async () => {
    const body = randomBytes(3_000_000);
    const address = await start({ path: '/broken' }, body.length);
    const socket = openPatch(address, 0, body.length);
    await new Promise((resolve) => socket.write(body.subarray(0, 2_000_000), resolve));
    // At least the first batch is on disk.
    await expect.poll(stagedBytes).toBeGreaterThan(0);
    socket.destroy();
    await expect.poll(() => offsetOf(address)).toBeGreaterThan(0);
    const offset = Number((await head(address)).headers.get('upload-offset'));
    expect(offset).toBeLessThanOrEqual(2_000_000);
    expect((await client.patch(address, offset, body.subarray(offset))).status).toBe(204);
    expect((await fileBytes('/broken')).equals(body)).toBe(true);
  });

  it('a client that comes again takes over from its own dead connection', async () => {
    const body = randomBytes(100_000);
    const address = await start({ path: '/again' }, body.length);
    const dead = openPatch(address, 0, body.length);
    await new Promise((resolve) => dead.write(body.subarray(0, 40_000), resolve));
    await expect.poll(staged).toHaveLength(1);
    const offset = Number((await head(address)).headers.get('upload-offset'));
    expect((await client.patch(address, offset, body.subarray(offset))).status).toBe(204);
    expect((await fileBytes('/again')).equals(body)).toBe(true);
    dead.destroy();
  });

  it('bytes at a wrong offset are refused and change nothing', async () => {
    const body = randomBytes(1000);
    const address = await start({ path: '/offset' }, body.length);
    await client.patch(address, 0, body.subarray(0, 500));
    for (const offset of [0, 499, 501, 1000]) {
      const answer = await client.patch(address, offset, body.subarray(500, 600));
      expect([answer.status, await errorCode(answer)]).toEqual([409, 'UPLOAD_OFFSET_MISMATCH']);
    }
    expect((await client.patch(address, 500, body.subarray(500))).status).toBe(204);
    expect((await fileBytes('/offset')).equals(body)).toBe(true);
  });

  it('more bytes than announced are refused', async () => {
    const address = await start({ path: '/more' }, 10);
    const answer = await client.patch(address, 0, randomBytes(11));
    expect([answer.status, await errorCode(answer)]).toEqual([413, 'BODY_TOO_LARGE']);
    expect((await head(address)).headers.get('upload-offset')).toBe('0');
  });

  it('the other versions and forms of the protocol are refused by name', async () => {
    const version = await client.request('/api/v1/uploads', {
      method: 'POST',
      headers: { 'tus-resumable': '0.2.2' },
    });
    expect([version.status, version.headers.get('tus-version')]).toEqual([412, '1.0.0']);
    const options = await fetch(new URL('/api/v1/uploads', server.url), { method: 'OPTIONS' });
    expect(options.headers.get('tus-extension')).toBe('creation,creation-with-upload,termination,expiration');
    for (const [length, metadata] of [
      ['', uploadMetadata({ path: '/x' })],
      ['-1', uploadMetadata({ path: '/x' })],
      ['1e3', uploadMetadata({ path: '/x' })],
      ['5', ''],
      ['5', uploadMetadata({ path: 'relative' })],
      ['5', uploadMetadata({ path: '/x', conflict: 'maybe' })],
      ['5', uploadMetadata({ path: '/x', modifiedAtMs: 'yesterday' })],
      ['5', uploadMetadata({ path: '/x', mode: '99999' })],
    ] as const) {
      const headers = { 'upload-length': length, 'upload-metadata': metadata };
      const answer = await client.request('/api/v1/uploads', { method: 'POST', headers });
      expect([length, metadata, answer.status]).toEqual([length, metadata, 400]);
    }
    const address = await start({ path: '/x' }, 5);
    const patch = await client.request(address, {
      method: 'PATCH',
      headers: { 'upload-offset': '0' },
      body: 'x',
    });
    expect(await errorCode(patch)).toBe('BAD_REQUEST');
  });

  it('names and conflicts are checked before a byte is sent', async () => {
    await client.create({ path: '/taken' }, 1, randomBytes(1));
    for (const [path, code] of [
      ['/taken', 'PATH_EXISTS'],
      ['/taken/below', 'NOT_A_FOLDER'],
      ['/', 'IS_A_FOLDER'],
      ['/a/../b', 'NAME_INVALID'],
      ['/nul\0', 'NAME_INVALID'],
    ] as const) {
      for (const body of [undefined, randomBytes(5)]) {
        const answer = await client.create({ path }, 5, body);
        expect([path, await errorCode(answer)]).toEqual([path, code]);
      }
    }
    expect(await usedAndOwned(database.db, userId)).toEqual({ used: 1, owned: 1 });
  });

  it('the conflict policies choose another name or replace the file', async () => {
    await client.create({ path: '/c.txt' }, 3, Buffer.from('one'));
    const renamed = await client.create({ path: '/c.txt', conflict: 'rename' }, 3, Buffer.from('two'));
    expect(decodeURI(renamed.headers.get('longshore-file-path') ?? '')).toBe('/c (1).txt');
    const address = await start({ path: '/c.txt', conflict: 'overwrite' }, 5);
    expect((await client.patch(address, 0, Buffer.from('three'))).status).toBe(204);
    expect((await fileBytes('/c.txt')).toString()).toBe('three');
    expect(await usedAndOwned(database.db, userId)).toEqual({ used: 8, owned: 8 });
  });

  it('a name that was taken meanwhile keeps the upload until the name is free', async () => {
    const address = await start({ path: '/late' }, 4);
    await client.create({ path: '/late' }, 1, randomBytes(1));
    expect(await errorCode(await client.patch(address, 0, Buffer.from('mine')))).toBe('PATH_EXISTS');
    expect((await head(address)).status).toBe(409);
    const remove = { method: 'POST', headers: { 'content-type': 'application/json' } };
    await client.request('/api/v1/files/delete', { ...remove, body: JSON.stringify({ paths: ['/late'] }) });
    expect((await head(address)).status).toBe(200);
    expect((await fileBytes('/late')).toString()).toBe('mine');
    expect(await usedAndOwned(database.db, userId)).toEqual({ used: 4, owned: 4 });
  });

  it('a master that stopped between the last byte and the file finishes when it is asked', async () => {
    const address = await start({ path: '/crash' }, 7);
    const row = await database.db
      .selectFrom('uploads')
      .selectAll()
      .where('id', '=', address.split('/').at(-1) ?? '')
      .executeTakeFirstOrThrow();
    const { Readable } = await import('node:stream');
    const blobId = BlobId.parse(row.blob_id);
    await server.store.append(blobId, Readable.from([Buffer.from('content')]), { offset: 0, maxBytes: 7 });
    await database.db.updateTable('uploads').set({ offset_bytes: 7 }).where('id', '=', row.id).execute();
    await server.store.finishAppend(blobId);
    expect((await head(address)).headers.get('longshore-blob-sha256')).toBe(sha256(Buffer.from('content')));
    expect((await fileBytes('/crash')).toString()).toBe('content');
  });

  it('100 parallel uploads at the edge of the quota never exceed it (M1)', async () => {
    await database.db.updateTable('users').set({ quota_bytes: 10_000 }).where('id', '=', userId).execute();
    const before = await countBlobs();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        client.create({ path: `/m1/${index}` }, 1000, randomBytes(1000)),
      ),
    );
    const statuses = answers.map((answer) => answer.status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(10);
    expect(statuses.filter((status) => status === 413)).toHaveLength(90);
    expect(await usedAndOwned(database.db, userId)).toEqual({ used: 10_000, owned: 10_000 });
    expect(await countBlobs()).toBe(before + 10);
    expect(staged()).toEqual([]);
  });

  it('an upload that was accepted has its bytes reserved, and gives them back when it is dropped', async () => {
    await database.db.updateTable('users').set({ quota_bytes: 100 }).where('id', '=', userId).execute();
    const address = await start({ path: '/reserved' }, 80);
    expect(await errorCode(await client.create({ path: '/other' }, 30, randomBytes(30)))).toBe(
      'QUOTA_EXCEEDED',
    );
    await client.patch(address, 0, randomBytes(10));
    expect((await client.request(address, { method: 'DELETE' })).status).toBe(204);
    expect((await client.request(address, { method: 'DELETE' })).status).toBe(404);
    expect((await head(address)).status).toBe(404);
    expect(staged()).toEqual([]);
    expect(await usedAndOwned(database.db, userId)).toEqual({ used: 0, owned: 0 });
  });

  it('an upload that nobody continues expires after a day; one that is continued does not', async () => {
    const forgotten = await start({ path: '/forgotten' }, 80);
    const active = await start({ path: '/active' }, 20);
    await client.patch(forgotten, 0, randomBytes(10));
    nowMs += 23 * 3_600_000;
    await client.patch(active, 0, randomBytes(10));
    await expireUploads(server.deps);
    expect(await usedAndOwned(database.db, userId)).toEqual({ used: 100, owned: 100 });
    nowMs += 2 * 3_600_000;
    expect((await head(forgotten)).status).toBe(404);
    expect(await expireUploads(server.deps)).toBeGreaterThan(0);
    expect(staged()).toHaveLength(1);
    expect(await usedAndOwned(database.db, userId)).toEqual({ used: 20, owned: 20 });
    expect((await client.patch(active, 10, randomBytes(10))).status).toBe(204);
  });

  it('nobody reaches the uploads of another user, and nothing works without a user', async () => {
    const address = await start({ path: '/mine' }, 5);
    const other = createUploadClient(server, await addUser(database.db));
    expect((await other.request(address, { method: 'HEAD' })).status).toBe(404);
    expect((await other.patch(address, 0, Buffer.from('hello'))).status).toBe(404);
    expect((await other.request(address, { method: 'DELETE' })).status).toBe(404);
    const nobody = createUploadClient(server, 'nobody');
    expect((await nobody.create({ path: '/x' }, 1, randomBytes(1))).status).toBe(401);
    expect((await nobody.patch(address, 0, Buffer.from('hello'))).status).toBe(401);
    expect((await nobody.content('/mine')).status).toBe(401);
    expect((await client.patch(address, 0, Buffer.from('hello'))).status).toBe(204);
  });

  it('a body that breaks off leaves nothing of a file sent in one request', async () => {
    const before = await countBlobs();
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const fields = `host: x\r\n${callerHeader}: ${userId}\r\ntus-resumable: 1.0.0\r\nupload-length: 1000\r\ncontent-length: 1000`;
    socket.write(
      `POST /api/v1/uploads HTTP/1.1\r\n${fields}\r\nupload-metadata: ${uploadMetadata({ path: '/half' })}\r\n\r\n`,
    );
    socket.write(randomBytes(500));
    await expect.poll(() => staged().length).toBe(1);
    socket.destroy();
    await expect.poll(() => staged().length).toBe(0);
    expect(await countBlobs()).toBe(before);
    expect(await usedAndOwned(database.db, userId)).toEqual({ used: 0, owned: 0 });
  });

  it('a store that has gone answers with an error, and the file does not appear', async () => {
    for (const folder of ['staging', 'blobs']) rmSync(join(server.root, folder), { recursive: true });
    const answer = await client.create({ path: '/nowhere' }, 5, randomBytes(5));
    expect([answer.status, await errorCode(answer)]).toEqual([500, 'STORAGE_FAILED']);
    expect((await client.content('/nowhere')).status).toBe(404);
  });
});
