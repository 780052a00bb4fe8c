import { randomBytes } from 'node:crypto';
import type { Node, Task } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { metricValues } from '../support/metric-values.ts';
import { closeAll, type RunningMaster, startMaster } from '../support/programs.ts';

let master: RunningMaster;
let user: Api;
let anna: ClusterSlave;
let berta: ClusterSlave;
let count = 0;

/** Enough places for all that is submitted at once: a node that is full for a second is passed over. */
const workers = { LONGSHORE_OPTION_OVERWRITE_QUEUE_SLAVE_WORKER_NUM: '60' };

async function start(env: Record<string, string>): Promise<void> {
  master = await startMaster({ env });
  user = await signIn(master.url);
  await user.put('/tiny.txt', Buffer.from('tiny'));
  anna = await addSlave(user, { name: 'anna', weight: 3, env: workers });
  berta = await addSlave(user, { name: 'berta', weight: 2, env: workers });
  await user.call('PATCH', '/api/v1/nodes/embedded', { enabled: false });
}

const edit = (name: string, change: Record<string, unknown>): Promise<Node> =>
  user.call('PATCH', `/api/v1/nodes/${name}`, change);
const submitTiny = (options: Record<string, unknown> = {}): Promise<Task> => {
  count += 1;
  const destination = `/tiny-${count}.zip`;
  return user.submit({ kind: 'create-archive', sources: ['/tiny.txt'], destination, ...options });
};

/** Submits and waits for the end, ten at a time, and looks how many each node got. */
async function expectShares(howMany: number, expected: { anna: number; berta: number }): Promise<void> {
  const before = await shares();
  let left = howMany;
  const ids: string[] = [];
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      ids.push((await submitTiny()).id);
    }
  };
  await Promise.all(Array.from({ length: 10 }, client));
  const reasons = new Set<string>();
  for (const id of ids) {
    const { state, parts } = await user.ended(id, 60_000);
    expect(state).toBe('completed');
    for (const { reason } of parts.flatMap(({ attempts }) => attempts)) reasons.add(reason);
  }
  const after = await shares();
  const got = { anna: after.anna - before.anna, berta: after.berta - before.berta };
  expect(got, [...reasons].join('\n')).toEqual(expected);
}

async function shares(): Promise<{ anna: number; berta: number }> {
  const [a, b] = [await user.node('anna'), await user.node('berta')];
  return { anna: a.picks['create-archive'] ?? 0, berta: b.picks['create-archive'] ?? 0 };
}

describe('how work is shared', () => {
  // Shares are exact among nodes that are well. On a machine that is busy for seconds a node would miss a heartbeat.
  beforeAll(() => start({ LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '60' }));
  afterAll(closeAll);

  it('N5 100 tiny tasks over weights 3 and 2: exactly 60 and 40, and exact from the moment weights are edited', async () => {
    await expectShares(100, { anna: 60, berta: 40 });
    await edit('anna', { weight: 1 });
    await edit('berta', { weight: 4 });
    await expectShares(100, { anna: 20, berta: 80 });
    await edit('anna', { weight: 3 });
    await edit('berta', { weight: 2 });
    await expectShares(20, { anna: 12, berta: 8 });
  });

  it('N5 M8 exact also when a round is cut off in its middle, and while nodes leave and return', async () => {
    await edit('anna', { weight: 1000 });
    await expectShares(30, { anna: 30, berta: 0 });
    await edit('anna', { weight: 1 });
    await edit('berta', { weight: 1 });
    await expectShares(20, { anna: 10, berta: 10 });
    await edit('berta', { draining: true });
    await expectShares(7, { anna: 7, berta: 0 });
    await edit('berta', { draining: false, weight: 4 });
    await expectShares(20, { anna: 4, berta: 16 });
    await edit('anna', { weight: 3 });
    await edit('berta', { weight: 2 });
    await expectShares(20, { anna: 12, berta: 8 });
  });

  it('M8 exact over weights 1, 2 and 4, also when one of the three leaves, or no longer does such work', async () => {
    await edit('anna', { weight: 1 });
    await edit('berta', { weight: 2 });
    const clara = await addSlave(user, { name: 'clara', weight: 4, env: workers });
    await expectShares(70, { anna: 10, berta: 20 });
    await user.call('DELETE', '/api/v1/nodes/clara');
    await clara.program.stop();
    await expectShares(9, { anna: 3, berta: 6 });
    await edit('anna', { capabilities: ['extract-archive'] });
    await expectShares(7, { anna: 0, berta: 7 });
    await edit('anna', { capabilities: ['create-archive', 'extract-archive'] });
    await expectShares(9, { anna: 3, berta: 6 });
  });

  it('N6 M8 a draining and a disabled node get nothing', async () => {
    await edit('anna', { draining: true });
    await expectShares(10, { anna: 0, berta: 10 });
    await edit('anna', { draining: false, enabled: false });
    await expectShares(10, { anna: 0, berta: 10 });
    await edit('anna', { enabled: true });
  });
});

