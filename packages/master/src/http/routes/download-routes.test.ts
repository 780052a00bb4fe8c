import { createHash, randomBytes } from 'node:crypto';
import { rmSync, truncateSync } from 'node:fs';
import type { UserId } from '@longshore/protocol';
import { blobPath } from '@longshore/runtime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '../../database/open-database.ts';
import { findFile } from '../../files/stat-path.ts';
import { addUser } from '../../testing/add-user.ts';
import { type FileServer, serveFiles } from '../../testing/serve-files.ts';
import { describeDatabases } from '../../testing/test-databases.ts';
import { createUploadClient, type UploadClient } from '../../testing/upload-client.ts';

describeDatabases('downloads', (open) => {
  const body = randomBytes(2_500_000);
  const etag = `"${createHash('sha256').update(body).digest('hex')}"`;
  let database: Database;
  let server: FileServer;
  let userId: UserId;
  let client: UploadClient;
  beforeAll(async () => {
    database = await open();
    server = await serveFiles(database);
    userId = await addUser(database.db);
    client = createUploadClient(server, userId);
    await client.create({ path: '/file.bin' }, body.length, body);
  });
  afterAll(() => server.close());

  const bytesOf = async (answer: Response): Promise<Buffer> => Buffer.from(await answer.arrayBuffer());

  it('the whole file comes with its length, digest and harmless headers', async () => {
    const answer = await client.content('/file.bin');
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'content-disposition': 'attachment; filename="file.bin"',
      'content-length': '2500000',
      'content-type': 'application/octet-stream',
      etag,
      'longshore-blob-sha256': etag.slice(1, -1),
      'x-content-type-options': 'nosniff',
    });
    expect((await bytesOf(answer)).equals(body)).toBe(true);
  });

  it('HEAD answers the same headers and no body', async () => {
    const path = '/api/v1/files/content?path=/file.bin';
    const answer = await client.request(path, { method: 'HEAD', headers: { range: 'bytes=5-9' } });
    expect([answer.status, answer.headers.get('content-length')]).toEqual([206, '5']);
    expect(await bytesOf(answer)).toHaveLength(0);
  });

  it.each([
    ['bytes=0-0', 0, 1],
    ['bytes=1048570-1048580', 1_048_570, 1_048_581],
    ['bytes=2499999-', 2_499_999, 2_500_000],
    ['bytes=-7', 2_499_993, 2_500_000],
    ['bytes=0-99999999', 0, 2_500_000],
  ])('the range %s is exact', async (range, start, end) => {
    const answer = await client.content('/file.bin', { range });
    expect(answer.status).toBe(206);
    expect(answer.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/2500000`);
    expect((await bytesOf(answer)).equals(body.subarray(start, end))).toBe(true);
  });

  it('a range outside is refused with the size', async () => {
    const answer = await client.content('/file.bin', { range: 'bytes=2500000-' });
    expect([answer.status, answer.headers.get('content-range')]).toEqual([416, 'bytes */2500000']);
    expect(await answer.json()).toMatchObject({ error: { code: 'RANGE_NOT_SATISFIABLE' } });
  });

  it('many ranges get the whole file once (L10)', async () => {
    const range = `bytes=${Array.from({ length: 500 }, (_, index) => `${index}-${index + 1}`).join(',')}`;
    const answer = await client.content('/file.bin', { range });
    expect([answer.status, (await bytesOf(answer)).length]).toEqual([200, body.length]);
  });

  it('If-None-Match spares the bytes, If-Range guards a continued download', async () => {
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const answer = await client.content('/file.bin', { 'if-none-match': tag });
      expect([tag, answer.status, answer.headers.get('etag')]).toEqual([tag, 304, etag]);
    }
    expect((await client.content('/file.bin', { 'if-none-match': '"other"' })).status).toBe(200);
    const range = 'bytes=10-';
    expect((await client.content('/file.bin', { range, 'if-range': etag })).status).toBe(206);
    for (const other of ['"other"', `W/${etag}`, new Date().toUTCString()]) {
      expect((await client.content('/file.bin', { range, 'if-range': other })).status).toBe(200);
    }
  });

  it('an empty file has an answer, and no ranges', async () => {
    await client.create({ path: '/empty' }, 0);
    const answer = await client.content('/empty');
    expect([answer.status, answer.headers.get('content-length')]).toEqual([200, '0']);
    expect((await client.content('/empty', { range: 'bytes=0-' })).status).toBe(416);
  });

  it('no name breaks out of its header (G8, G9)', async () => {
    for (const name of [
      '"; x="y',
      "a'b\\c%0d%0aSet-Cookie: x",
      '日本\u2028語',
      '<script>alert(1)</script>',
      '\u202egpj.exe',
    ]) {
      const path = `/${name.replaceAll('/', '_')}`;
      expect((await client.create({ path }, 1, randomBytes(1))).status).toBe(201);
      const answer = await client.content(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-disposition')).toMatch(
        /^attachment; filename="[^"]*"(; filename\*=UTF-8''\S+)?$/,
      );
      expect(answer.headers.get('set-cookie')).toBeNull();
    }
  });

  it('folders, missing paths and wrong ones have their own errors', async () => {
    const code = async (path: string) =>
      ((await (await client.content(path)).json()) as { error: { code: string } }).error.code;
    expect(await code('/')).toBe('IS_A_FOLDER');
    expect(await code('/none')).toBe('PATH_NOT_FOUND');
    expect(await code('/file.bin/x')).toBe('NOT_A_FOLDER');
    expect(await code('relative')).toBe('BAD_REQUEST');
    expect(await code('/../etc/passwd')).toBe('NAME_INVALID');
  });

  it('bytes that are gone or cut are an error, never a short file (C8)', async () => {
    for (const damage of [(path: string) => truncateSync(path, 10), (path: string) => rmSync(path)]) {
      await client.create({ path: '/damaged', conflict: 'overwrite' }, 1000, randomBytes(1000));
      const { blobId } = await findFile(database.db, userId, '/damaged');
      damage(blobPath(server.root, blobId));
      const answer = await client.content('/damaged');
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(await answer.json()).toMatchObject({ error: { code: expect.stringMatching(/^BLOB_/) } });
    }
  });

  it('a deleted file can be read to its end by who has begun', async () => {
    const answer = await client.content('/file.bin');
    const reader = answer.body?.getReader();
    const first = await reader?.read();
    const { blobId } = await findFile(database.db, userId, '/file.bin');
    await server.store.delete(blobId as never);
    let count = first?.value?.length ?? 0;
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read())
      count += next.value.length;
    expect(count).toBe(body.length);
  });
});
