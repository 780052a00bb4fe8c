import {
  AppError,
  ArchiveListing,
  accounts,
  eventsRoute,
  files,
  SubmitTask,
  Task,
  tasks,
} from '@longshore/protocol';
import { describe, expect } from 'vitest';
import { cliTest } from '../../testing/cli-test.ts';
import { run } from '../../testing/run.ts';
import { sampleTask, sampleUser } from '../../testing/samples.ts';

describe('compress and extract', () => {
  cliTest('a task that was submitted is named, with how to watch it', async ({ master, longshore }) => {
    const task = sampleTask({ state: 'queued' });
    master.on(tasks.submitTask, ({ body }) => {
      expect(body).toEqual(
        SubmitTask.parse({
          kind: 'create-archive',
          sources: ['/photos', '/b'],
          destination: '/a.zip',
          level: 9,
        }),
      );
      return task;
    });
    const ran = await longshore('compress', '/photos/', '/b', '--to', '/a.zip', '--level', '9');
    expect(ran).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`longshore tasks watch ${task.id}`),
    });
  });

  cliTest(
    'a submission whose answer was lost is repeated under the same key',
    async ({ master, longshore }) => {
      const keys: unknown[] = [];
      master.on(tasks.submitTask, ({ headers }) => {
        keys.push(headers['idempotency-key']);
        if (keys.length === 1) master.dropConnections();
        return sampleTask();
      });
      expect((await longshore('extract', '/a.zip', '--to', '/copy')).exitCode).toBe(0);
      expect(keys).toHaveLength(2);
      expect(keys[0]).toBe(keys[1]);
    },
  );

  cliTest('--wait exits as the task did, and completed with errors is not done', async ({ master, env }) => {
    const task = sampleTask({ kind: 'extract-archive', state: 'running', title: '/a.zip → /copy' });
    const ended = {
      ...task,
      state: 'completed-with-errors' as const,
      rejectedEntries: 2,
      finishedAtMs: 1_700_000_001_000,
    };
    master.on(tasks.submitTask, ({ body }) => {
      expect(body).toMatchObject({
        select: ['*.jpg', 'b/**'],
        password: 'geheim',
        onUnsafe: 'fail',
        node: 'shed',
      });
      return task;
    });
    master.on(accounts.me, () => sampleUser());
    master.raw('GET', eventsRoute, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n');
    });
    master.on(tasks.showTask, () => ({ ...ended, parts: [] }));
    const argv = ['extract', '/a.zip', '--to', '/copy', '--select', '*.jpg', 'b/**', '--password-stdin'];
    const ran = await run([...argv, '--on-unsafe', 'fail', '--node', 'shed', '--wait'], {
      env,
      stdin: 'geheim\n',
    });
    expect(ran.exitCode).toBe(1);
    expect(ran.stdout).toContain('completed with errors');
    expect(ran.stdout).toContain(
      `2 entries were not done; list them with: longshore tasks rejected ${task.id}`,
    );
    expect(ran.stdout + ran.stderr).not.toContain('geheim');

    const json = await run([...argv, '--on-unsafe', 'fail', '--node', 'shed', '--wait', '--json'], {
      env,
      stdin: 'geheim\n',
    });
    expect(Task.parse(JSON.parse(json.stdout)).state).toBe('completed-with-errors');
    expect(json).toMatchObject({ exitCode: 1, stderr: '' });
  });

  cliTest('a refusal keeps the code and hint of the master', async ({ master, longshore }) => {
    master.on(tasks.submitTask, () => {
      throw new AppError('NODE_NOT_ALLOWED', 'the node attic is disabled');
    });
    const ran = await longshore('compress', '/a', '--to', '/a.zip', '--node', 'attic');
    expect(ran).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^error NODE_NOT_ALLOWED: .*\nfix: Choose/),
    });
  });
});

describe('preview', () => {
  const entry = (index: number) => ({
    ...{ index, path: `p/${index}.jpg`, type: 'file' as const, sizeBytes: 10, compressedBytes: 5 },
    ...{
      modifiedAtMs: 1_600_000_000_000,
      encrypted: false,
      unsafe: index === 1 ? 'leaves the folder' : null,
    },
  });

  cliTest('lists every page, and marks what is unsafe', async ({ master, longshore }) => {
    master.on(files.preview, ({ body }) => ({
      ...{ format: 'zip', encoding: 'cp437', encodingConfidence: 0.625, total: 3, splittable: true },
      entries: [0, 1, 2].slice(body.offset, body.offset + Math.min(2, body.limit)).map(entry),
      next: body.offset + Math.min(2, body.limit) < 3 ? body.offset + Math.min(2, body.limit) : null,
    }));
    const ran = await longshore('preview', '/a.zip');
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
    expect(ran.stdout).toMatch(
      /p\/0\.jpg\n.*p\/1\.jpg {2}unsafe: leaves the folder\n.*p\/2\.jpg\n3 entries, 30 B; zip, names in cp437 \(detected, 63 % sure\)\n$/,
    );
    const limited = await longshore('preview', '/a.zip', '--limit', '1', '--json');
    expect(ArchiveListing.parse(JSON.parse(limited.stdout))).toMatchObject({
      next: 1,
      entries: [{ index: 0 }],
    });
  });

  cliTest(
    'opens an archive whose names are encrypted, by a password from standard input',
    async ({ master, env }) => {
      master.on(files.preview, ({ body }) => {
        expect(body).toMatchObject({ path: '/secret.7z', password: 'geheim' });
        return {
          format: '7z',
          encoding: null,
          encodingConfidence: null,
          total: 1,
          splittable: false,
          entries: [entry(0)],
          next: null,
        };
      });
      const ran = await run(['preview', '/secret.7z', '--password-stdin'], { env, stdin: 'geheim\n' });
      expect(ran).toMatchObject({ exitCode: 0 });
      expect(ran.stdout).toContain('p/0.jpg');
    },
  );
});
