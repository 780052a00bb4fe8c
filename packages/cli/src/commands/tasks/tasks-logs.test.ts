import { accounts, eventsRoute, NodeId, TaskLogLine, tasks } from '@longshore/protocol';
import { describe, expect } from 'vitest';
import { cliTest } from '../../testing/cli-test.ts';
import { sampleTask, sampleUser } from '../../testing/samples.ts';

const line = (number: number, more: Partial<TaskLogLine> = {}): TaskLogLine => ({
  part: 0,
  attempt: 1,
  node: 'shed',
  nodeId: NodeId.parse('0b54d8f4-7f0c-4d7e-9a55-3c5f1f0a9d11'),
  number,
  atMs: 1_700_000_000_000 + number,
  level: 'info',
  message: `line ${number}`,
  fields: {},
  ...more,
});

const running = sampleTask();
const completed = { ...running, state: 'completed' as const, finishedAtMs: running.createdAtMs + 2000 };

describe('tasks logs', () => {
  cliTest('T6 every line is shown with its node, part and attempt', async ({ master, longshore }) => {
    master.on(tasks.showTask, () => ({ ...completed, parts: [] }));
    const pages: Record<string, TaskLogLine[]> = {
      0: [line(1, { message: 'archive opened', fields: { name: 'my photos.zip', sizeBytes: 12 } })],
      1: [
        line(2, { part: 1, attempt: 3, node: 'barn\u001b[31m', level: 'warn', fields: { reason: 'a\r\nb' } }),
      ],
    };
    master.on(tasks.readTaskLog, ({ query }) => {
      const { cursor = '0' } = query ?? {};
      return { lines: pages[cursor] ?? [], cursor: String(Number(cursor) + 1), more: cursor === '0' };
    });
    const ran = await longshore('tasks', 'logs', running.id);
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
    const [first, second, ...rest] = ran.stdout.trimEnd().split('\n');
    expect(rest).toEqual([]);
    expect(first).toMatch(
      /^\d\d:\d\d:\d\d\.001 {2}shed 1\.1 {2}info {3}archive opened {2}name="my photos.zip" sizeBytes=12$/,
    );
    expect(second).toContain('barn\\x1b[31m 2.3  warn   line 2  reason="a\\r\\nb"');
    const json = await longshore('tasks', 'logs', running.id, '--json');
    expect(
      json.stdout
        .trimEnd()
        .split('\n')
        .map((text) => TaskLogLine.parse(JSON.parse(text))),
    ).toEqual([...(pages[0] ?? []), ...(pages[1] ?? [])]);
  });

  cliTest(
    'T6 with --follow, lines are shown once, also those that became visible late',
    async ({ master, longshore }) => {
      master.on(accounts.me, () => sampleUser());
      let finish: () => void = () => undefined;
      master.raw('GET', eventsRoute, (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n');
        finish = () => response.write(`event: task\ndata: ${JSON.stringify({ task: completed })}\n\n`);
      });
      master.on(tasks.showTask, () => ({ ...running, parts: [] }));
      let all = [line(2)];
      master.on(tasks.readTaskLog, ({ query }) => {
        const lines = all.filter(({ number }) => number > Number(query?.cursor ?? 0));
        return {
          lines,
          cursor: String(Math.max(Number(query?.cursor ?? 0), ...lines.map(({ number }) => number))),
          more: false,
        };
      });
      const following = longshore('tasks', 'logs', running.id, '--follow');
      await expect
        .poll(() => master.requests.filter((asked) => asked.includes('/logs')).length)
        .toBeGreaterThan(1);
      all = [line(1), line(2), line(3)];
      finish();
      const { stdout } = await following;
      expect(stdout.match(/line \d/g)).toEqual(['line 2', 'line 3', 'line 1']);
    },
  );

  cliTest('T6 a task without lines says so', async ({ master, longshore }) => {
    master.on(tasks.showTask, () => ({ ...completed, parts: [] }));
    master.on(tasks.readTaskLog, () => ({ lines: [], cursor: '0', more: false }));
    expect((await longshore('tasks', 'logs', running.id)).stdout).toBe(
      'No node has logged anything about this task.\n',
    );
  });
});