describe('where work goes', () => {
  // The default heartbeat: the promises are made for it.
  beforeAll(() => start({}));
  afterAll(closeAll);

  it('N12 the reason of the choice is stored: whose turn it was, and who was passed over', async () => {
    const { id } = await submitTiny();
    const [part] = (await user.ended(id)).parts;
    expect(part?.attempts[0]?.reason).toMatch(
      /^its turn among anna 3, berta 2; passed over embedded: disabled/,
    );
  });

  it('N12 among equals an archive is extracted where it is stored, and none of its bytes cross the network', async () => {
    await user.put('/large.bin', randomBytes(1_000_000));
    const made = await user.submit({
      kind: 'create-archive',
      sources: ['/large.bin'],
      destination: '/large.zip',
    });
    expect(await user.ended(made.id)).toMatchObject({ state: 'completed' });
    const blobBytes = async (): Promise<number[]> => {
      const text = String(await user.call<Buffer>('GET', '/metrics'));
      const values = metricValues(text, 'longshore_http_bytes_total');
      return ['in', 'out'].map((way) => values[`{route="/blobs/v1/:blobId",direction="${way}"}`] ?? 0);
    };
    const before = await blobBytes();
    expect(Math.min(...before)).toBeGreaterThan(1_000_000);
    for (const name of ['anna', 'berta', 'embedded']) await edit(name, { weight: 1, enabled: true });
    const { id } = await user.submit({
      kind: 'extract-archive',
      source: '/large.zip',
      destination: '/large',
    });
    const task = await user.ended(id);
    expect(task).toMatchObject({ state: 'completed', nodes: ['embedded'] });
    expect(task.parts[0]?.attempts.map(({ reason }) => reason)).toEqual([
      'its turn among anna 1, berta 1, embedded 1, and it has the files at hand',
    ]);
    expect(await blobBytes()).toEqual(before);
    await edit('anna', { weight: 3 });
    await edit('berta', { weight: 2 });
    await edit('embedded', { enabled: false });
  });

  it('N1 edits, revisions and names', async () => {
    const node = await user.node('anna');
    const renamed = await edit('anna', { name: 'Anna-2', revision: node.revision });
    expect(renamed).toMatchObject({ name: 'Anna-2', revision: node.revision + 1 });
    const stale = await user.send('PATCH', '/api/v1/nodes/anna-2', {
      body: { weight: 9, revision: node.revision },
    });
    expect(stale).toMatchObject({ status: 409, body: { error: { code: 'NODE_CHANGED' } } });
    const taken = await user.send('PATCH', '/api/v1/nodes/anna-2', { body: { name: 'BERTA' } });
    expect(taken).toMatchObject({ status: 409, body: { error: { code: 'NODE_EXISTS' } } });
    await edit('anna-2', { name: 'anna' });
    expect((await user.node('anna')).weight).toBe(3);
  });

  it('N1 the embedded node cannot be deleted, nor given an address', async () => {
    const deleted = await user.send('DELETE', '/api/v1/nodes/embedded');
    expect(deleted).toMatchObject({ status: 409, body: { error: { code: 'NODE_EMBEDDED' } } });
    const moved = await user.send('PATCH', '/api/v1/nodes/embedded', { body: { url: 'http://127.0.0.1:1' } });
    expect(moved).toMatchObject({ status: 409, body: { error: { code: 'NODE_EMBEDDED' } } });
  });

  it('N12 NO_NODE a task that no node can take says why, and what stands in its way', async () => {
    for (const name of ['anna', 'berta']) await edit(name, { enabled: false });
    const { id } = await submitTiny();
    const waiting = await eventually('the reason', async () => (await user.task(id)).parts[0]?.waitingFor);
    expect(waiting).toMatch(
      /^no node can take it \(create-archive\); passed over anna: disabled, berta: disabled, embedded: disabled$/,
    );
    await edit('berta', { enabled: true });
    expect(await user.ended(id)).toMatchObject({ state: 'completed', nodes: ['berta'] });
    await edit('anna', { enabled: true });
  });

  it('N1 a node that holds work cannot be deleted', async () => {
    anna.program.child.kill('SIGSTOP');
    const { id } = await submitTiny({ node: 'anna' });
    await eventually('anna holds it', async () => (await user.task(id)).parts[0]?.state === 'leased');
    const refused = await user.send('DELETE', '/api/v1/nodes/anna');
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'NODE_IN_USE' } } });
    anna.program.child.kill('SIGCONT');
    expect(await user.ended(id)).toMatchObject({ state: 'completed' });
  });

  it('N4 a killed node is offline within 15 s and is sent nothing; a started one is back at once', async () => {
    await untilOnline(user, 'anna');
    await anna.program.kill();
    const startMs = performance.now();
    await eventually('anna is offline', async () => (await user.node('anna')).health === 'offline', 16_000);
    expect(performance.now() - startMs).toBeLessThan(15_000);
    await expectShares(10, { anna: 0, berta: 10 });
    await anna.restart();
    expect(await untilOnline(user, 'anna')).toMatchObject({ lastError: null });
  });

  it('N1 a deleted node is gone, and its slave is refused', async () => {
    await user.call('DELETE', '/api/v1/nodes/anna');
    expect(await user.send('GET', '/api/v1/nodes/anna')).toMatchObject({
      status: 404,
      body: { error: { code: 'NODE_NOT_FOUND' } },
    });
    await eventually('the slave is refused', async () => anna.program.log().includes('KEY_UNKNOWN'), 15_000);
    expect(await anna.program.stop()).toBe(0);
    expect(await berta.program.stop()).toBe(0);
  });
});
