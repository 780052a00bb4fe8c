import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { UserId } from '@longshore/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '../../database/open-database.ts';
import { addUser } from '../../testing/add-user.ts';
import { callerHeader, type FileServer, serveFiles } from '../../testing/serve-files.ts';
import { describeDatabases } from '../../testing/test-databases.ts';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const metadata = (fields: Record<string, string>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
    .join(',');

describeDatabases('uploads', (open) => {
  let database: Database;
  let server: FileServer;
  let userId: UserId;
  beforeAll(async () => {
    database = await open();
    server = await serveFiles(database);
    userId = await addUser(database.db);
  });
  afterAll(() => server.close());

  const request = (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) =>
    fetch(new URL(path, server.url), {
      ...init,
      headers: { [callerHeader]: userId, 'tus-resumable': '1.0.0', ...init.headers },
    });
  const create = (
    fields: Record<string, string>,
    options: { length: number; body?: Buffer; user?: UserId },
  ) =>
    request('/api/v1/uploads', {
      method: 'POST',
      headers: {
        'upload-length': String(options.length),
        'upload-metadata': metadata(fields),
        ...(options.user === undefined ? {} : { [callerHeader]: options.user }),
        ...(options.body === undefined ? {} : { 'content-type': 'application/offset+octet-stream' }),
      },
      ...(options.body === undefined ? {} : { body: options.body }),
    });
  const usedBytes = async (user: UserId): Promise<number> =>
    (
      await database.db
        .selectFrom('users')
        .select('used_bytes')
        .where('id', '=', user)
        .executeTakeFirstOrThrow()
    ).used_bytes;

  it('a small file is there after one request, with its parents, time and mode', async () => {
    const body = randomBytes(1000);
    const answer = await create(
      { path: '/a/b/small.bin', modifiedAtMs: '1700000000123', mode: String(0o755) },
      { length: 1000, body },
    );
    expect(answer.status, await answer.text()).toBe(201);
    expect(answer.headers.get('longshore-blob-sha256')).toBe(sha256(body));
    const stat = await (await request('/api/v1/files/stat?path=/a/b/small.bin')).json();
    expect(stat).toMatchObject({
      id: answer.headers.get('longshore-file-id'),
      sizeBytes: 1000,
      modifiedAtMs: 1_700_000_000_123,
      mode: 0o755,
    });
    const content = await request('/api/v1/files/content?path=/a/b/small.bin');
    expect(Buffer.from(await content.arrayBuffer()).equals(body)).toBe(true);
    expect(await usedBytes(userId)).toBe(1000);
  });

  it('an upload in pieces continues at the verified offset and becomes the file', async () => {
    const body = randomBytes(300_000);
    const answer = await create({ path: '/pieces.bin' }, { length: body.length });
    const address = answer.headers.get('location') ?? '';
    expect(answer.status).toBe(201);
    const patch = (offset: number, piece: Buffer) =>
      request(address, {
        method: 'PATCH',
        headers: { 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
        body: piece,
      });
    expect((await patch(0, body.subarray(0, 100_000))).headers.get('upload-offset')).toBe('100000');
    expect((await patch(0, body.subarray(0, 100_000))).status).toBe(409);
    const head = await request(address, { method: 'HEAD' });
    expect(head.headers.get('upload-offset')).toBe('100000');
    const last = await patch(100_000, body.subarray(100_000));
    expect(last.status).toBe(204);
    expect(last.headers.get('longshore-blob-sha256')).toBe(sha256(body));
    const again = await request(address, { method: 'HEAD' });
    expect(again.headers.get('longshore-file-id')).toBe(last.headers.get('longshore-file-id'));
    const content = await request('/api/v1/files/content?path=/pieces.bin');
    expect(Buffer.from(await content.arrayBuffer()).equals(body)).toBe(true);
  });
  void readdirSync;
  void join;
  void connect;
});
