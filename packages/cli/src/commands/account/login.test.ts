import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, accounts } from '@longshore/protocol';
import { describe, expect } from 'vitest';
import { cliTest } from '../../testing/cli-test.ts';
import { run } from '../../testing/run.ts';
import { sampleUser } from '../../testing/samples.ts';

describe('login', () => {
  cliTest(
    'the session is kept for its owner only, and is used by the next command',
    async ({ folder, env, master }) => {
      const { LONGSHORE_URL: _url, LONGSHORE_TOKEN: token = '', ...signedOut } = env;
      const user = sampleUser({ passwordChangeRequired: true });
      master.on(accounts.login, ({ body }) => {
        if (body.password !== 'one time') throw new AppError('WRONG_CREDENTIALS', 'wrong');
        return { token, expiresAtMs: 1_900_000_000_000, user };
      });
      master.on(accounts.me, () => user);
      const ran = await run(['login', `${master.url}/`, '--user', 'ada', '--password-stdin'], {
        env: signedOut,
        stdin: 'one time\n',
      });
      expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
      expect(ran.stdout).toContain('longshore passwd');
      expect(ran.stdout).not.toContain(token);
      const file = join(folder, 'config', 'longshore', 'config.json');
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ url: master.url, token });
      expect(await run(['whoami'], { env: signedOut })).toMatchObject({ exitCode: 0 });
    },
  );

  cliTest('a stored token is not sent to another master', async ({ folder, env, master }) => {
    const { LONGSHORE_TOKEN: token = '', LONGSHORE_URL: _url, ...signedOut } = env;
    master.on(accounts.login, () => ({ token, expiresAtMs: 1, user: sampleUser() }));
    const login = ['login', master.url, '-u', 'ada', '--password-stdin'];
    await run(login, { env: signedOut, stdin: 'x' });
    master.requests.length = 0;
    const other = master.url.replace('127.0.0.1', 'localhost');
    const ran = await run(['whoami'], { env: { ...signedOut, LONGSHORE_URL: other } });
    expect(ran).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('NOT_SIGNED_IN') });
    expect(master.requests).toEqual([]);
    expect(folder).not.toBe('');
  });

  cliTest('a wrong password is exit code 3, with its code and what to do', async ({ env, master }) => {
    master.on(accounts.login, () => {
      throw new AppError('WRONG_CREDENTIALS', 'the name or the password is wrong');
    });
    const ran = await run(['login', master.url, '-u', 'ada', '--password-stdin'], { env, stdin: 'x\n' });
    expect(ran).toEqual({
      exitCode: 3,
      stdout: '',
      stderr:
        'error WRONG_CREDENTIALS: the name or the password is wrong\nfix: Check the user name and the password.\n',
    });
  });

  cliTest('a second factor is sent along with --code', async ({ env, master }) => {
    master.on(accounts.login, ({ body }) => {
      if (body.code === undefined) throw new AppError('SECOND_FACTOR_REQUIRED', 'a code, please');
      expect(body.code).toBe('123456');
      return { token: 'x', expiresAtMs: 1, user: sampleUser() };
    });
    const login = ['login', master.url, '-u', 'ada', '--password-stdin'];
    const asked = await run(login, { env, stdin: 'x\n' });
    expect(asked).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('SECOND_FACTOR_REQUIRED') });
    expect(await run([...login, '--code', '123456'], { env, stdin: 'x\n' })).toMatchObject({ exitCode: 0 });
  });

  cliTest('without a terminal the password must come from standard input', async ({ env, master }) => {
    const ran = await run(['login', master.url, '-u', 'ada'], { env });
    expect(ran).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--password-stdin') });
  });

  cliTest('a master that is not there is exit code 3', async ({ env, master }) => {
    await master.close();
    const ran = await run(['whoami'], { env });
    expect(ran.exitCode).toBe(3);
    expect(ran.stderr).toContain(`cannot reach ${master.url}: the connection was refused`);
  });
});
