import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Attempt, CancelAnswer, type Source, slaveRoutes, type Work } from '@longshore/protocol';
import { blobPath } from '@longshore/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { type FakeMaster, startFakeMaster } from './testing/fake-master.ts';
import { createZip, files, isOver, outputBytes, run, together, types } from './testing/run-attempt.ts';
import { askSlave, dispatch, startTestSlave } from './testing/start-test-slave.ts';
import { tempFolder } from './testing/temp-folder.ts';
import { until } from './testing/until.ts';

const extract = (fields: Partial<Extract<Work, { kind: 'extract-archive' }>> = {}): Work => ({
  kind: 'extract-archive',
  select: [],
  onUnsafe: 'skip',
  encoding: null,
  password: null,
  entryRange: null,
  ...fields,
});
test('files become a zip and the zip becomes the same files, over tickets', async () => {
  const { master, slave } = await together();
  const sources = [...files].map(([path, content]) => master.addSource(path, content));
  const folder: Source = { kind: 'folder', path: 'leer', modifiedAtMs: 1_700_000_000_000, mode: 0o755 };
  const made = await run(master, slave.url, createZip, [...sources, folder]);
  expect(types(master, made).filter((type) => type !== 'progress')).toEqual([
    'started',
    'outputs',
    'completed',
  ]);
  const [zip] = outputBytes(master, made).values();
  const unpacked = await run(master, slave.url, extract(), [
    master.addSource('a.zip', zip ?? Buffer.alloc(0)),
  ]);
  expect(types(master, unpacked).at(-1)).toBe('completed');
  expect(outputBytes(master, unpacked)).toEqual(files);
  expect([...master.outputsOf(unpacked.partId).values()].filter(({ kind }) => kind === 'folder')).toEqual([
    expect.objectContaining({ path: 'leer' }),
  ]);
});

test('a node that holds the store reads and writes its folder and moves no byte over HTTP', async () => {
  const root = tempFolder();
  const { master, slave } = await together({ stores: { here: root } });
  // By their paths: what takes too long to come is asked for again.
  const transfers = new Set<string>();
  master.intercept = (c) => {
    if (c.req.path.startsWith('/blobs')) transfers.add(c.req.path);
    return undefined;
  };
  const remote = [...files].map(([path, content]) => master.addSource(path, content));
  const made = await run(master, slave.url, createZip, remote, 'here');
  expect(transfers.size).toBe([...files.values()].filter(({ length }) => length > 0).length);
  const [output] = master.outputsOf(made.partId).values();
  if (output?.kind !== 'file') return expect.unreachable();
  const { blobId, sizeBytes, sha256 } = output;
  const access = { storeId: 'here', blobId, sizeBytes, sha256, url: '/nowhere', ticket: '' };
  const zip: Source = { kind: 'file', path: 'a.zip', modifiedAtMs: 0, mode: 0o644, access };
  const unpacked = await run(master, slave.url, extract(), [zip], 'here');
  expect(outputBytes(master, unpacked, root)).toEqual(files);
  expect(transfers.size).toBe([...files.values()].filter(({ length }) => length > 0).length);
  expect(readdirSync(join(root, 'staging'))).toEqual([]);
});

test('entries that cannot be extracted are reported one by one, the rest is stored', async () => {
  const { master, slave } = await together();
  const incompressible = randomBytes(1000);
  const made = await run(master, slave.url, createZip, [
    master.addSource('good.txt', Buffer.from('good')),
    master.addSource('bad.txt', incompressible),
  ]);
  const [zip] = outputBytes(master, made).values();
  if (zip === undefined) return expect.unreachable();
  const damaged = Buffer.from(zip);
  const at = damaged.indexOf(incompressible.subarray(0, 16));
  expect(at).toBeGreaterThan(0);
  damaged[at] = (damaged[at] ?? 0) ^ 0xff;
  const unpacked = await run(master, slave.url, extract(), [master.addSource('a.zip', damaged)]);
  expect([...outputBytes(master, unpacked).keys()]).toEqual(['good.txt']);
  const rejected = master
    .eventsOf(unpacked)
    .flatMap((event) => (event.type === 'rejected' ? event.entries : []));
  expect(rejected).toEqual([expect.objectContaining({ name: 'bad.txt', code: 'ENTRY_CORRUPT' })]);
});

