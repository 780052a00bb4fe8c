import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { AppError, type ErrorInfo, type errorCatalogue, type User } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, type ApiError, addUser, anonymous, api, signIn } from '../support/api.ts';
import { clean, inspectData } from '../support/inspect-data.ts';
import { makeZip } from '../support/make-zip.ts';
import { closeAll, type RunningMaster, startMaster, tempFolder } from '../support/programs.ts';

describe('bad input', () => {
  let master: RunningMaster;
  let admin: Api;
  let user: Api;

  beforeAll(async () => {
    master = await startMaster();
    admin = await signIn(master.url);
    user = await addUser(admin, 'ursula', { quotaBytes: 1_000_000 });
    await user.put('/a.txt', Buffer.from('a'));
    await user.call('POST', '/api/v1/folders', { path: '/folder' });
  });
  afterAll(closeAll);

  /** Each refusal has its code, the status and hint of the catalogue, and names the thing. */
  function expectError(
    answer: { status: number; body: unknown },
    code: string,
    names: string | RegExp,
  ): void {
    const { error } = answer.body as ApiError;
    expect(error.code, error.message).toBe(code);
    expect(answer.status).toBe(new AppError(code as keyof typeof errorCatalogue, '').status);
    expect(error.hint.length).toBeGreaterThan(10);
    expect(error.message).toMatch(names);
    expect(error.requestId).toBe((answer as { headers?: Headers }).headers?.get('longshore-request-id'));
  }

  const tus = (path: string, length: number | string, conflict = 'fail') => ({
    'tus-resumable': '1.0.0',
    'content-type': 'application/offset+octet-stream',
    'upload-length': String(length),
    'upload-metadata': `path ${Buffer.from(path).toString('base64')},conflict ${Buffer.from(conflict).toString('base64')}`,
  });
  const snapshot = async () => {
    const { entries } = await user.call<{ entries: { name: string }[] }>('GET', '/api/v1/files?path=/');
    return {
      names: entries.map(({ name }) => name),
      used: (await user.call<User>('GET', '/api/v1/me')).usedBytes,
    };
  };

  it('an unknown path', async () => {
    const missing = encodeURIComponent('/nothing/here');
    for (const path of ['/api/v1/files?path=', '/api/v1/files/stat?path=', '/api/v1/files/content?path=']) {
      expectError(await user.send('GET', path + missing), 'PATH_NOT_FOUND', '/nothing');
    }
    const body = { from: '/nothing', to: '/x' };
    expectError(await user.send('POST', '/api/v1/files/move', { body }), 'PATH_NOT_FOUND', '/nothing');
    const preview = { path: '/nothing/here' };
    expectError(
      await user.send('POST', '/api/v1/files/preview', { body: preview }),
      'PATH_NOT_FOUND',
      '/nothing',
    );
    const submit = { kind: 'create-archive', sources: ['/nothing'], destination: '/x.zip' };
    expectError(await user.send('POST', '/api/v1/tasks', { body: submit }), 'PATH_NOT_FOUND', '/nothing');
    expectError(await user.send('GET', '/api/v1/nowhere'), 'NOT_FOUND', '/api/v1/nowhere');
  });

  it.each([
    ['/with\0nul', 'NAME_INVALID'],
    ['/folder/../../x', 'NAME_INVALID'],
    ['/./x', 'NAME_INVALID'],
    [`/${'x'.repeat(256)}`, 'NAME_INVALID'],
    ['/line\nbreak', 'NAME_INVALID'],
    ['relative', 'BAD_REQUEST'],
  ])('a bad name: %j', async (path, code) => {
    const before = await snapshot();
    expectError(await user.send('POST', '/api/v1/folders', { body: { path } }), code, /./);
    expectError(
      await user.send('POST', '/api/v1/uploads', { body: Buffer.from('x'), headers: tus(path, 1) }),
      code,
      /./,
    );
    expectError(
      await user.send('POST', '/api/v1/files/move', { body: { from: '/a.txt', to: path } }),
      code,
      /./,
    );
    const task = { kind: 'create-archive', sources: ['/a.txt'], destination: `${path}.zip` };
    expectError(await user.send('POST', '/api/v1/tasks', { body: task }), code, /./);
    expect(await snapshot()).toEqual(before);
  });

  it('QUOTA_EXCEEDED at an upload and at the end of a task', async () => {
    const before = await snapshot();
    const bytes = Buffer.alloc(1_000_000);
    expectError(
      await user.send('POST', '/api/v1/uploads', { body: bytes, headers: tus('/big', bytes.length) }),
      'QUOTA_EXCEEDED',
      /1000000|quota/,
    );
    const bomb = makeZip([{ name: 'zeros', content: Buffer.alloc(3_000_000) }]);
    await user.put('/bomb.zip', bomb);
    const { id } = await user.submit({ kind: 'extract-archive', source: '/bomb.zip', destination: '/out' });
    const task = await user.ended(id);
    expect(task.state).toBe('failed');
    expect(task.error?.code).toMatch(/^(QUOTA_EXCEEDED|BUDGET_EXCEEDED)$/);
    await user.call('POST', '/api/v1/files/delete', { paths: ['/bomb.zip'] });
    expect(await snapshot()).toEqual(before);
  });

  it('LENGTH_MISMATCH and BODY_TOO_LARGE: less or more bytes than announced', async () => {
    const before = await snapshot();
    const more = await user.send('POST', '/api/v1/uploads', {
      body: Buffer.from('12345'),
      headers: tus('/more', 3),
    });
    expect(more.status).toBeGreaterThanOrEqual(400);
    expect((more.body as ApiError).error.code).toMatch(/^(LENGTH_MISMATCH|BODY_TOO_LARGE|BAD_REQUEST)$/);
    // The connection ends in the middle of the body.
    await new Promise<void>((resolve) => {
      const request = httpRequest(`${master.url}/api/v1/uploads`, {
        method: 'POST',
        headers: {
          ...tus('/less', 10_000),
          authorization: `Bearer ${user.token}`,
          'content-length': '10000',
        },
      });
      request.on('error', () => undefined).on('close', () => resolve());
      request.write(Buffer.alloc(5_000), () => setTimeout(() => request.destroy(), 100));
    });
    expect(await snapshot()).toEqual(before);
  });

  it('BODY_TOO_LARGE: a JSON body over the limit is refused before it is read', async () => {
    const body = { path: '/x', padding: 'x'.repeat(20 * 1024 * 1024) };
    const answer = await user
      .send('POST', '/api/v1/folders', { body })
      .catch((error: unknown) => error as Error);
    if (!(answer instanceof Error)) expectError(answer, 'BODY_TOO_LARGE', /bytes|limit|large/);
    expect((await user.send('GET', '/healthz')).status).toBe(200);
  });

  it('unknown fields, broken JSON and wrong types name the field', async () => {
    expectError(
      await user.send('POST', '/api/v1/folders', { body: { path: '/x', role: 'admin' } }),
      'BAD_REQUEST',
      /role/,
    );
    expectError(await user.send('POST', '/api/v1/folders', { body: { path: 7 } }), 'BAD_REQUEST', /path/);
    const broken = await user.send('POST', '/api/v1/folders', {
      body: Buffer.from('{"path": '),
      headers: { 'content-type': 'application/json' },
    });
    expectError(broken, 'BAD_REQUEST', /./);
  });

  it('a token that is wrong or over', async () => {
    const created = await user.call<{ token: string }>('POST', '/api/v1/me/tokens', {
      name: 'short',
      expiresInSeconds: 60,
    });
    const withToken = (token: string) => api(master.url, token).send('GET', '/api/v1/me');
    expect((await withToken(created.token)).status).toBe(200);
    expectError(await withToken(`${created.token}x`), 'UNAUTHENTICATED', /./);
    expectError(await withToken('nonsense'), 'UNAUTHENTICATED', /./);
    const session = await signIn(master.url, 'ursula', 'ursula has a long password');
    await session.call('POST', '/api/v1/logout', {});
    const after = await session.send('GET', '/api/v1/me');
    expect(after.status).toBe(401);
    expectError(await anonymous(master.url).send('GET', '/api/v1/me'), 'UNAUTHENTICATED', /./);
  });

  describe('archives', () => {
    const good = { name: 'good.txt', content: Buffer.from('good content, long enough to be worth it') };
    const extract = async (name: string, bytes: Buffer, options: Record<string, unknown> = {}) => {
      await user.put(`/${name}`, bytes, 'overwrite');
      const destination = `/out-${createHash('sha256')
        .update(name + JSON.stringify(options))
        .digest('hex')
        .slice(0, 8)}`;
      const { id } = await user.submit({
        kind: 'extract-archive',
        source: `/${name}`,
        destination,
        ...options,
      });
      const task = await user.ended(id);
      const listing = await user.send<{ entries: { name: string }[] }>(
        'GET',
        `/api/v1/files?path=${destination}`,
      );
      const rejected = await user.call<{ entries: ErrorInfo[] }>('GET', `/api/v1/tasks/${id}/rejected`);
      return {
        task,
        names: listing.status === 200 ? listing.body.entries.map((entry) => entry.name) : null,
        rejected: rejected.entries,
      };
    };

    it('A9 a truncated archive fails as a whole', async () => {
      const bytes = makeZip([good, { name: 'b', content: Buffer.alloc(5000, 'b') }]);
      const { task, names } = await extract('cut.zip', bytes.subarray(0, bytes.length - 30));
      expect(task.error?.code).toMatch(/^ARCHIVE_(TRUNCATED|CORRUPT)$/);
      expect(task).toMatchObject({ state: 'failed', outputs: [] });
      expect(names).toBeNull();
    });

    it('A8 A9 an entry with a wrong CRC is not published, the others are', async () => {
      const bad = { name: 'bad.txt', content: Buffer.from('bad'), crc: 0x12345678 };
      const { task, names, rejected } = await extract('crc.zip', makeZip([good, bad]));
      expect(task).toMatchObject({ state: 'completed-with-errors', rejectedEntries: 1 });
      expect(names).toEqual(['good.txt']);
      expect(rejected).toMatchObject([{ name: 'bad.txt', code: 'ENTRY_CORRUPT' }]);
    });

    it('A7 an entry that leaves the folder is rejected, or fails the task when asked to', async () => {
      const evil = [
        { name: '../evil.txt', content: Buffer.from('evil') },
        { name: '/absolute.txt', content: Buffer.from('evil') },
        { name: 'x/../../evil.txt', content: Buffer.from('evil') },
      ];
      const { task, names, rejected } = await extract('evil.zip', makeZip([good, ...evil]));
      expect(task).toMatchObject({ state: 'completed-with-errors', rejectedEntries: 3 });
      expect(names).toEqual(['good.txt']);
      expect(rejected.map(({ code }) => code)).toEqual(Array(3).fill('ENTRY_UNSAFE'));
      const strict = await extract('evil.zip', makeZip([good, ...evil]), { onUnsafe: 'fail' });
      expect(strict.task).toMatchObject({ state: 'failed', error: { code: 'ARCHIVE_UNSAFE' }, outputs: [] });
      expect(strict.names).toBeNull();
    });

    it('something that is no archive', async () => {
      const { task, names } = await extract('no.zip', Buffer.from('this is no archive at all'));
      expect(task.state).toBe('failed');
      expect(task.error?.code).toMatch(/^ARCHIVE_/);
      expect(names).toBeNull();
    });
  });

  it('nothing half-done is left', async () => {
    await user.call('POST', '/api/v1/tasks/clean-up', {});
    expect(await master.stop()).toBe(0);
    expect(await inspectData(master.dataPath)).toMatchObject(clean);
  });
});

