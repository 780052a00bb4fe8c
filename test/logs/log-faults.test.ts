import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { freePort } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { adminPassword, closeAll, root, startMaster, startProgram, tempFolder } from '../support/programs.ts';

const env = { LONGSHORE_SYSTEM_LOG_LEVEL: 'trace', LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '0.5' };
const forged = '{"level":"fatal","msg":"forged"}';

/** A master and its embedded node whose log goes where the shell sends it. */
const startWithLog = async (redirection: string, format: string) =>
  startProgram({
    command: 'sh',
    args: [
      '-c',
      `exec "$0" "$@" ${redirection}`,
      join(root, 'master'),
      ...['--data', await tempFolder('log'), '--listen', '127.0.0.1:0'],
    ],
    env: { ...env, LONGSHORE_ADMIN_PASSWORD: adminPassword, LONGSHORE_SYSTEM_LOG_FORMAT: format },
    ready: /(http:\/\/[^\s]+:\d+)/,
  });

async function works(url: string): Promise<Api> {
  const user = await signIn(url);
  await user.put('/a.txt', Buffer.from('content'));
  const { id } = await user.submit({ kind: 'create-archive', sources: ['/a.txt'], destination: '/a.zip' });
  expect((await user.ended(id)).state).toBe('completed');
  return user;
}

describe('N3 a log that cannot be written', () => {
  afterEach(closeAll);

  it.for(['json', 'pretty'])('because its disk is full stops nothing (%s)', async (format) => {
    const master = await startWithLog('2>/dev/full', format);
    await works(master.match[1] ?? '');
    expect(await master.stop()).toBe(0);
  });

  it('because its reader has gone stops nothing', async () => {
    const master = await startMaster({ env });
    master.child.stderr?.destroy();
    master.child.stdout?.destroy();
    await works(master.url);
    expect(await master.stop()).toBe(0);
  });

  it('nor does a greeting that nobody can read', async () => {
    const port = await freePort();
    const data = await tempFolder('log');
    const args = ['--data', data, '--listen', `127.0.0.1:${port}`];
    const child = spawn('sh', ['-c', 'exec "$0" "$@" >/dev/full', join(root, 'master'), ...args], {
      env: { ...process.env, ...env, LONGSHORE_ADMIN_PASSWORD: adminPassword },
      stdio: 'ignore',
    });
    try {
      await eventually('it answers', () =>
        fetch(`http://127.0.0.1:${port}/healthz`).then(
          ({ ok }) => ok,
          () => false,
        ),
      );
      await works(`http://127.0.0.1:${port}`);
    } finally {
      child.kill('SIGTERM');
    }
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});

describe('N3 a log line', () => {
  afterEach(closeAll);

  it('stays one line, whatever names are in it', async () => {
    const master = await startMaster({ env });
    const user = await works(master.url);
    const name = `\r\n${forged}\n`;
    await user.send('GET', `/api/v1/nodes/${encodeURIComponent(name)}`);
    await user.send('GET', `/nothing${encodeURIComponent(name)}`);
    await user.send('POST', '/api/v1/tasks', {
      body: { kind: 'extract-archive', source: `/${name}.zip`, destination: '/x' },
    });
    await user.send('POST', '/api/v1/login', { body: { user: name, password: name } });
    const lines = await eventually('all is logged', async () => {
      const found = master.log().trimEnd().split('\n');
      return found.some((line) => line.includes('/api/v1/login')) && found;
    });
    for (const line of lines) expect(() => JSON.parse(line) as unknown, line).not.toThrow();
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).not.toContain('forged');
  });
});