const rejectedOf = (master: FakeMaster, attempt: Attempt) =>
  master.eventsOf(attempt).flatMap((event) => (event.type === 'rejected' ? event.entries : []));

test.each(['zip', 'tar', 'tar.gz', 'tar.zst', '7z'] as const)(
  'blobs that vanish or are damaged while a %s is made are missing in it by name, and nothing else is',
  async (format) => {
    const { master, slave } = await together();
    const large = Buffer.alloc(3_000_000, 'large content ');
    const sources = [...files].map(([path, content]) => master.addSource(path, content));
    const add = (path: string, content: Buffer) => {
      const source = master.addSource(path, content);
      sources.splice(sources.length / 2, 0, source);
      return source.kind === 'file' ? source.access.blobId : expect.unreachable();
    };
    const lost = {
      vanished: add('lost/vanished', Buffer.from('small')),
      damaged: add('lost/damaged', Buffer.from('small too')),
      'vanished large': add('lost/vanished large', Buffer.concat([large, Buffer.from('v')])),
      'damaged large': add('lost/damaged large', Buffer.concat([large, Buffer.from('d')])),
    };
    master.blobs.delete(lost.vanished);
    master.blobs.set(lost.damaged, Buffer.from('small TOO'));
    const kept = master.addSource('kept.bin', large);
    sources.push(kept);
    // The large ones are there when the work begins, and are not any more when their bytes are asked for.
    master.intercept = (c) => {
      if (!c.req.path.startsWith('/blobs') || c.req.method !== 'GET') return undefined;
      if (c.req.header('range') === undefined && c.req.path.endsWith(lost['vanished large']))
        master.blobs.delete(lost['vanished large']);
      if (c.req.header('range') === undefined && c.req.path.endsWith(lost['damaged large']))
        master.blobs.set(lost['damaged large'], Buffer.concat([large, Buffer.from('D')]));
      return undefined;
    };
    const made = await run(master, slave.url, { ...createZip, format }, sources);
    // Progress is told when it is due, wherever that is.
    const told = types(master, made).filter((type) => type !== 'progress');
    expect(told.slice(-3)).toEqual(['rejected', 'outputs', 'completed']);
    const indexOf = (name: string) => sources.findIndex((source) => source.path === `lost/${name}`);
    expect(rejectedOf(master, made).toSorted((a, b) => a.index - b.index)).toEqual(
      [
        { name: 'vanished', code: 'BLOB_NOT_FOUND' },
        { name: 'damaged', code: 'CHECKSUM_MISMATCH' },
        { name: 'vanished large', code: 'BLOB_NOT_FOUND' },
        { name: 'damaged large', code: 'CHECKSUM_MISMATCH' },
      ]
        .map(({ name, code }) => ({
          index: indexOf(name),
          name: `lost/${name}`,
          code,
          message: expect.stringContaining(name),
        }))
        .toSorted((a, b) => a.index - b.index),
    );
    const [archive] = outputBytes(master, made).values();
    const unpacked = await run(master, slave.url, extract(), [
      master.addSource(`a.${format}`, archive ?? Buffer.alloc(0)),
    ]);
    expect(types(master, unpacked).at(-1)).toBe('completed');
    expect(rejectedOf(master, unpacked)).toEqual([]);
    expect(outputBytes(master, unpacked)).toEqual(new Map([...files, ['kept.bin', large]]));
  },
);