describe.runIf(process.getuid?.() === 0)('a full disk', () => {
  let folder: string;
  afterAll(async () => {
    execFileSync('umount', ['--lazy', folder]);
    await closeAll();
  });

  it('C2 C3 NO_SPACE for uploads and tasks; what was there stays readable, and space freed is used again', async () => {
    folder = join(await tempFolder('disk'), 'mount');
    await mkdir(folder);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', folder]);
    const master = await startMaster({ dataPath: join(folder, 'data') });
    const user = await signIn(master.url);
    const bytes = Buffer.alloc(3_000_000, 'abc');
    await user.put('/fits', bytes);
    const refused = await user.send('POST', '/api/v1/uploads', {
      body: Buffer.alloc(12_000_000),
      headers: {
        'tus-resumable': '1.0.0',
        'content-type': 'application/offset+octet-stream',
        'upload-length': '12000000',
        'upload-metadata': `path ${Buffer.from('/too-big').toString('base64')}`,
      },
    });
    expect(refused).toMatchObject({ status: 507, body: { error: { code: 'NO_SPACE' } } });
    expect(await user.get('/fits')).toEqual(bytes);
    expect((await user.send('GET', '/api/v1/files/stat?path=/too-big')).status).toBe(404);
    await user.put('/fits-again', bytes);
    expect(await master.stop()).toBe(0);
  });
});
