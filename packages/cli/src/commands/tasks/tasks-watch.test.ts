import type { ServerResponse } from 'node:http';
import { accounts, eventsRoute, type ServerEvent, tasks } from '@longshore/protocol';
import { describe, expect } from 'vitest';
import { cliTest } from '../../testing/cli-test.ts';
import type { LoopbackMaster } from '../../testing/loopback-master.ts';
import { run } from '../../testing/run.ts';
import { sampleTask, sampleUser } from '../../testing/samples.ts';
import { WatchedEvent } from './follow-task.ts';

/** Every open event stream, with the Last-Event-ID it came with. */
function serveEvents(master: LoopbackMaster) {
  const streams: { response: ServerResponse; lastEventId: string | undefined }[] = [];
  master.on(accounts.me, () => sampleUser());
  master.raw('GET', eventsRoute, (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n');
    streams.push({ response, lastEventId: request.headers['last-event-id']?.toString() });
  });
  return streams;
}

function push(response: ServerResponse | undefined, { type, ...rest }: ServerEvent, id?: number): void {
  response?.write(
    `${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(rest)}\n\n`,
  );
}

const running = sampleTask();
const completed = { ...running, state: 'completed' as const, finishedAtMs: running.createdAtMs + 2000 };

describe('tasks watch', () => {
  cliTest('a task that has ended already is told at once', async ({ master, longshore }) => {
    master.on(tasks.showTask, () => ({ ...completed, parts: [] }));
    const ran = await longshore('tasks', 'watch', running.id);
    expect(ran).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('✔ /photos → /photos.zip') });
  });

  cliTest(
    'each event is one line of JSON, and the last one ends the command',
    async ({ master, longshore }) => {
      const streams = serveEvents(master);
      master.on(tasks.showTask, () => ({ ...running, parts: [] }));
      const watching = longshore('tasks', 'watch', running.id, '--json');
      await expect.poll(() => master.requests.filter((line) => line.includes('/tasks/'))).toHaveLength(2);
      const stream = streams[0]?.response;
      push(stream, { type: 'task', task: sampleTask({ state: 'failed' }) }, 6);
      const progress = { ...running.progress, bytesDone: 50 };
      push(stream, { type: 'progress', taskId: running.id, progress, bytesPerSecond: 25, etaSeconds: 2 });
      push(stream, { type: 'task', task: completed }, 7);
      const ran = await watching;
      expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
      const lines = ran.stdout.trimEnd().split('\n');
      expect(lines.map((line) => WatchedEvent.parse(JSON.parse(line)).type)).toEqual([
        'task',
        'progress',
        'task',
      ]);
    },
  );

  cliTest(
    'a lost connection is made again from the last event, and the gap is looked up',
    async ({ master, longshore }) => {
      const streams = serveEvents(master);
      let present = running;
      master.on(tasks.showTask, () => ({ ...present, parts: [] }));
      const watching = longshore('tasks', 'watch', running.id);
      await expect.poll(() => streams).toHaveLength(1);
      push(streams[0]?.response, { type: 'task', task: running }, 41);
      await new Promise((resolve) => setImmediate(resolve));
      present = { ...completed, state: 'failed' } as never;
      streams[0]?.response.destroy();
      const ran = await watching;
      expect(ran.exitCode).toBe(1);
      expect(ran.stdout).toContain('failed on shed');
      expect(ran.stderr).toContain('connection lost');
      expect(streams[1]?.lastEventId).toBe('41');
    },
  );

  cliTest('Ctrl+C leaves the task running and says how to go on', async ({ master, env }) => {
    serveEvents(master);
    master.on(tasks.showTask, () => ({ ...running, parts: [] }));
    const interrupt = new AbortController();
    const watching = run(['tasks', 'watch', running.id], { env, signal: interrupt.signal });
    await expect.poll(() => master.requests.filter((line) => line.includes('/tasks/'))).toHaveLength(2);
    interrupt.abort('interrupted');
    const ran = await watching;
    expect(ran.exitCode).toBe(130);
    expect(ran.stderr).toContain(`longshore tasks watch ${running.id}`);
    expect(ran.stderr).toContain(`longshore tasks cancel ${running.id}`);
    expect(master.requests.some((line) => line.includes('cancel'))).toBe(false);
  });

  cliTest('the beginning of an id is enough when it is one task', async ({ master, longshore }) => {
    const other = sampleTask({ id: 'ffffffff-0000-4000-8000-000000000001' as never });
    const twin = sampleTask({ id: 'ffffffff-0000-4000-8000-000000000002' as never });
    master.on(tasks.listTasks, () => ({ tasks: [completed, other, twin], next: null }));
    master.on(tasks.showTask, () => ({ ...completed, parts: [] }));
    expect((await longshore('tasks', 'watch', completed.id.slice(0, 9))).exitCode).toBe(0);
    expect(await longshore('tasks', 'watch', 'ffffffff')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('ID_AMBIGUOUS'),
    });
    expect(await longshore('tasks', 'watch', '0123')).toMatchObject({ exitCode: 1 });
  });

  cliTest(
    'an administrator follows the task of somebody else among everybody’s events',
    async ({ master, longshore }) => {
      const theirs = { ...running, user: 'grace' };
      const queries: string[] = [];
      serveEvents(master);
      master.raw('GET', eventsRoute, (_request, response, url) => {
        queries.push(url.search);
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n');
        push(response, { type: 'task', task: { ...completed, user: 'grace' } }, 1);
      });
      master.on(tasks.showTask, () => ({ ...theirs, parts: [] }));
      expect((await longshore('tasks', 'watch', running.id)).exitCode).toBe(0);
      expect(queries).toEqual(['?everybody=true']);
    },
  );
});
