import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Node, TestStep } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, freePort, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { closeAll, type Program, root, startMaster, startProgram, tempFolder } from '../support/programs.ts';

/** A slave that was written from docs/protocol.md in another language, and can say that it speaks another version. */
describe('slaves that are not ours', () => {
  let user: Api;
  const made = new Map<string, Program & { dataPath: string }>();

  async function start(name: string, protocol: string): Promise<Program & { dataPath: string }> {
    const port = await freePort();
    const { secret } = await user.call<{ node: Node; secret: string }>('POST', '/api/v1/nodes', {
      name,
      url: `http://127.0.0.1:${port}`,
      capabilities: ['create-archive'],
      weight: 1000,
    });
    const dataPath = await tempFolder(name);
    const program = await startProgram({
      command: 'python3',
      args: [
        join(root, 'docs/examples/slave.py'),
        ...['--listen', String(port), '--data', dataPath, '--protocol', protocol],
      ],
      env: { LONGSHORE_SECRET: secret },
      ready: /listens on port/,
    });
    const slave = { ...program, dataPath };
    made.set(name, slave);
    return slave;
  }

  const zip = async (destination: string, more: object = {}) => {
    const { id } = await user.submit({ kind: 'create-archive', sources: ['/photos'], destination, ...more });
    return user.ended(id);
  };

  beforeAll(async () => {
    const master = await startMaster({
      embeddedNode: false,
      env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1' },
    });
    user = await signIn(master.url);
    await addSlave(user, { name: 'ours' });
    await user.call('POST', '/api/v1/folders', { path: '/photos' });
    await user.put('/photos/été.txt', Buffer.from('summer'.repeat(10_000)));
    await user.put('/photos/b.bin', Buffer.alloc(300_000, 9));
  });
  afterAll(closeAll);

  it('P7 a slave in Python passes the communication test and makes an archive with the bytes it was given', async () => {
    await start('python', '1.1');
    await untilOnline(user, 'python');
    const test = await user.call<Buffer>('POST', '/api/v1/nodes/python/test');
    const steps = String(test)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TestStep);
    expect(steps.filter((step) => step.status === 'failed' || step.status === 'warning')).toEqual([]);
    const task = await zip('/python.zip', { node: 'python' });
    expect(task).toMatchObject({ state: 'completed', nodes: ['python'], error: null });
    const file = join(await tempFolder('zip'), 'python.zip');
    await writeFile(file, await user.get('/python.zip'));
    const list = `import sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
print([(i.filename, i.file_size) for i in z.infolist() if not i.is_dir()])`;
    expect(execFileSync('python3', ['-c', list, file], { encoding: 'utf8' }).trim()).toBe(
      "[('photos/b.bin', 300000), ('photos/été.txt', 60000)]",
    );
  });

  it('P7 its archive is read by a slave of ours, byte by byte', async () => {
    const { id } = await user.submit({
      kind: 'extract-archive',
      source: '/python.zip',
      destination: '/back',
    });
    expect(await user.ended(id)).toMatchObject({ state: 'completed', nodes: ['ours'] });
    expect((await user.get('/back/photos/été.txt')).toString()).toBe('summer'.repeat(10_000));
  });

  it.each([
    ['an older minor version', '1.0'],
    ['a newer minor version', '1.42'],
  ])('N10 D6 a slave of %s (%s) is sent work and does it', async (_what, protocol) => {
    const name = `v${protocol.replace('.', '-')}`;
    await start(name, protocol);
    expect(await untilOnline(user, name)).toMatchObject({ vitals: { protocol } });
    expect(await zip(`/${name}.zip`, { node: name })).toMatchObject({ state: 'completed', nodes: [name] });
  });

  it.each([
    ['an older', '0.9'],
    ['a newer', '2.0'],
  ])(
    'N10 D6 a slave of %s major version (%s) is refused with both versions, and sent no task',
    async (_what, protocol) => {
      const name = `v${protocol.replace('.', '-')}`;
      const slave = await start(name, protocol);
      const node = await eventually('the node says why', async () => {
        const found = await user.node(name);
        return found.lastError?.code === 'VERSION_MISMATCH' && found;
      });
      expect(node.lastError?.message).toMatch(new RegExp(`^Master: 1\\.\\d+.*, Slave: ${protocol}`));
      expect(node).toMatchObject({ health: 'never-seen', vitals: null });
      // Of all nodes it has the greatest weight.
      expect((await zip(`/${name}.zip`)).nodes).not.toContain(name);
      const chosen = await user.submit({
        kind: 'create-archive',
        sources: ['/photos'],
        destination: `/chosen-${name}.zip`,
        node: name,
      });
      const waiting = await eventually(
        'the reason',
        async () => (await user.task(chosen.id)).parts[0]?.waitingFor,
      );
      expect(waiting).toContain(`${name}: never-seen, VERSION_MISMATCH`);
      await user.call('POST', `/api/v1/tasks/${chosen.id}/cancel`);
      await slave.stop();
    },
  );

  it('N10 D6 a slave that comes back with another major version gets nothing new', async () => {
    const slave = made.get('python');
    await slave?.stop();
    const node = await user.node('python');
    const port = new URL(node.url ?? '').port;
    const rotated = await user.call<{ secret: string }>('POST', '/api/v1/nodes/python/rotate-key', {
      overlapSeconds: 0,
    });
    const newer = await startProgram({
      command: 'python3',
      args: [
        join(root, 'docs/examples/slave.py'),
        ...['--listen', port, '--data', slave?.dataPath ?? '', '--protocol', '2.0'],
      ],
      env: { LONGSHORE_SECRET: rotated.secret },
      ready: /listens on port/,
    });
    // It knows its master from its journal, and calls by itself.
    await eventually('its heartbeat is refused', async () => newer.log().includes('VERSION_MISMATCH'));
    expect(newer.log()).toMatch(
      /Master: 1\.\d+ \(Longshore [^)]+\), Slave: 2\.0 \(Longshore 0\.1\.0-python\)/,
    );
    await eventually('offline', async () => (await user.node('python')).health === 'offline');
    expect((await zip('/after.zip')).nodes).not.toContain('python');
  });
});
