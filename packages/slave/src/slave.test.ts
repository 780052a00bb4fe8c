import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  ArchiveListing,
  type Attempt,
  CancelAnswer,
  type Source,
  slaveRoutes,
  type Work,
} from '@longshore/protocol';
import { blobPath } from '@longshore/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { type FakeMaster, startFakeMaster } from './testing/fake-master.ts';
import { askSlave, dispatch, startTestSlave } from './testing/start-test-slave.ts';
import { tempFolder } from './testing/temp-folder.ts';
import { until } from './testing/until.ts';

const createZip: Work = { kind: 'create-archive', format: 'zip', level: 'fast', password: null };
const extract = (fields: Partial<Extract<Work, { kind: 'extract-archive' }>> = {}): Work => ({
  kind: 'extract-archive',
  select: [],
  onUnsafe: 'skip',
  encoding: null,
  password: null,
  entryRange: null,
  ...fields,
});
const files = new Map(
  Array.from({ length: 50 }, (_, at) => [
    `folder ${at % 5}/datei-ü-${at}.txt`,
    Buffer.alloc(at * 1000, `${at} `),
  ]),
);

async function together(fields: Parameters<typeof startTestSlave>[0] = {}) {
  const master = await startFakeMaster();
  onTestFinished(() => master.close());
  const slave = await startTestSlave(fields);
  await master.hello(slave.url);
  return { master, slave };
}

const types = (master: FakeMaster, attempt: Attempt): string[] =>
  master.eventsOf(attempt).map(({ type }) => type);
const isOver = (master: FakeMaster, attempt: Attempt) => (): boolean =>
  types(master, attempt).some((type) => ['completed', 'failed', 'canceled', 'returned'].includes(type));

async function run(
  master: FakeMaster,
  url: string,
  work: Work,
  sources: Source[],
  storeId = 'remote',
): Promise<Attempt> {
  const attempt = master.attempt(work, { storeId });
  master.setSources(attempt.partId, sources, 7);
  await dispatch(url, attempt);
  await until(`${work.kind} is over`, isOver(master, attempt));
  return attempt;
}

function outputBytes(
  master: FakeMaster,
  attempt: Attempt,
  storeRoot?: string,
): Map<string, Buffer | undefined> {
  const found = new Map<string, Buffer | undefined>();
  for (const output of master.outputsOf(attempt.partId).values()) {
    if (output.kind === 'folder') continue;
    const bytes =
      storeRoot === undefined
        ? master.blobs.get(output.blobId)
        : readFileSync(blobPath(storeRoot, output.blobId));
    expect(
      createHash('sha256')
        .update(bytes ?? '')
        .digest('hex'),
    ).toBe(output.sha256);
    found.set(output.path, bytes);
  }
  return found;
}

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

test('an archive is listed page by page without a task', async () => {
  const { master, slave } = await together();
  const sources = [...files].map(([path, content]) => master.addSource(path, content));
  const made = await run(master, slave.url, createZip, sources);
  const [zip] = outputBytes(master, made).values();
  const source = master.addSource('a.zip', zip ?? Buffer.alloc(0));
  if (source.kind !== 'file') return expect.unreachable();
  const request = {
    volumes: [{ name: 'a.zip', access: source.access }],
    encoding: null,
    password: null,
    limit: 10,
    search: 'FOLDER 3',
  };
  const first = await askSlave(slave.url, slaveRoutes.listArchive, { ...request, offset: 0 }, ArchiveListing);
  expect(first).toMatchObject({ format: 'zip', total: 10, next: null, splittable: true });
  const part = await askSlave(
    slave.url,
    slaveRoutes.listArchive,
    { ...request, offset: 4, limit: 3 },
    ArchiveListing,
  );
  expect(part.entries).toEqual(first.entries.slice(4, 7));
  expect(part.next).toBe(7);
});

