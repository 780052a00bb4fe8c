import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { closeAll, startMaster } from '../support/programs.ts';

describe('the limits of a slave', () => {
  let user: Api;

  beforeAll(async () => {
    const env = { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1' };
    user = await signIn((await startMaster({ embeddedNode: false, env })).url);
    await addSlave(user, { name: 'full', env: { LONGSHORE_SLAVE_MIN_FREE_SPACE: '900 TiB' } });
    await user.put('/a.bin', Buffer.alloc(3_000_000, 'a'));
  });
  afterAll(closeAll);

  const compress = (destination: string) =>
    user.submit({ kind: 'create-archive', sources: ['/a.bin'], destination });

  it('S5 work that needs temporary space waits for a node that has it, says so, and holds nothing else up', async () => {
    const large = await compress('/a.7z');
    const waiting = await eventually('the reason is shown', async () => {
      const [part] = (await user.task(large.id)).parts;
      return part?.waitingFor ?? undefined;
    });
    expect(waiting).toContain('full: 0 MiB of temporary space left, 6 MiB needed');
    const streamed = await user.ended((await compress('/a.zip')).id);
    expect(streamed).toMatchObject({ state: 'completed', nodes: ['full'] });
    expect((await user.task(large.id)).parts[0]).toMatchObject({ state: 'queued', attempts: [] });

    await addSlave(user, { name: 'roomy' });
    expect(await user.ended(large.id)).toMatchObject({ state: 'completed', nodes: ['roomy'] });
    const extracted = await user.submit({ kind: 'extract-archive', source: '/a.7z', destination: '/out' });
    expect(await user.ended(extracted.id)).toMatchObject({ state: 'completed', nodes: ['roomy'] });
  });

  it('S5 a limit of bandwidth holds for what a task reads and writes', async () => {
    await addSlave(user, {
      name: 'slow',
      capabilities: ['create-archive'],
      env: { LONGSHORE_SLAVE_MAX_BANDWIDTH: '2 MB' },
    });
    const startMs = performance.now();
    const task = await user.submit({
      kind: 'create-archive',
      sources: ['/a.bin'],
      destination: '/slow.tar',
      node: 'slow',
    });
    expect(await user.ended(task.id)).toMatchObject({ state: 'completed', nodes: ['slow'] });
    // 3 MB come and go.
    expect(performance.now() - startMs).toBeGreaterThan(2500);
  });
});
