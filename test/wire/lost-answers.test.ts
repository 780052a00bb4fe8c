import { setTimeout as delay } from 'node:timers/promises';
import type { FileEntry, Task, TaskDetail } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, type ApiAnswer, api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, startMasterBehind } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { clean, inspectData } from '../support/inspect-data.ts';
import { closeAll, type RunningMaster } from '../support/programs.ts';
import { seededRandom } from '../support/seeded-random.ts';

const fewestCalls = 600;
const fewestStrikes = 6;
const mostMs = 60_000;
const clients = 8;

/** One wish of a user: a submit, perhaps a cancel, each repeated until it is answered. */
type Wish = { readonly id: string; readonly destination: string; readonly isCanceled: boolean };

describe('answers that are lost on every way', () => {
  let master: RunningMaster;
  let user: Api;
  let far: Api;
  let slave: ClusterSlave;
  /** From users to the master, from the slave to the master, and from the master to the slave. */
  const ways: FaultProxy[] = [];
  const wishes: Wish[] = [];
  let calls = 0;
  let lost = 0;

  beforeAll(async () => {
    for (let way = 0; way < 3; way += 1) ways.push(await startFaultProxy());
    const [front, up, down] = ways as [FaultProxy, FaultProxy, FaultProxy];
    master = await startMasterBehind(up, { env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '3' } });
    front.target = Number(new URL(master.url).port);
    user = await signIn(master.url);
    far = api(front.url, user.token);
    await user.put('/tiny.txt', Buffer.from('tiny'));
    slave = await addSlave(user, {
      name: 'anna',
      via: down,
      env: {
        LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_RETRY_DELAY: '0.1',
        LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_BACKOFF_FACTOR: '1',
        LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_MAX_RETRY: '100',
      },
    });
  });
  afterAll(closeAll);

  /** The same request until an answer arrives. */
  async function insist(send: () => Promise<ApiAnswer<Task>>): Promise<ApiAnswer<Task>> {
    for (;;) {
      calls += 1;
      const answer = await send().catch(() => undefined);
      if (answer !== undefined) return answer;
      lost += 1;
      await delay(10);
    }
  }

  async function client(name: number, endMs: number): Promise<void> {
    const random = seededRandom(name);
    const isEnough = () => calls >= fewestCalls && ways.every((way) => way.strikes() >= fewestStrikes);
    for (let index = 0; !isEnough() && performance.now() < endMs; index += 1) {
      const destination = `/made-${name}-${index}.zip`;
      const body = { kind: 'create-archive', sources: ['/tiny.txt'], destination };
      const headers = { 'idempotency-key': `wish-${name}-${index}` };
      const submitted = await insist(() => far.send('POST', '/api/v1/tasks', { body, headers }));
      expect(submitted.status, JSON.stringify(submitted.body)).toBe(202);
      const { id } = submitted.body;
      let isCanceled = false;
      if (random() < 0.4) {
        await delay(random() * 200);
        const canceled = await insist(() => far.send('POST', `/api/v1/tasks/${id}/cancel`));
        expect([202, 409], JSON.stringify(canceled.body)).toContain(canceled.status);
        isCanceled = canceled.status === 202;
      }
      wishes.push({ id, destination, isCanceled });
    }
  }

  it('B2 each submit, cancel and completion has one effect, however often it was sent', async () => {
    let running = true;
    const faults = async (): Promise<void> => {
      for (let at = 0; running; at += 1) {
        const way = ways[at % ways.length];
        way?.set({ cut: { direction: 'down', afterBytes: 0 } });
        await delay(60);
        way?.heal();
        await delay(20);
      }
    };
    const failing = faults();
    const endMs = performance.now() + mostMs;
    await Promise.all(Array.from({ length: clients }, (_, name) => client(name, endMs)));
    running = false;
    await failing;

    expect(wishes.length).toBeGreaterThan(20);
    expect(lost).toBeGreaterThan(10);
    for (const way of ways) expect(way.strikes()).toBeGreaterThanOrEqual(fewestStrikes);

    const ended: TaskDetail[] = [];
    for (const { id } of wishes) ended.push(await user.ended(id, 60_000));
    const listed = await eventually('all tasks are listed', () => listAll<Task>('tasks', '/api/v1/tasks'));
    expect(listed.map(({ id }) => id).toSorted()).toEqual(wishes.map(({ id }) => id).toSorted());
    const files = await listAll<FileEntry>('entries', '/api/v1/files?path=/');
    const made = files.map(({ path }) => path).filter((path) => path.startsWith('/made-'));
    const wanted = wishes.filter(({ isCanceled }) => !isCanceled).map(({ destination }) => destination);
    expect(made.toSorted()).toEqual(wanted.toSorted());
    for (const [at, task] of ended.entries()) {
      expect(task).toMatchObject({ state: wishes[at]?.isCanceled ? 'canceled' : 'completed', error: null });
      const attempts = task.parts.flatMap((part) => part.attempts);
      const completed = attempts.filter(({ state }) => state === 'completed');
      if (!wishes[at]?.isCanceled) expect(completed).toHaveLength(1);
      for (const { events } of completed) {
        const names = events.map(({ event }) => event);
        expect(new Set(names).size).toBe(names.length);
      }
    }
  });

  async function listAll<Item>(field: string, path: string): Promise<Item[]> {
    const items: Item[] = [];
    const separator = path.includes('?') ? '&' : '?';
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query: string = `limit=500${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
      const page: Record<string, unknown> = await user.call('GET', `${path}${separator}${query}`);
      items.push(...(page[field] as Item[]));
      cursor = (page.next as string | null | undefined) ?? null;
    }
    return items;
  }

  it('B2 nothing is left of what was asked twice', async () => {
    await eventually('the slave is idle', async () => {
      const { vitals, leasedParts } = await user.node('anna');
      return vitals?.running === 0 && vitals.queued === 0 && leasedParts === 0;
    });
    expect(await slave.leftovers()).toEqual([]);
    expect(await slave.program.stop()).toBe(0);
    expect(await master.stop()).toBe(0);
    expect(await inspectData(master.dataPath)).toMatchObject({ ...clean, orphans: 0, abandoned: 0 });
  });
});
