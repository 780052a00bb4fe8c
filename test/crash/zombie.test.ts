import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave, startMasterBehind, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { clean, inspectData } from '../support/inspect-data.ts';
import { closeAll, type RunningMaster } from '../support/programs.ts';
import { sendReport, sendSigned, toAnswer } from '../support/signed-peer.ts';
import { contentsOfArchive, describeBytes } from '../support/user-files.ts';

/** A slave that stands still for longer than its lease, and then goes on as if nothing had happened. */
describe('a slave that comes back from the dead', () => {
  let master: RunningMaster;
  let user: Api;
  let proxy: FaultProxy;
  let anna: ClusterSlave;
  let berta: ClusterSlave;
  const content = randomBytes(6_000_000);

  beforeAll(async () => {
    proxy = await startFaultProxy({ record: true });
    master = await startMasterBehind(proxy, { env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '0.7' } });
    user = await signIn(master.url);
    await user.put('/big.bin', content);
    anna = await addSlave(user, { name: 'anna' });
  });
  afterAll(closeAll);

  it('A4 T10 can neither report nor store: what the other node made is what counts', async () => {
    proxy.set({ rate: 2_000_000 });
    const { id } = await user.submit({
      kind: 'create-archive',
      sources: ['/big.bin'],
      destination: '/big.zip',
      level: 0,
    });
    await eventually('anna stores the archive', async () => {
      const bytes = (await user.task(id)).progress.bytesDone;
      return bytes > content.length / 4;
    });
    anna.program.child.kill('SIGSTOP');
    berta = await addSlave(user, { name: 'berta' });
    proxy.set({ rate: 2_500_000 });
    const part = await eventually('berta has taken over', async () => {
      const [found] = (await user.task(id)).parts;
      return found?.attempts[1]?.node === 'berta' && found;
    });

    // The words of the zombie, while the other node is at work: attempt 1 in its own name, and attempt 2 as well.
    const zombie = (attempt: number, event: unknown) =>
      sendReport(master.url, anna.secret, { partId: part.id, attempt, sequence: 900, event });
    const progress = { phase: 'done', bytesDone: 1, bytesTotal: 1, entriesDone: 1, entriesTotal: 1 };
    const words = [
      { type: 'completed', progress },
      { type: 'failed', error: { code: 'INTERNAL', message: 'x', hint: 'x' } },
      { type: 'progress', progress },
      { type: 'returned', error: { code: 'INTERNAL', message: 'x', hint: 'x' } },
      { type: 'canceled' },
    ];
    for (const event of words) {
      expect(await zombie(1, event)).toBe('lease-lost');
      expect(await zombie(2, event)).toBe('lease-lost');
    }
    const sent = proxy.recorded().map(({ up }) => up.toString('latin1'));
    const [ticket] = sent.flatMap((up) => /PUT \/blobs\/.*?(Bearer [\w.-]+)/s.exec(up)?.[1] ?? []);
    const put = await fetch(`${master.url}/blobs/v1/${crypto.randomUUID()}`, {
      method: 'PUT',
      headers: { authorization: ticket ?? '' },
      body: 'late',
    });
    expect(toAnswer(put.status, await put.text())).toMatchObject({ status: 409, code: 'LEASE_LOST' });
    for (const route of ['sources', 'stored-entries']) {
      const target = `/node/v1/parts/${part.id}/attempts/1/${route}`;
      expect(await sendSigned(master.url, { secret: anna.secret, method: 'GET', target })).toMatchObject({
        status: 409,
        code: 'LEASE_LOST',
      });
    }

    anna.program.child.kill('SIGCONT');
    const task = await user.ended(id);
    expect(task).toMatchObject({ state: 'completed', error: null });
    expect(task.parts[0]?.attempts.map(({ state, node }) => `${state} by ${node}`)).toEqual([
      'lost by anna',
      'completed by berta',
    ]);
    await untilOnline(user, 'anna');
    await eventually('anna stops and forgets the attempt', async () => {
      const { vitals } = await user.node('anna');
      return vitals?.running === 0 && vitals.queued === 0 && (await anna.leftovers()).length === 0;
    });
    expect(await contentsOfArchive(user, '/big.zip')).toEqual({ 'big.bin': describeBytes(content) });
  });

  it('T10 after the end of the task nothing changes it either', async () => {
    const { tasks } = await user.call<{ tasks: { id: string }[] }>('GET', '/api/v1/tasks');
    const task = await user.task(tasks[0]?.id ?? '');
    const report = { partId: task.parts[0]?.id, sequence: 999, event: { type: 'canceled' } };
    expect(await sendReport(master.url, anna.secret, { ...report, attempt: 1 })).toBe('lease-lost');
    expect(await sendReport(master.url, anna.secret, { ...report, attempt: 2 })).toBe('lease-lost');
    expect(await user.task(task.id)).toEqual(task);
  });

  it('A4 nothing of the zombie is left', async () => {
    for (const { program } of [anna, berta]) expect(await program.stop()).toBe(0);
    expect(await master.stop()).toBe(0);
    expect(await inspectData(master.dataPath)).toMatchObject({ ...clean, orphans: 0, abandoned: 0 });
  });
});