test.each(['zip', 'tar.gz'] as const)(
  'bytes that are damaged once on their way are read again, and nothing is missing in the %s',
  async (format) => {
    const { master, slave } = await together();
    const large = Buffer.alloc(3_000_000, 'large content ');
    const contents = new Map([
      ['small', Buffer.from('small')],
      ['large', large],
    ]);
    const sources = [...contents].map(([path, content]) => master.addSource(path, content));
    const damaged = new Set<string>();
    master.intercept = (c) => {
      const isWhole = c.req.method === 'GET' && c.req.header('range') === undefined;
      if (!c.req.path.startsWith('/blobs') || !isWhole || damaged.has(c.req.path)) return undefined;
      damaged.add(c.req.path);
      const bytes = new Uint8Array(master.blobs.get(c.req.path.split('/').at(-1) ?? '') ?? []);
      bytes[1] = 0;
      return c.body(bytes, 200, { 'content-length': String(bytes.length) });
    };
    const made = await run(master, slave.url, { ...createZip, format }, sources);
    expect(rejectedOf(master, made)).toEqual([]);
    expect(damaged.size).toBe(2);
    const [archive] = outputBytes(master, made).values();
    const unpacked = await run(master, slave.url, extract(), [
      master.addSource(`a.${format}`, archive ?? Buffer.alloc(0)),
    ]);
    expect(outputBytes(master, unpacked)).toEqual(contents);
  },
);

test.each(['zip', 'tar', 'tar.zst', '7z'] as const)(
  'files that rot or vanish in the store of the node itself are missing in a %s by name',
  async (format) => {
    const root = tempFolder();
    const { master, slave } = await together({ stores: { here: root } });
    const stored = (path: string, content: Buffer): Source => {
      const source = master.addSource(path, content);
      if (source.kind !== 'file') return expect.unreachable();
      const place = blobPath(root, source.access.blobId);
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, content);
      return { ...source, access: { ...source.access, storeId: 'here' } };
    };
    const large = Buffer.alloc(3_000_000, 'large content ');
    const contents = new Map([...files, ['large', large]]);
    const rotten = [stored('rotten', Buffer.from('rotten')), stored('rotten large', large)];
    const gone = stored('gone', Buffer.from('gone'));
    for (const source of [...rotten, gone]) {
      if (source.kind !== 'file') continue;
      const place = blobPath(root, source.access.blobId);
      if (source === gone) rmSync(place);
      else writeFileSync(place, Buffer.alloc(source.access.sizeBytes, 'x'));
    }
    const good = [...contents].map(([path, content]) => stored(path, content));
    const made = await run(master, slave.url, { ...createZip, format }, [...rotten, gone, ...good], 'here');
    expect(
      rejectedOf(master, made)
        .map(({ name, code }) => `${name}: ${code}`)
        .sort(),
    ).toEqual(['gone: BLOB_NOT_FOUND', 'rotten large: BLOB_CORRUPT', 'rotten: BLOB_CORRUPT']);
    const [archive] = outputBytes(master, made, root).values();
    const unpacked = await run(master, slave.url, extract(), [
      master.addSource(`a.${format}`, archive ?? Buffer.alloc(0)),
    ]);
    expect(outputBytes(master, unpacked)).toEqual(contents);
  },
);

test('what is no archive fails at once, by name and without another try', async () => {
  const { master, slave } = await together();
  const attempt = await run(master, slave.url, extract(), [
    master.addSource('a.zip', Buffer.from('not an archive')),
  ]);
  expect(types(master, attempt)).toEqual(['started', 'failed']);
  expect(master.eventsOf(attempt).at(-1)).toMatchObject({ error: { code: 'ARCHIVE_UNSUPPORTED' } });
});

