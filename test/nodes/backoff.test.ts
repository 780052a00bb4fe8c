import { randomBytes } from 'node:crypto';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { closeAll, type RunningMaster, startMaster } from '../support/programs.ts';

const oddBytes = 70_001;

describe('a task that waits long for its next try', () => {
  let master: RunningMaster;
  let user: Api;

  beforeAll(async () => {
    master = await startMaster({ embeddedNode: false });
    user = await signIn(master.url);
    await addSlave(user, {
      name: 'anna',
      env: {
        LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_WORKER_NUM: '1',
        LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_RETRY_DELAY: '600',
      },
    });
    await user.put('/bad.bin', randomBytes(oddBytes));
    await user.put('/good.bin', randomBytes(70_000));
    await damage(join(master.dataPath, 'blobs'));
  });
  afterAll(closeAll);

  it('M10 stands in the way of none of ten others, though the node does one thing at a time', async () => {
    const compress = (source: string, destination: string) =>
      user.submit({ kind: 'create-archive', sources: [source], destination });
    const waiting = await compress('/bad.bin', '/bad.zip');
    await eventually('the next try is far away', async () => {
      const { parts } = await user.task(waiting.id);
      const told = parts[0]?.attempts[0]?.events.some(({ event }) => /failed, next in \d{3,} s/.test(event));
      return parts[0]?.state === 'waiting' && told;
    });
    const others: string[] = [];
    for (let index = 0; index < 10; index += 1) {
      others.push((await compress('/good.bin', `/good-${index}.zip`)).id);
    }
    for (const id of others) {
      const task = await user.ended(id);
      expect(task).toMatchObject({ state: 'completed', nodes: ['anna'] });
      expect(task.parts[0]?.attempts).toHaveLength(1);
    }
    const still = await user.task(waiting.id);
    expect(still).toMatchObject({ state: 'running', finishedAtMs: null, parts: [{ state: 'waiting' }] });
    expect(still.parts[0]?.attempts).toHaveLength(1);
    const answer = await user.send('POST', `/api/v1/tasks/${waiting.id}/cancel`);
    expect(answer).toMatchObject({ status: 202, body: { state: 'canceled' } });
  });
});

/** Turns the content of the blob of that size into something else, as a disk may. */
async function damage(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && (await stat(path)).size === oddBytes) await writeFile(path, randomBytes(oddBytes));
  }
}
