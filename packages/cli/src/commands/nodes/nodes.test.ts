import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, history, nodes, TestStep } from '@longshore/protocol';
import { describe, expect } from 'vitest';
import { cliTest } from '../../testing/cli-test.ts';
import { sampleNode } from '../../testing/samples.ts';

const secret = 's'.repeat(64);
const answer = {
  node: sampleNode(),
  secret,
  confIni: `[Slave]\nSecret = ${secret}\n`,
  startCommand: './slave -c conf.ini',
};

describe('nodes add', () => {
  cliTest(
    'prints the whole conf.ini alone, and says beside it what to do with it',
    async ({ master, longshore }) => {
      master.on(nodes.createNode, ({ body }) => {
        expect(body).toMatchObject({
          name: 'shed',
          weight: 2,
          capabilities: ['create-archive', 'extract-archive'],
        });
        return answer;
      });
      const ran = await longshore(
        ...['nodes', 'add', 'shed', '--url', 'http://127.0.0.1:5213/', '--weight', '2'],
        ...['--capabilities', 'create-archive,extract-archive'],
      );
      expect(ran).toMatchObject({ exitCode: 0, stdout: answer.confIni });
      expect(ran.stderr).toMatch(/Save this as conf\.ini[\s\S]*\.\/slave -c conf\.ini/);
    },
  );

  cliTest(
    '--conf writes the secret to a file for its owner only, and not to the terminal',
    async ({ folder, master, longshore }) => {
      master.on(nodes.createNode, () => answer);
      const conf = join(folder, 'conf.ini');
      const ran = await longshore('nodes', 'add', 'shed', '--url', 'http://127.0.0.1:5213', '--conf', conf);
      expect(ran.exitCode).toBe(0);
      expect(ran.stdout + ran.stderr).not.toContain(secret);
      expect(await readFile(conf, 'utf8')).toBe(answer.confIni);
      expect((await stat(conf)).mode & 0o777).toBe(0o600);
    },
  );

  cliTest('an existing file is refused before the node is made', async ({ folder, master, longshore }) => {
    const conf = join(folder, 'conf.ini');
    await writeFile(conf, 'mine');
    const ran = await longshore('nodes', 'add', 'shed', '--url', 'http://127.0.0.1:5213', '--conf', conf);
    expect(ran).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('LOCAL_EXISTS') });
    expect(master.requests).toEqual([]);
    expect(await readFile(conf, 'utf8')).toBe('mine');
  });

  cliTest('a node that is refused leaves no file', async ({ folder, master, longshore }) => {
    master.on(nodes.createNode, () => {
      throw new AppError('NODE_EXISTS', 'there is a node shed');
    });
    const conf = join(folder, 'conf.ini');
    const ran = await longshore('nodes', 'add', 'shed', '--url', 'http://127.0.0.1:5213', '--conf', conf);
    expect(ran.exitCode).toBe(1);
    await expect(stat(conf)).rejects.toThrow('ENOENT');
  });

  cliTest('a wrong value is a usage error that names the option', async ({ longshore }) => {
    const ran = await longshore('nodes', 'add', 'shed', '--url', 'ftp://x', '--json');
    expect(ran.exitCode).toBe(2);
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: { code: 'USAGE', message: expect.stringContaining('--url') },
    });
  });
});

describe('nodes test', () => {
  const steps: TestStep[] = [
    { step: 'resolve', status: 'ok', durationMs: 1.2, evidence: '127.0.0.1', seen: null, error: null },
    {
      step: 'connect',
      status: 'failed',
      durationMs: 3,
      evidence: 'connect ECONNREFUSED',
      seen: null,
      error: { code: 'NODE_REFUSED', message: 'refused', hint: 'Start the slave.', details: {} },
    },
    { step: 'tls', status: 'skipped', durationMs: 0, evidence: '', seen: null, error: null },
  ];

  cliTest('each step is one line, a failed one with its code and fix', async ({ master, longshore }) => {
    master.raw('POST', '/api/v1/nodes/shed/test', (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.end(steps.map((step) => `${JSON.stringify(step)}\n`).join(''));
    });
    const ran = await longshore('nodes', 'test', 'shed');
    expect(ran.exitCode).toBe(1);
    expect(ran.stdout).toMatch(
      /✔ resolve .*127\.0\.0\.1\n✖ connect .*NODE_REFUSED: refused\n {4}seen: connect ECONNREFUSED\n {4}fix: Start the slave\.\n– tls/,
    );
    const json = await longshore('nodes', 'test', 'shed', '--json');
    expect(
      json.stdout
        .trimEnd()
        .split('\n')
        .map((line) => TestStep.parse(JSON.parse(line))),
    ).toEqual(steps);
  });
});

describe('nodes show', () => {
  cliTest(
    'N4 names the disk of each store that the node has, without its path',
    async ({ master, longshore }) => {
      const node = sampleNode({
        vitals: {
          ...{ version: '0.1.0', protocol: '1.1', bootId: crypto.randomUUID(), uptimeMs: 1, clockMs: 1 },
          ...{ capabilities: [], workers: 1, running: 0, queued: 0, load1: 0, cores: 1 },
          ...{ memoryFreeBytes: 1, memoryTotalBytes: 1, rssBytes: 1, temp: null },
          stores: [{ name: 'local', freeBytes: 2 ** 40, totalBytes: 2 ** 41 }],
        },
      });
      master.on(nodes.showNode, () => node);
      const ran = await longshore('nodes', 'show', 'shed');
      expect(ran.stdout).toMatch(/store local +1.0 TiB free of 2.0 TiB/);
    },
  );
});

describe('nodes history', () => {
  cliTest('N4 is a line for each stretch; what was not measured is a dash', async ({ master, longshore }) => {
    const { id, name } = sampleNode();
    master.on(history.nodeHistory, ({ params, query }) => {
      expect([params, query]).toEqual([{ id: 'shed' }, { span: 'day' }]);
      return {
        stepMs: 300_000,
        nodeId: id,
        name,
        atMs: [1_700_000_000_000, 1_700_000_300_000],
        online: [0.8, 0],
        load1: [1.25, null],
        cores: [4, null],
        memoryFreeBytes: [2 ** 30, null],
        memoryTotalBytes: [2 ** 31, null],
        tempFreeBytes: [2 ** 40, null],
        tempTotalBytes: [2 ** 41, null],
        storeFreeBytes: [2 ** 39, null],
        storeTotalBytes: [2 ** 42, null],
        running: [3, null],
        queued: [1, null],
        skewMs: [-12, null],
      };
    });
    const { stdout, exitCode } = await longshore('nodes', 'history', 'shed', '--span', 'day');
    expect(exitCode).toBe(0);
    const [, first, second] = stdout.trimEnd().split('\n');
    expect(first).toMatch(/80 % +1\.3 +1\.0 GiB +1\.0 TiB +512 GiB +3 +1 +-12 ms/);
    expect(second).toMatch(/0 %( +-){7}$/);
  });
});
