import { createHash, randomBytes } from 'node:crypto';
import type { UserId, ZipLink } from '@longshore/protocol';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Database } from '../../database/open-database.ts';
import { removePaths } from '../../files/remove-paths.ts';
import { findFile } from '../../files/stat-path.ts';
import { purgeBlobs } from '../../storage/purge-blobs.ts';
import { deleteExpiredZips } from '../../store/zips/zip-rows.ts';
import { addUser } from '../../testing/add-user.ts';
import { type FileServer, serveFiles } from '../../testing/serve-files.ts';
import { describeDatabases } from '../../testing/test-databases.ts';
import { createUploadClient, type UploadClient } from '../../testing/upload-client.ts';

describeDatabases('zip links', (open, dialect) => {
  const big = randomBytes(1_300_000);
  let database: Database;
  let server: FileServer;
  let userId: UserId;
  let client: UploadClient;
  beforeAll(async () => {
    database = await open();
    server = await serveFiles(database);
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    userId = await addUser(database.db);
    client = createUploadClient(server, userId);
    await client.create({ path: '/photos/été 世界.txt' }, 5, Buffer.from('hello'));
    await client.create({ path: '/photos/empty' }, 0);
    await client.create({ path: '/photos/deep/er/big.bin' }, big.length, big);
    await folder('/photos/nothing in it');
  });

  const post = (path: string, body: unknown) =>
    client.request(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  const folder = (path: string) => post('/api/v1/folders', { path });
  const link = async (...paths: string[]): Promise<ZipLink> => {
    const answer = await post('/api/v1/files/zip', { paths });
    expect(answer.status).toBe(201);
    return (await answer.json()) as ZipLink;
  };
  const refused = async (answer: Response) => [
    answer.status,
    ((await answer.json()) as { error: { code: string } }).error.code,
  ];
  /** As a browser follows a link of somebody who is not signed in. */
  const fetchLink = (url: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(new URL(url, server.url), { method, headers });
  const bytesOf = async (answer: Response): Promise<Buffer> => Buffer.from(await answer.arrayBuffer());
  const purge = () => purgeBlobs({ db: database.db, stores: server.deps.stores, stagedGraceMs: 0 });

  it('whoever has the link gets the zip, with its length, its tag and harmless headers', async () => {
    const { url, name, sizeBytes, entries, digest } = await link('/photos');
    expect([name, entries]).toEqual(['photos.zip', 7]);
    const answer = await fetchLink(url);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'cache-control': 'private, no-store',
      'content-disposition': 'attachment; filename="photos.zip"',
      'content-length': String(sizeBytes),
      'content-type': 'application/zip',
      etag: `"${digest}"`,
      'x-content-type-options': 'nosniff',
    });
    const bytes = await bytesOf(answer);
    expect(bytes.length).toBe(sizeBytes);
    expect(bytes.includes(big)).toBe(true);
    const head = await fetchLink(url, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(sizeBytes)]);
  });

  it('every range is that of the whole, at every boundary', async () => {
    const { url, sizeBytes, digest } = await link('/photos', '/photos/deep');
    const whole = await bytesOf(await fetchLink(url));
    const part = async (start: number, end: number): Promise<void> => {
      const answer = await fetchLink(url, { range: `bytes=${start}-${end - 1}`, 'if-range': `"${digest}"` });
      expect(answer.status).toBe(206);
      expect((await bytesOf(answer)).equals(whole.subarray(start, end))).toBe(true);
    };
    const rows = await database.db
      .selectFrom('zip_entries')
      .innerJoin('zips', 'zips.id', 'zip_id')
      .select(['entry_offset', 'record_offset'])
      .where('user_id', '=', userId)
      .execute();
    const places = rows.flatMap((row) => [row.entry_offset, row.record_offset]);
    for (const place of places) {
      for (const start of [place - 1, place, place + 1, place + 45]) {
        if (start >= 0) await part(start, Math.min(start + 60, sizeBytes));
      }
    }
    const anyPlace = fc.oneof(fc.constantFrom(...places), fc.nat(sizeBytes - 1));
    const near = fc.tuple(anyPlace, fc.integer({ min: -60, max: 60 }));
    await fc.assert(
      fc.asyncProperty(near, fc.nat(2_000_000), async ([place, shift], length) => {
        const start = Math.min(Math.max(place + shift, 0), sizeBytes - 1);
        await part(start, Math.min(start + 1 + length, sizeBytes));
      }),
      { numRuns: 60 },
    );
  });

  it('what the zip holds stays when the files change, are deleted, and purged', async () => {
    const { url, sizeBytes } = await link('/photos');
    const whole = await bytesOf(await fetchLink(url));
    await client.create({ path: '/photos/deep/er/big.bin', conflict: 'overwrite' }, 3, Buffer.from('new'));
    await removePaths(server.deps, { userId, paths: ['/photos/empty', '/photos/deep'] });
    await purge();
    expect((await bytesOf(await fetchLink(url))).equals(whole)).toBe(true);
    const rest = await fetchLink(url, { range: 'bytes=700000-' });
    expect((await bytesOf(rest)).equals(whole.subarray(700_000, sizeBytes))).toBe(true);
  });

  it('equal selections have equal zips and tags, others have others', async () => {
    const [first, second] = [await link('/photos'), await link('/photos')];
    expect(second.digest).toBe(first.digest);
    expect(second.url).not.toBe(first.url);
    const hashes = await Promise.all(
      [first, second].map(async ({ url }) =>
        createHash('sha256')
          .update(await bytesOf(await fetchLink(url)))
          .digest('hex'),
      ),
    );
    expect(hashes[0]).toBe(hashes[1]);
    await client.create({ path: '/photos/été 世界.txt', conflict: 'overwrite' }, 5, Buffer.from('HELLO'));
    expect((await link('/photos')).digest).not.toBe(first.digest);
  });

  it('a link that has ended opens nothing, and lets its blobs go', async () => {
    const { url } = await link('/photos');
    const { blobId } = await findFile(database.db, userId, '/photos/deep/er/big.bin');
    await removePaths(server.deps, { userId, paths: ['/photos'] });
    await database.db.updateTable('zips').set({ expires_at_ms: 1 }).where('user_id', '=', userId).execute();
    expect(await refused(await fetchLink(url))).toEqual([410, 'ZIP_EXPIRED']);
    expect(await deleteExpiredZips(database.db)).toBe(1);
    await purge();
    expect(await server.store.stat(blobId as never)).toBeUndefined();
  });

  it('a link of a user who was disabled opens nothing', async () => {
    const { url } = await link('/photos');
    await database.db.updateTable('users').set({ disabled: 1 }).where('id', '=', userId).execute();
    expect(await refused(await fetchLink(url))).toEqual([410, 'ZIP_EXPIRED']);
  });

  it('a ticket that was not issued opens nothing', async () => {
    const { url } = await link('/photos');
    const ticket = new URL(url, server.url).searchParams.get('ticket') ?? '';
    const [id, mac = ''] = ticket.split('.');
    const flipped = `${mac.startsWith('0') ? '1' : '0'}${mac.slice(1)}`;
    for (const forged of [
      '',
      id,
      `${id}.`,
      `${id}.${flipped}`,
      `${crypto.randomUUID()}.${mac}`,
      `${ticket}0`,
    ]) {
      const answer = await fetchLink(`/api/v1/zips/photos.zip?ticket=${forged}`);
      expect([forged, ...(await refused(answer))]).toEqual([forged, 403, 'TICKET_INVALID']);
    }
  });

  it('the oldest link of a user ends when there are too many, and no link of others', async () => {
    const [oldest, next] = [await link('/photos'), await link('/photos')];
    await database.db
      .updateTable('zips')
      .set({ created_at_ms: 1 })
      .where('id', '=', /ticket=([^.]+)/.exec(oldest.url)?.[1] ?? '')
      .execute();
    const other = createUploadClient(server, await addUser(database.db));
    await other.create({ path: '/f' }, 1, Buffer.from('x'));
    const theirs = await other.request('/api/v1/files/zip', {
      method: 'POST',
      body: '{"paths":["/f"]}',
      headers: { 'content-type': 'application/json' },
    });
    for (let count = 2; count < 21; count += 1) await link('/photos/empty');
    expect((await fetchLink(oldest.url)).status).toBe(410);
    expect((await fetchLink(next.url)).status).toBe(200);
    expect((await fetchLink(((await theirs.json()) as ZipLink).url)).status).toBe(200);
  });

  it('what is missing, or would meet in the zip, is refused', async () => {
    const ask = async (...paths: string[]) => refused(await post('/api/v1/files/zip', { paths }));
    expect(await ask('/none')).toEqual([404, 'PATH_NOT_FOUND']);
    expect(await ask('/photos', '/photos/empty', '/photos/empty')).toEqual([409, 'PATH_EXISTS']);
  });

  it('a folder with nothing in it is a zip', async () => {
    const { url, entries } = await link('/photos/nothing in it');
    expect(entries).toBe(1);
    expect((await bytesOf(await fetchLink(url))).subarray(0, 4).toString()).toBe('PK\x03\x04');
  });

  it('bytes that are gone cut the connection, and are never a short zip', async () => {
    const { url } = await link('/photos');
    const { blobId } = await findFile(database.db, userId, '/photos/deep/er/big.bin');
    await server.store.delete(blobId as never);
    await expect(fetchLink(url).then(bytesOf)).rejects.toThrow();
  });

  it('files of several pages come in any range', async () => {
    await folder('/many');
    await addFiles('/many', 2_500);
    const { url, entries, sizeBytes } = await link('/many');
    expect(entries).toBe(2_501);
    const whole = await bytesOf(await fetchLink(url));
    expect(whole.length).toBe(sizeBytes);
    for (const start of [0, 50_000, 100_000, sizeBytes - 150_000, sizeBytes - 30]) {
      const answer = await fetchLink(url, { range: `bytes=${start}-${start + 99_999}` });
      expect((await bytesOf(answer)).equals(whole.subarray(start, start + 100_000))).toBe(true);
    }
  });

  // How many there are is counted by SQL of which other tests hold that both databases answer the same.
  if (dialect === 'sqlite') {
    it('too many files are refused before they are read', async () => {
      await folder('/too many');
      await addFiles('/too many', 100_000);
      expect(await refused(await post('/api/v1/files/zip', { paths: ['/too many'] }))).toEqual([
        413,
        'LIMIT_EXCEEDED',
      ]);
    });
  }

  /** Files that all have the bytes of one. */
  async function addFiles(path: string, count: number): Promise<void> {
    const answer = await client.request(`/api/v1/files/stat?path=${encodeURIComponent(path)}`);
    const { id } = (await answer.json()) as { id: string };
    const { blobId } = await findFile(database.db, userId, '/photos/été 世界.txt');
    await sql`with recursive n (i) as (select 1 union all select i + 1 from n where i < cast(${count} as integer))
      insert into files (id, user_id, parent_id, name, kind, blob_id, size_bytes, mode, modified_at_ms, created_at_ms)
      select cast(${id} as text) || '-' || i, cast(${userId} as text), cast(${id} as text), 'file ' || i, 'file',
        cast(${blobId} as text), 5, 420, 1700000000000, 0 from n`.execute(database.db);
  }
});
