import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archiveOf, fileMember } from '../../packages/slave/src/archive/test-support/run-archive.ts';
import { createArchiveThreads } from '../../packages/slave/src/archive/threads/archive-threads.ts';
import { type Api, signIn, type TaskRequest } from '../support/api.ts';
import { addSlave, type ClusterSlave } from '../support/cluster.ts';
import { closeAll, startMaster } from '../support/programs.ts';
import { seededRandom } from '../support/seeded-random.ts';

const limitMiB = 250;

/** The most resident memory that a process has had since it was last forgotten. */
function peakMiB(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

describe('A1 A3 what a slave takes of memory', () => {
  let user: Api;
  let slave: ClusterSlave;
  beforeAll(async () => {
    const master = await startMaster({ embeddedNode: false });
    user = await signIn(master.url);
    slave = await addSlave(user, { name: 'anna' });
  });
  afterAll(closeAll);

  async function peakOf(request: TaskRequest): Promise<number> {
    const { pid } = slave.program.child;
    await writeFile(`/proc/${pid}/clear_refs`, '5');
    const { id } = await user.submit(request);
    const task = await user.ended(id, 290_000);
    expect(task).toMatchObject({ state: 'completed', rejectedEntries: 0 });
    if (process.env.LONGSHORE_SHOW_MEMORY)
      process.stdout.write(`${request.kind} ${peakMiB(pid).toFixed(0)} MiB\n`);
    return peakMiB(pid);
  }

  async function putZip(path: string, members: Parameters<typeof archiveOf>[1]): Promise<void> {
    const threads = createArchiveThreads({ size: 2 });
    await user.put(path, await archiveOf(threads, members, { format: 'zip', level: 'fast' }));
    await threads.close();
  }

  it('stays below 250 MiB for a zip of 4 000 small files, both ways', { timeout: 600_000 }, async () => {
    const random = seededRandom(1);
    const members = Array.from({ length: 4_000 }, (_, at) =>
      fileMember(`${at % 50}/file-${at}.txt`, `${at} ${random()} `.repeat(10 + (at % 300))),
    );
    await putZip('/small.zip', members);
    const extract: TaskRequest = { kind: 'extract-archive', source: '/small.zip', destination: '/small' };
    expect(await peakOf(extract)).toBeLessThan(limitMiB);
    const create: TaskRequest = { kind: 'create-archive', sources: ['/small'], destination: '/again.zip' };
    expect(await peakOf(create)).toBeLessThan(limitMiB);
  });

  it('stays below 250 MiB for one file of 512 MiB in a zip and a tar.zst', { timeout: 600_000 }, async () => {
    const random = seededRandom(2);
    const block = Buffer.alloc(16 * 1024 * 1024);
    for (let at = 0; at < block.length; at += 4) block.writeUInt32LE(Math.floor(random() * 2 ** 32), at);
    // Noise that comes again after 16 MiB shrinks no better than any other.
    const content = Buffer.alloc(512 * 1024 ** 2, block);
    await putZip('/large.zip', [fileMember('large.bin', content)]);
    const extract: TaskRequest = { kind: 'extract-archive', source: '/large.zip', destination: '/large' };
    expect(await peakOf(extract)).toBeLessThan(limitMiB);
    for (const destination of ['/large-2.zip', '/large-2.tar.zst']) {
      const create: TaskRequest = { kind: 'create-archive', sources: ['/large'], destination };
      expect(await peakOf(create), destination).toBeLessThan(limitMiB);
    }
  });
});
