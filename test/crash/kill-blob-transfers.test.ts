import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileEntry } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn, type TaskRequest } from '../support/api.ts';
import { addSlave, type ClusterSlave, freePort, startMasterBehind } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { clean, inspectData } from '../support/inspect-data.ts';
import { closeAll, type RunningMaster, tempFolder } from '../support/programs.ts';
import { contentsOf, contentsOfArchive, describeBytes } from '../support/user-files.ts';

const fileBytes = 1_500_000;
const bytesPerSecond = 1_000_000;
const leastKills = 3;

/** kill -9 of a master while a slave sends it what it has made. */
describe('blobs of a slave into a master that is killed', () => {
  let master: RunningMaster;
  let user: Api;
  let proxy: FaultProxy;
  let slave: ClusterSlave;
  let listen: string;
  let dataPath: string;
  const files: Record<string, Buffer> = {};
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const contents = (top: string) =>
    Object.fromEntries(Object.entries(files).map(([name, bytes]) => [top + name, describeBytes(bytes)]));

  const start = async (): Promise<void> => {
    master = await startMasterBehind(proxy, {
      dataPath,
      listen,
      env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '5' },
    });
  };
  beforeAll(async () => {
    proxy = await startFaultProxy();
    listen = `127.0.0.1:${await freePort()}`;
    dataPath = await tempFolder('master');
    await start();
    user = await signIn(master.url);
    slave = await addSlave(user, {
      name: 'anna',
      env: {
        LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_RETRY_DELAY: '0.3',
        LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_BACKOFF_FACTOR: '1',
        LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_MAX_RETRY: '100',
      },
    });
    await user.call('POST', '/api/v1/folders', { path: '/files' });
    for (const name of ['a', 'b', 'c']) {
      files[name] = randomBytes(fileBytes);
      await user.put(`/files/${name}`, files[name]);
    }
    const made = await user.submit({
      kind: 'create-archive',
      sources: ['/files'],
      destination: '/files.zip',
    });
    expect(await user.ended(made.id)).toMatchObject({ state: 'completed' });
  });
  afterAll(closeAll);

  /** Bytes that have arrived and are not published yet. */
  const underWay = async (): Promise<number> => {
    const folder = join(dataPath, 'staging');
    const sizes = await Promise.all(
      (await readdir(folder)).map((name) =>
        stat(join(folder, name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    );
    return Math.max(0, ...sizes);
  };

  /** The digests of all blobs that could be read by their name. */
  async function published(): Promise<string[]> {
    const entries = await readdir(join(dataPath, 'blobs'), { recursive: true, withFileTypes: true });
    const blobs = entries.filter((entry) => entry.isFile() && entry.name !== 'store.id');
    return Promise.all(blobs.map(async (blob) => digest(await readFile(join(blob.parentPath, blob.name)))));
  }

  const works: {
    name: string;
    request: Exclude<TaskRequest, { kind: 'check' }>;
    check: () => Promise<void>;
  }[] = [
    {
      name: 'an archive that is made',
      request: { kind: 'create-archive', sources: ['/files'], destination: '/made.zip' },
      check: async () => expect(await contentsOfArchive(user, '/made.zip')).toMatchObject(contents('files/')),
    },
    {
      name: 'files that are extracted',
      request: { kind: 'extract-archive', source: '/files.zip', destination: '/out' },
      check: async () => expect(await contentsOf(user, '/out')).toMatchObject(contents('files/')),
    },
  ];

  it.each(works)('A6 $name: no blob is seen before it is whole, and the task ends once', async (work) => {
    proxy.set({ rate: bytesPerSecond });
    const before = new Set(await published());
    const { id } = await user.submit(work.request);
    const seen = new Set<string>();
    for (let kills = 0; kills < leastKills; kills += 1) {
      const least = Math.random() * 0.5 * fileBytes;
      await eventually('a blob under way', async () => (await underWay()) > least, 60_000);
      await master.kill();
      for (const one of await published()) seen.add(one);
      await start();
      expect((await user.send('GET', `/api/v1/files/stat?path=${work.request.destination}`)).status).toBe(
        404,
      );
    }
    proxy.heal();
    const task = await user.ended(id, 60_000);
    expect(task).toMatchObject({ state: 'completed', error: null, rejectedEntries: 0 });
    const attempts = task.parts.flatMap((part) => part.attempts);
    expect(attempts.filter(({ state }) => state === 'completed')).toHaveLength(1);
    await work.check();

    const archive = await user.send<FileEntry>('GET', '/api/v1/files/stat?path=/made.zip');
    const whole = new Set([...before, archive.body.sha256, ...Object.values(files).map(digest)]);
    for (const one of [...seen, ...(await published())]) expect(whole).toContain(one);
    const { entries } = await user.call<{ entries: FileEntry[] }>('GET', '/api/v1/files?path=/');
    const destination = work.request.destination.slice(1);
    expect(entries.filter(({ name }) => name.startsWith(destination.split('.')[0] ?? ''))).toHaveLength(1);
  });

  it('A6 nothing half-written is left', async () => {
    expect(await slave.leftovers()).toEqual([]);
    expect(await slave.program.stop()).toBe(0);
    expect(await master.stop()).toBe(0);
    expect(await inspectData(dataPath)).toMatchObject(clean);
  });
});
