import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anonymous, signIn } from '../support/api.ts';
import {
  adminPassword,
  closeAll,
  type RunningMaster,
  root,
  startMaster,
  startProgram,
  tempFolder,
} from '../support/programs.ts';

/** Runs a program that cannot start, and answers its exit code and what it said. */
async function failToStart(args: string[], env: Record<string, string> = {}) {
  const child = spawn(join(root, 'master'), args, {
    cwd: root,
    env: { ...process.env, LONGSHORE_MASTER_EMBEDDED_NODE: 'false', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [said, stdout] = await Promise.all([text(child.stderr), text(child.stdout), once(child, 'exit')]);
  const lines = said.split('\n');
  const error = lines.find((line) => /^[A-Z_]+: /.test(line)) ?? '';
  return { code: child.exitCode, error, hint: lines.some((line) => line.startsWith('→ ')), stdout };
}

describe('a master that cannot start says why, and what to do', () => {
  let running: RunningMaster;

  beforeAll(async () => {
    running = await startMaster({ embeddedNode: false });
  });
  afterAll(closeAll);

  it('PORT_IN_USE names the port', async () => {
    const { host, port } = new URL(running.url);
    const failed = await failToStart(['--data', await tempFolder('data'), '--listen', host]);
    expect(failed).toMatchObject({ code: 2, hint: true, stdout: '' });
    expect(failed.error).toMatch(new RegExp(`^PORT_IN_USE: .*${port}`));
  });

  it('DATA_DIR_IN_USE names the folder and the process that uses it', async () => {
    const failed = await failToStart(['--data', running.dataPath, '--listen', '127.0.0.1:0']);
    expect(failed).toMatchObject({ code: 2, hint: true });
    expect(failed.error).toContain(`DATA_DIR_IN_USE: the folder ${running.dataPath} is used by process `);
    expect((await anonymous(running.url).send('GET', '/readyz')).status).toBe(200);
  });

  it('DATA_DIR_NOT_WRITABLE names the folder', async () => {
    const path = join(await tempFolder('data'), 'a-file');
    await writeFile(path, '');
    const failed = await failToStart(['--data', path, '--listen', '127.0.0.1:0']);
    expect(failed).toMatchObject({ code: 2, hint: true });
    expect(failed.error).toContain('DATA_DIR_NOT_WRITABLE: ');
    expect(failed.error).toContain(path);
  });

  it('DATABASE_TOO_NEW names what it does not know, and changes nothing', async () => {
    const dataPath = await tempFolder('data');
    const first = await startMaster({ dataPath, embeddedNode: false });
    await first.stop();
    const edit = (statement: string): void => {
      const database = new DatabaseSync(join(dataPath, 'longshore.db'));
      database.exec(statement);
      database.close();
    };
    edit(`insert into kysely_migration (name, timestamp) values ('9999-future', '2030-01-01')`);
    const failed = await failToStart(['--data', dataPath, '--listen', '127.0.0.1:0']);
    expect(failed).toMatchObject({ code: 2, hint: true });
    expect(failed.error).toMatch(/^DATABASE_TOO_NEW: .*9999-future/);
    edit(`delete from kysely_migration where name = '9999-future'`);
    const again = await startMaster({ dataPath, embeddedNode: false });
    await signIn(again.url);
    expect(await again.stop()).toBe(0);
  });

  it('DATABASE_UNAVAILABLE when PostgreSQL does not answer, without the password in the message', async () => {
    const failed = await failToStart(['--data', await tempFolder('data'), '--listen', '127.0.0.1:0'], {
      LONGSHORE_DATABASE_TYPE: 'postgres',
      LONGSHORE_DATABASE_URL: 'postgres://user:canary-password@127.0.0.1:1/longshore',
    });
    expect(failed).toMatchObject({ code: 2, hint: true });
    expect(failed.error).toMatch(/^DATABASE_UNAVAILABLE: /);
    expect(failed.error).not.toContain('canary-password');
  });

  it.each([
    ['a key nearest to another', ['[System]', 'LogLevl = info'], 2, /LogLevl.*LogLevel/],
    ['a section nearest to another', ['[System]', '', '[Sites]', 'PublicUrl = http://x'], 3, /Sites.*Site/],
    ['a bad word', ['[System]', 'LogLevel = loud'], 2, /LogLevel.*trace.*debug.*info/],
    ['a bad address', ['[System]', 'Listen = nowhere'], 2, /Listen.*127\.0\.0\.1:5212/],
    ['a bad number', ['[Master]', 'HeartbeatInterval = soon'], 2, /HeartbeatInterval.*soon/],
    ['no section', ['Listen = :0'], 1, /Listen/],
  ])(
    'N2 %s in a conf.ini is named with its line and what is allowed, with either end of lines',
    async (...row) => {
      const [, lines, line, what] = row;
      const path = join(await tempFolder('conf'), 'conf.ini');
      for (const end of ['\n', '\r\n']) {
        await writeFile(path, lines.join(end) + end, { mode: 0o600 });
        const failed = await failToStart(['-c', path]);
        expect(failed).toMatchObject({ code: 2, hint: true, stdout: '' });
        expect(failed.error).toMatch(what);
        expect(failed.error).toMatch(new RegExp(`^CONFIG_INVALID: .*conf\\.ini:${line}\\b`));
        expect(failed.error).not.toContain('\r');
      }
    },
  );

  it('N2 a conf.ini of Windows is read, and a secret in it that every user can read is warned about', async () => {
    const dataPath = await tempFolder('data');
    const path = join(await tempFolder('conf'), 'conf.ini');
    const write = async (mode: number): Promise<void> => {
      await writeFile(
        path,
        '[System]\r\nLogFormat = json\r\n\r\n[Metrics]\r\nToken = canary-metrics-token\r\n',
      );
      await chmod(path, mode);
    };
    const start = () =>
      startProgram({
        command: join(root, 'master'),
        args: ['-c', path, '--data', dataPath, '--listen', '127.0.0.1:0'],
        env: { LONGSHORE_MASTER_EMBEDDED_NODE: 'false', LONGSHORE_ADMIN_PASSWORD: adminPassword },
        ready: /(http:\/\/[^\s]+:\d+)/,
      });
    await write(0o644);
    const open = await start();
    expect(open.log()).toMatch(/conf\.ini.*chmod 600/);
    expect(open.log()).not.toContain('canary-metrics-token');
    const metrics = (token: string) =>
      fetch(`${open.match[1]}/metrics`, { headers: { authorization: `Bearer ${token}` } });
    expect((await metrics('canary-metrics-token')).status).toBe(200);
    await open.stop();
    await write(0o600);
    const closed = await start();
    expect(closed.log()).not.toMatch(/chmod/);
    await closed.stop();
  });

  it('CONFIG_NOT_FOUND and CONFIG_INVALID name the file, the line and what is allowed', async () => {
    const missing = await failToStart(['-c', '/no/such/conf.ini']);
    expect(missing).toMatchObject({ code: 2, hint: true });
    expect(missing.error).toMatch(/^CONFIG_NOT_FOUND: .*\/no\/such\/conf\.ini/);
    const path = join(await tempFolder('conf'), 'conf.ini');
    await writeFile(path, '[System]\nListen = 127.0.0.1:0\nLogLevl = info\n', { mode: 0o600 });
    const unknown = await failToStart(['-c', path]);
    expect(unknown).toMatchObject({ code: 2, hint: true });
    expect(unknown.error).toMatch(/^CONFIG_INVALID: .*conf\.ini.*3.*LogLevl.*LogLevel/);
  });
});