test('T3: a cancel in the middle is reported within 5 s and leaves no temporary file and no staged blob', async () => {
  const root = tempFolder();
  const data = tempFolder();
  const { master, slave } = await together({ stores: { here: root }, dataPath: data });
  const hanging = master.addSource('big', Buffer.alloc(5_000_000, 'x'));
  let asked = false;
  master.intercept = (c) => {
    if (!c.req.path.startsWith('/blobs')) return undefined;
    asked = true;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(100_000)),
    });
    return c.body(body, 200, { 'content-length': '5000000' });
  };
  const attempt = master.attempt(createZip, { storeId: 'here' });
  master.setSources(attempt.partId, [hanging]);
  await dispatch(slave.url, attempt);
  await until('the source is being read', () => asked);
  const beganMs = performance.now();
  const { partId } = attempt;
  const cancel = {
    attempts: [
      { partId, attempt: 1, reason: 'user' },
      { partId: crypto.randomUUID(), attempt: 1, reason: 'user' },
    ],
  };
  const { unknown } = await askSlave(slave.url, slaveRoutes.cancel, cancel, CancelAnswer);
  expect(unknown).toHaveLength(1);
  await until('it is canceled', isOver(master, attempt));
  expect(performance.now() - beganMs).toBeLessThan(5000);
  expect(types(master, attempt).at(-1)).toBe('canceled');
  expect(existsSync(join(root, 'staging')) ? readdirSync(join(root, 'staging')) : []).toEqual([]);
  expect(readdirSync(join(data, 'temp'), { recursive: true })).toHaveLength(1);
});

test('T10: a heartbeat that calls an attempt lost stops it without a further report', async () => {
  const { master, slave } = await together();
  let asked = false;
  master.intercept = (c) => {
    if (!c.req.path.startsWith('/blobs')) return undefined;
    asked = true;
    return new Promise<Response>(() => undefined);
  };
  const attempt = master.attempt(createZip);
  master.setSources(attempt.partId, [master.addSource('a', Buffer.from('a'))]);
  await dispatch(slave.url, attempt);
  await until('the source is being read', () => asked);
  const { partId } = attempt;
  await until('a heartbeat holds it', () =>
    master.heartbeats.at(-1)?.holding.some((ref) => ref.partId === partId),
  );
  master.heartbeatAnswer = { lost: [{ partId, attempt: 1 }], canceled: [] };
  await until('nothing is held any more', () => master.heartbeats.at(-1)?.holding.length === 0);
  expect(types(master, attempt).filter((type) => type !== 'progress')).toEqual(['started']);
});

test('S4: a slave that stops gives back what it has not done, and takes nothing more', async () => {
  const { master, slave } = await together({ workers: 1 });
  master.intercept = (c) =>
    c.req.path.startsWith('/blobs') ? new Promise<Response>(() => undefined) : undefined;
  const attempts = [master.attempt(createZip), master.attempt(createZip), master.attempt(createZip)];
  for (const { partId } of attempts) master.setSources(partId, [master.addSource('a', Buffer.from('a'))]);
  await dispatch(slave.url, ...attempts);
  await until('the first runs', () => attempts.some((attempt) => types(master, attempt).includes('started')));
  await slave.stop();
  for (const attempt of attempts) {
    expect(master.eventsOf(attempt).at(-1)).toMatchObject({
      type: 'returned',
      error: { code: 'SHUTTING_DOWN' },
    });
  }
});

test('G12: no file of the journal holds the password of an archive when its task is over', async () => {
  const data = tempFolder();
  const { master, slave } = await together({ dataPath: data });
  const work = extract({ password: 'canary-password-4711' });
  await run(master, slave.url, work, [master.addSource('a.zip', Buffer.from('not an archive'))]);
  const bytes = readdirSync(data)
    .filter((name) => name.startsWith('journal'))
    .map((name) => readFileSync(join(data, name), 'latin1'))
    .join();
  expect(bytes).not.toContain('canary-password-4711');
});

test('attempts are refused until the master has said where it is', async () => {
  const master = await startFakeMaster();
  onTestFinished(() => master.close());
  const slave = await startTestSlave();
  const answer = await dispatch(slave.url, master.attempt(createZip));
  expect(answer.results).toEqual([
    expect.objectContaining({ verdict: 'refused', error: expect.objectContaining({ code: 'UNAVAILABLE' }) }),
  ]);
});
