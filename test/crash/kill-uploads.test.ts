import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type FileEntry, fileBytesRoutes } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { freePort } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { clean, inspectData } from '../support/inspect-data.ts';
import { closeAll, type RunningMaster, startMaster, tempFolder } from '../support/programs.ts';

const sizeBytes = 24_000_000;
const leastKills = 6;
const tus = { 'tus-resumable': '1.0.0' };
const bytesType = 'application/offset+octet-stream';

/** kill -9 of a master while it receives bytes, and a client that goes on from where it is told. */
describe('uploads into a master that is killed', () => {
  let master: RunningMaster;
  let user: Api;
  let listen: string;
  let dataPath: string;

  const start = async (): Promise<void> => {
    master = await startMaster({ dataPath, listen, embeddedNode: false });
  };
  beforeAll(async () => {
    listen = `127.0.0.1:${await freePort()}`;
    dataPath = await tempFolder('master');
    await start();
    user = await signIn(master.url);
  });
  afterAll(closeAll);

  const create = (path: string, conflict: string) =>
    user.send('POST', fileBytesRoutes.uploads, {
      headers: {
        ...tus,
        'upload-length': String(sizeBytes),
        'upload-metadata': [
          `path ${Buffer.from(path).toString('base64')}`,
          `conflict ${Buffer.from(conflict).toString('base64')}`,
        ].join(','),
      },
    });
  const offsetOf = (address: string): Promise<number> =>
    eventually('the master knows the upload', async () => {
      const answer = await user.send('HEAD', address, { headers: tus }).catch(() => undefined);
      return answer?.status === 200 && { at: Number(answer.headers.get('upload-offset')) };
    }).then(({ at }) => at);
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

  it('A6 the old file is there, whole, until the new one is; the upload goes on after each kill', async () => {
    let old = randomBytes(50_000);
    await user.put('/file.bin', old);
    let kills = 0;
    while (kills < leastKills) {
      const content = randomBytes(sizeBytes);
      const wanted = [digest(old), digest(content)];
      const address = (await create('/file.bin', 'overwrite')).headers.get('location') ?? '';
      for (let isNew = false; !isNew; ) {
        const at = await offsetOf(address);
        const sending = user
          .send('PATCH', address, {
            body: content.subarray(at),
            headers: { ...tus, 'content-type': bytesType, 'upload-offset': String(at) },
          })
          .catch(() => undefined);
        if (kills < leastKills) {
          // Anywhere between the first byte and the publication.
          await delay(Math.random() * 60);
          await master.kill();
          kills += 1;
          await start();
        }
        await sending;
        const { sha256 } = await user.call<FileEntry>('GET', '/api/v1/files/stat?path=/file.bin');
        expect(wanted).toContain(sha256);
        expect(digest(await user.get('/file.bin'))).toBe(sha256);
        isNew = sha256 === wanted[1];
      }
      old = content;
    }
  });

  it('A6 small files that were answered are there, and no others than were sent', async () => {
    const sent = new Map<string, string>();
    const answered: string[] = [];
    let running = true;
    const client = async (name: string): Promise<void> => {
      for (let index = 0; running; index += 1) {
        const path = `/${name}-${index}`;
        const bytes = randomBytes(20_000);
        sent.set(path, digest(bytes));
        await user.put(path, bytes).then(
          () => answered.push(path),
          () => delay(20),
        );
      }
    };
    const clients = ['a', 'b', 'c'].map(client);
    for (let kills = 0; kills < 4; kills += 1) {
      await delay(100 + Math.random() * 300);
      await master.kill();
      await start();
    }
    running = false;
    await Promise.all(clients);
    expect(answered.length).toBeGreaterThan(10);
    const { entries } = await user.call<{ entries: FileEntry[] }>('GET', '/api/v1/files?path=/');
    const found = new Map(entries.map((entry) => [entry.path, entry.sha256]));
    for (const path of answered) expect(found.get(path), path).toBe(sent.get(path));
    for (const [path, sha256] of found) if (path !== '/file.bin') expect(sha256).toBe(sent.get(path));
  });

  it('A6 nothing half-written is left', async () => {
    expect(await master.stop()).toBe(0);
    expect(await inspectData(dataPath)).toMatchObject(clean);
  });
});
