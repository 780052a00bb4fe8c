import { randomBytes } from 'node:crypto';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Task, TaskDetail } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn, type TaskRequest } from '../support/api.ts';
import { addSlave, type ClusterSlave, startMasterBehind } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { clean, inspectData } from '../support/inspect-data.ts';
import { makeZip } from '../support/make-zip.ts';
import { closeAll, type RunningMaster } from '../support/programs.ts';

const mostMs = 5_000;

describe('cancel', () => {
  let master: RunningMaster;
  let user: Api;
  /** The slave's way to the master, and the master's way to the slave. */
  let up: FaultProxy;
  let down: FaultProxy;
  let slave: ClusterSlave;

  beforeAll(async () => {
    up = await startFaultProxy();
    down = await startFaultProxy();
    master = await startMasterBehind(up, {
      env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '2', LONGSHORE_TASKS_SPLIT_ABOVE: '2 MiB' },
    });
    user = await signIn(master.url);
    slave = await addSlave(user, { name: 'anna', via: down });
    await user.put('/big.bin', randomBytes(6_000_000));
    await user.put('/small.txt', Buffer.from('small'));
    const made = await user.submit({
      kind: 'create-archive',
      sources: ['/big.bin'],
      destination: '/big.zip',
    });
    await user.ended(made.id);
  });
  afterAll(closeAll);

  const cancel = (id: string) => user.send<Task>('POST', `/api/v1/tasks/${id}/cancel`);
  const idle = (): Promise<unknown> =>
    eventually(
      'the slave is idle and holds nothing',
      async () => {
        const { vitals, leasedParts } = await user.node('anna');
        return (
          vitals?.running === 0 &&
          vitals.queued === 0 &&
          leasedParts === 0 &&
          (await slave.leftovers()).length === 0
        );
      },
      mostMs,
    );
  const compress = (options: Record<string, unknown> = {}): TaskRequest => ({
    kind: 'create-archive',
    sources: ['/big.bin'],
    destination: '/canceled.zip',
    ...options,
  });
  const extract: TaskRequest = { kind: 'extract-archive', source: '/big.zip', destination: '/canceled' };

  /** Submits, waits for the phase, cancels, and holds what follows against the promise. */
  async function cancelIn(request: TaskRequest, phase: (task: TaskDetail) => boolean): Promise<void> {
    const { id } = await user.submit(request);
    await eventually('the phase to cancel in', async () => phase(await user.task(id)));
    const startMs = performance.now();
    const answer = await cancel(id);
    expect(answer.body).toMatchObject({ state: 'canceled' });
    expect(performance.now() - startMs).toBeLessThan(mostMs);
    up.heal();
    down.heal();
    await idle();
    const task = await user.task(id);
    expect(task).toMatchObject({ state: 'canceled', outputs: [] });
    expect(task.parts.map((part) => part.state)).toEqual(task.parts.map(() => 'canceled'));
    const listing = await user.call<{ entries: { name: string }[] }>('GET', '/api/v1/files?path=/');
    expect(listing.entries.filter(({ name }) => name.startsWith('canceled'))).toEqual([]);
    expect(await cancel(id)).toMatchObject({ status: 202, body: { state: 'canceled' } });
  }

  it('T3 while no node takes the task', async () => {
    await user.call('PATCH', '/api/v1/nodes/anna', { enabled: false });
    await cancelIn(compress(), (task) => task.parts[0]?.waitingFor != null);
    await user.call('PATCH', '/api/v1/nodes/anna', { enabled: true });
  });

  it('T3 on the way to the node', async () => {
    down.set({ stalled: ['up', 'down'] });
    await cancelIn(compress(), (task) => task.parts[0]?.state === 'leased');
  });

  it('T3 A11 while the node reads and stores', async () => {
    up.set({ rate: 1_500_000 });
    await cancelIn(compress(), (task) => task.progress.bytesDone > 1_000_000);
  });

  it('T3 A11 while the node extracts', async () => {
    up.set({ rate: 1_500_000 });
    await cancelIn(extract, (task) => task.progress.bytesDone > 1_000_000);
  });

  it('T3 while the network to the node hangs', async () => {
    up.set({ rate: 1_500_000 });
    await cancelIn(compress(), (task) => {
      const underWay = task.progress.bytesDone > 1_000_000;
      if (underWay) {
        up.set({ stalled: ['up', 'down'] });
        down.set({ stalled: ['up', 'down'] });
      }
      return underWay;
    });
  });

  it('T3 while the node waits for its next try', async () => {
    await user.put('/bad.bin', randomBytes(70_000));
    for (const file of await readdir(join(master.dataPath, 'blobs'), {
      recursive: true,
      withFileTypes: true,
    })) {
      const path = join(file.parentPath, file.name);
      if (file.isFile() && (await stat(path)).size === 70_000) await writeFile(path, randomBytes(70_000));
    }
    await cancelIn(compress({ sources: ['/bad.bin'] }), (task) => task.parts[0]?.state === 'waiting');
  });

  it('M5 200 times against the end of the task: canceled and nothing, or completed and all of it', async () => {
    const outcomes = { completed: 0, canceled: 0 };
    // Walks to where both are as likely, however fast the machine is.
    let waitMs = 100;
    const race = async (index: number): Promise<void> => {
      const destination = `/race-${index}.zip`;
      const { id } = await user.submit({ kind: 'create-archive', sources: ['/small.txt'], destination });
      await new Promise((resolve) => setTimeout(resolve, waitMs * (0.5 + (index % 10) / 10)));
      const answer = await cancel(id);
      const task = await user.ended(id);
      const exists = (await user.send('GET', `/api/v1/files/stat?path=${destination}`)).status === 200;
      if (answer.status === 202) {
        expect({ state: task.state, exists }).toEqual({ state: 'canceled', exists: false });
        outcomes.canceled += 1;
        waitMs *= 1.1;
      } else {
        expect(answer).toMatchObject({ status: 409, body: { error: { code: 'TASK_FINAL' } } });
        expect({ state: task.state, exists }).toEqual({ state: 'completed', exists: true });
        outcomes.completed += 1;
        waitMs /= 1.1;
      }
    };
    for (let index = 0; index < 200; index += 20) {
      await Promise.all(Array.from({ length: 20 }, (_, at) => race(index + at)));
    }
    expect(outcomes.canceled).toBeGreaterThan(10);
    expect(outcomes.completed).toBeGreaterThan(10);
    await idle();
  });

  it('T3 M5 while hundreds of files are published: all of them, or none', async () => {
    const files = 400;
    const entries = Array.from({ length: files }, (_, at) => ({
      name: `${at}.txt`,
      content: Buffer.from(`${at}`),
    }));
    await user.put('/many.zip', makeZip(entries));
    const outcomes = { completed: 0, canceled: 0 };
    // Doubles and halves until it meets the end, and stays about there.
    let waitMs = 200;
    let step = 2;
    for (let index = 0; index < 40 && Math.min(outcomes.completed, outcomes.canceled) < 6; index += 1) {
      const destination = `/many-${index}`;
      const { id } = await user.submit({ kind: 'extract-archive', source: '/many.zip', destination });
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      const startMs = performance.now();
      const answer = await cancel(id);
      expect(performance.now() - startMs).toBeLessThan(mostMs);
      const { state } = await user.ended(id);
      const found = await user.send<{ entries: unknown[] }>('GET', `/api/v1/files?path=${destination}`);
      const published = found.status === 200 ? found.body.entries.length : 0;
      if (answer.status === 202) {
        expect({ state, published }).toEqual({ state: 'canceled', published: 0 });
        outcomes.canceled += 1;
        waitMs *= step;
      } else {
        expect(answer).toMatchObject({ status: 409, body: { error: { code: 'TASK_FINAL' } } });
        expect({ state, published }).toEqual({ state: 'completed', published: files });
        outcomes.completed += 1;
        waitMs /= step;
      }
      if (outcomes.canceled > 0 && outcomes.completed > 0) step = Math.max(1.05, step ** 0.7);
    }
    expect(outcomes.canceled).toBeGreaterThanOrEqual(4);
    expect(outcomes.completed).toBeGreaterThanOrEqual(4);
    await idle();
  });

  it('T3 A11 nothing is left behind', async () => {
    expect(await slave.program.stop()).toBe(0);
    expect(await master.stop()).toBe(0);
    expect(await inspectData(master.dataPath)).toMatchObject({ ...clean, orphans: 0, abandoned: 0 });
  });
});
