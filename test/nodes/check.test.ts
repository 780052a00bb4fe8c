import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave } from '../support/cluster.ts';
import { closeAll, startMaster } from '../support/programs.ts';

describe('a task that only goes to a node and back', () => {
  let admin: Api;
  let shed: ClusterSlave;

  beforeAll(async () => {
    const master = await startMaster();
    admin = await signIn(master.url);
    shed = await addSlave(admin, { name: 'shed', capabilities: ['extract-archive'] });
  });
  afterAll(closeAll);

  it('N3 completes on the chosen node, whatever else the node may do, and leaves nothing behind', async () => {
    const { id } = await admin.submit({ kind: 'check', node: 'shed' });
    const task = await admin.ended(id);
    expect(task).toMatchObject({ state: 'completed', nodes: ['shed'], outputs: [], title: 'check of shed' });
    expect(task.parts[0]?.attempts[0]?.events.map(({ event }) => event)).toEqual(['try 1', 'completed']);
    expect(await shed.leftovers()).toEqual([]);
  });

  it('N3 is retried like any other task', async () => {
    const { id } = await admin.submit({ kind: 'check', node: 'shed' });
    await admin.ended(id);
    const again = await admin.call<{ id: string }>('POST', `/api/v1/tasks/${id}/retry`, {});
    expect(await admin.ended(again.id)).toMatchObject({ state: 'completed', retryOf: id });
  });

  it('N3 waits, and says for what, while its node does not answer', async () => {
    await shed.program.kill();
    const { id } = await admin.submit({ kind: 'check', node: 'shed' });
    expect(await admin.task(id)).toMatchObject({ state: 'queued' });
    await shed.restart();
    expect(await admin.ended(id, 60_000)).toMatchObject({ state: 'completed', nodes: ['shed'] });
  });
});