async function listingOf(format: 'zip' | 'tar.gz' | '7z', password: string | null = null) {
  const { master, slave } = await together();
  const sources = [...files].map(([path, content]) => master.addSource(path, content));
  const made = await run(
    master,
    slave.url,
    { kind: 'create-archive', format, level: 'fast', password },
    sources,
  );
  const [bytes] = outputBytes(master, made).values();
  let reads = 0;
  master.intercept = (c) => {
    if (c.req.path.startsWith('/blobs')) reads += 1;
    return undefined;
  };
  const ask = (content: Buffer, fields: object) => {
    const source = master.addSource(`a.${format}`, content);
    if (source.kind !== 'file') return expect.unreachable();
    const volumes = [{ name: `a.${format}`, access: source.access }];
    return (page: object = {}) =>
      askSlave(
        slave.url,
        slaveRoutes.listArchive,
        { volumes, encoding: null, password: null, limit: 20, offset: 0, search: null, ...fields, ...page },
        ArchiveListing,
      );
  };
  return { ask, bytes: bytes ?? Buffer.alloc(0), readsOf: () => reads };
}

test.each(['zip', 'tar.gz', '7z'] as const)(
  'a %s is read once, however many pages of it are asked for',
  async (format) => {
    const { ask, bytes, readsOf } = await listingOf(format);
    const page = ask(bytes, {});
    const first = await page();
    expect(first).toMatchObject({ format, next: 20, encoding: null });
    const reads = readsOf();
    expect(reads).toBeGreaterThan(0);
    const second = await page({ offset: 20 });
    const third = await page({ offset: 40 });
    const all = await page({ limit: 1000 });
    expect([...first.entries, ...second.entries, ...third.entries]).toEqual(all.entries);
    expect(all.total).toBe(first.total);
    expect(third.next === null ? all.entries.length : 60).toBeGreaterThanOrEqual(50);
    const found = await page({ search: 'FOLDER 3/DATEI' });
    expect(found).toMatchObject({ total: 10, next: null });
    expect(found.entries).toEqual(all.entries.filter(({ path }) => path.startsWith('folder 3/datei')));
    expect(readsOf()).toBe(reads);
    await page({ encoding: 'cp437' });
    expect(readsOf()).toBeGreaterThan(reads);
  },
);

test('names that are encrypted are listed with the password only, also when they were listed before', async () => {
  const { ask, bytes } = await listingOf('7z', 'geheim');
  const page = ask(bytes, {});
  await expect(page()).rejects.toMatchObject({ code: 'PASSWORD_REQUIRED' });
  expect((await page({ password: 'geheim', limit: 100 })).entries).toContainEqual(
    expect.objectContaining({ path: 'folder 3/datei-ü-3.txt', encrypted: true }),
  );
  await expect(page()).rejects.toMatchObject({ code: 'PASSWORD_REQUIRED' });
  await expect(page({ password: 'falsch' })).rejects.toMatchObject({ code: 'WRONG_PASSWORD' });
});

test('a preview says which encoding it found the names in, and reads them in another', async () => {
  const name = '新建文件夹说明照片北京.txt';
  const inGbk = Buffer.from('d0c2bda8cec4bcfebcd0cbb5c3f7d5d5c6acb1b1bea92e747874', 'hex');
  const place = 'x'.repeat(inGbk.length);
  const { master, slave } = await together();
  const made = await run(master, slave.url, createZip, [master.addSource(place, Buffer.from('1'))]);
  const [zip = Buffer.alloc(0)] = outputBytes(master, made).values();
  const old = Buffer.from(zip.toString('latin1').replaceAll(place, inGbk.toString('latin1')), 'latin1');
  const { ask } = await listingOf('zip');
  const page = ask(old, {});
  const detected = await page();
  expect(detected).toMatchObject({ encoding: 'gb18030', entries: [{ path: name }] });
  expect(detected.encodingConfidence).toBeGreaterThan(0.3);
  const chosen = await page({ encoding: 'ibm866' });
  expect(chosen).toMatchObject({ encoding: 'ibm866', encodingConfidence: null });
  expect(chosen.entries[0]?.path).not.toBe(name);
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
