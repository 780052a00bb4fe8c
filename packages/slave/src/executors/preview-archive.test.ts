import { ArchiveListing, slaveRoutes } from '@longshore/protocol';
import { expect, test } from 'vitest';
import { createZip, files, outputBytes, run, together } from '../testing/run-attempt.ts';
import { askSlave } from '../testing/start-test-slave.ts';

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
