import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anonymous, signIn } from '../support/api.ts';
import { closeAll, type RunningMaster, root, startMaster, tempFolder } from '../support/programs.ts';

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
