import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { freePort, untilOnline } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { closeAll, type Program, root, startMaster, startProgram, tempFolder } from '../support/programs.ts';

/** What the documentation tells administrators to write, for the program at `upstream`. */
async function documentedLocation(upstream: RegExp): Promise<string> {
  const page = await readFile(join(root, 'docs/configuration.md'), 'utf8');
  const samples = [...page.matchAll(/```nginx\n([\s\S]*?)```/g)].map(([, text = '']) => text);
  const found = samples.find((text) => upstream.test(text));
  if (found === undefined) throw new Error(`docs/configuration.md has no sample for ${upstream}`);
  return found;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

describe('behind nginx, with the configuration of the documentation', () => {
  let folder: string;
  let nginx: ChildProcess;
  let slave: Program;
  let user: Api;
  let frontUrl: string;
  let slaveUrl: string;

  beforeAll(async () => {
    folder = await tempFolder('nginx');
    const [front, back, masterPort] = await Promise.all([freePort(), freePort(), freePort()]);
    frontUrl = `http://127.0.0.1:${front}`;
    slaveUrl = `http://127.0.0.1:${back}`;
    const socketPath = join(folder, 'slave.sock');
    const forMaster = (await documentedLocation(/127\.0\.0\.1:5212/)).replace(':5212', `:${masterPort}`);
    const forSlave = (await documentedLocation(/unix:/)).replace('/run/longshore/slave.sock', socketPath);
    const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const tempPaths = temps.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n');
    await mkdir(join(folder, 'client_body'), { recursive: true });
    await writeFile(
      join(folder, 'nginx.conf'),
      `daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
events {}
http {
access_log off;
${tempPaths}
server { listen 127.0.0.1:${front};
${forMaster}}
server { listen 127.0.0.1:${back};
${forSlave}}
}
`,
    );
    nginx = spawn(
      'nginx',
      ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')],
      {
        env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
        stdio: 'ignore',
      },
    );
    await eventually('nginx listens', () => answers(front));
    await startMaster({
      embeddedNode: false,
      listen: `127.0.0.1:${masterPort}`,
      env: {
        LONGSHORE_SITE_PUBLIC_URL: frontUrl,
        LONGSHORE_SITE_TRUSTED_PROXIES: '127.0.0.1',
        LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '1',
      },
    });
    user = await signIn(frontUrl);
    const { secret } = await user.call<{ secret: string }>('POST', '/api/v1/nodes', {
      name: 'anna',
      url: slaveUrl,
    });
    const file = join(folder, 'conf.ini');
    await writeFile(
      file,
      `[System]\nLogFormat = json\n[Slave]\nSecret = ${secret}\nDataPath = data\n[UnixSocket]\nListen = ${socketPath}\n`,
      { mode: 0o600 },
    );
    slave = await startProgram({
      command: join(root, 'slave'),
      args: ['-c', file],
      ready: /listens on .*, data in/,
    });
    await untilOnline(user, 'anna');
  });
  afterAll(async () => {
    await closeAll();
    nginx.kill('SIGTERM');
    await once(nginx, 'exit');
  });

  it('S6 the communication test is green', async () => {
    const steps = String(await user.call<Buffer>('POST', '/api/v1/nodes/anna/test'));
    expect(steps).not.toMatch(/"status":"(failed|warning)"/);
    expect(steps).toContain(`${frontUrl}: the master answered`);
  });

  it('S6 work is done, and 64 MiB pass up, through the slave and down without a copy at nginx', async () => {
    const content = randomBytes(64 * 1024 * 1024);
    await user.put('/big.bin', content);
    const made = await user.submit({
      kind: 'create-archive',
      sources: ['/big.bin'],
      destination: '/big.zip',
      level: 'fast',
    });
    expect(await user.ended(made.id, 120_000)).toMatchObject({ state: 'completed', nodes: ['anna'] });
    const back = await user.submit({ kind: 'extract-archive', source: '/big.zip', destination: '/back' });
    expect(await user.ended(back.id, 120_000)).toMatchObject({ state: 'completed', nodes: ['anna'] });
    const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    expect(sha256(await user.get('/back/big.bin'))).toBe(sha256(content));
    expect(await readFile(join(folder, 'error.log'), 'utf8')).not.toMatch(/buffered to a temporary file/);
  });

  it('S6 L7 the client is the one that nginx names, for the slave and for the master', async () => {
    const ask = (url: string, localAddress: string, body = '', more = {}): Promise<number> =>
      new Promise((resolve, reject) => {
        const headers = { 'content-type': 'application/json', ...more };
        const asking = request(url, { method: 'POST', localAddress, headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        });
        asking.once('error', reject);
        asking.end(body);
      });
    await ask(`${slaveUrl}/slave/v1/hello`, '127.0.0.7');
    await eventually('the slave logs its client', async () => slave.log().includes('"client":"127.0.0.7"'));
    const wrong = JSON.stringify({ user: 'admin', password: 'not the password' });
    const ownWord = { 'x-forwarded-for': '203.0.113.9' };
    const guesses: number[] = [];
    for (let guess = 0; guess < 6; guess += 1) {
      guesses.push(await ask(`${frontUrl}/api/v1/login`, '127.0.0.8', wrong, ownWord));
    }
    expect(guesses).toEqual([401, 401, 401, 401, 401, 429]);
    expect(await ask(`${frontUrl}/api/v1/login`, '127.0.0.9', wrong, ownWord)).toBe(401);
  });
});
