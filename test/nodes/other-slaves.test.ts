import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Node, TestStep } from '@longshore/protocol';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, freePort, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { closeAll, type Program, root, startMaster, startProgram, tempFolder } from '../support/programs.ts';

/** Stands before a slave of 1.0 and refuses what 1.1 has added: see the table of versions in docs/protocol.md. */
function onlyOldest(): { newer: string[]; pass: (port: number) => Promise<string> } {
  const newer: string[] = [];
  const routes = ['hello', 'attempts', 'attempts/cancel', 'archives/list', 'self-test'];
  const look = (path: string, sent: string): void => {
    // What a browser asks before it exchanges bytes is no part of it.
    if (path.startsWith('/blobs/v1/')) return;
    if (!routes.some((route) => path === `/slave/v1/${route}`)) newer.push(path);
    const body = (sent === '' ? {} : JSON.parse(sent)) as {
      attempts?: { sources?: unknown; traceparent?: unknown; work?: { kind: string; password?: unknown } }[];
      masterUrls?: unknown[];
    };
    if (path.endsWith('/self-test') && body.masterUrls?.length === 0)
      newer.push('a self-test without addresses');
    for (const { work, ...attempt } of body.attempts ?? []) {
      for (const field of ['sources', 'traceparent']) if (field in attempt) newer.push(field);
      if (work?.kind === 'check') newer.push('check');
      if (typeof work?.password === 'object' && work.password !== null) newer.push('encrypted password');
    }
  };
  const pass = async (port: number): Promise<string> => {
    const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
      const body = await text(incoming);
      const { method, url: path = '', headers } = incoming;
      const before = newer.length;
      look(path, body);
      if (newer.length > before) {
        outgoing.writeHead(400).end();
        return;
      }
      const passed = request({ host: '127.0.0.1', port, method, path, headers }, (said) => {
        outgoing.writeHead(said.statusCode ?? 0, said.headers);
        said.pipe(outgoing);
      });
      passed.once('error', () => outgoing.destroy());
      passed.end(body);
    };
    const server = createServer((incoming, outgoing) => {
      answer(incoming, outgoing).catch(() => outgoing.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  return { newer, pass };
}

/** A slave that was written from docs/protocol.md in another language, and can say that it speaks another version. */
describe('slaves that are not ours', () => {
  let user: Api;
  const made = new Map<string, Program & { dataPath: string }>();

  /** With `via`, the master reaches it at that address, from where everything is passed on to the port given. */
  async function start(
    name: string,
    protocol: string,
    via: (port: number) => Promise<string> = async (port) => `http://127.0.0.1:${port}`,
  ): Promise<Program & { dataPath: string }> {
    const port = await freePort();
    const url = await via(port);
    const { secret } = await user.call<{ node: Node; secret: string }>('POST', '/api/v1/nodes', {
      name,
      url,
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
      env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1', LONGSHORE_TASKS_SPLIT_ABOVE: '200 KB' },
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

  it('N10 T11 pieces of an archive go only to slaves that say they know them', async () => {
    await addSlave(user, { name: 'ours-too' });
    const password = 'a secret';
    const task = await zip('/shared.zip', { password });
    expect(task).toMatchObject({ state: 'completed', nodes: ['ours', 'ours-too'] });
    expect(task.parts.map(({ joins }) => joins)).toEqual([false, false, true]);
    const { id } = await user.submit({
      kind: 'extract-archive',
      source: '/shared.zip',
      destination: '/shared',
      password,
      node: 'ours',
    });
    expect(await user.ended(id)).toMatchObject({ state: 'completed', rejectedEntries: 0 });
    expect((await user.get('/shared/photos/été.txt')).toString()).toBe('summer'.repeat(10_000));
  });

  it('N10 a slave of 1.0 that takes nothing newer is sent nothing newer, and its work is done', async () => {
    const { newer, pass } = onlyOldest();
    await start('strict', '1.0', pass);
    await untilOnline(user, 'strict');
    const steps = String(await user.call<Buffer>('POST', '/api/v1/nodes/strict/test'));
    expect(steps).not.toMatch(/"status":"(failed|warning)"/);
    expect(await zip('/strict.zip', { node: 'strict' })).toMatchObject({
      state: 'completed',
      nodes: ['strict'],
    });
    expect(newer).toEqual([]);
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
