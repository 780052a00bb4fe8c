import { PartId, type PartView, tasks } from '@longshore/protocol';
import { describe, expect } from 'vitest';
import { cliTest } from '../../testing/cli-test.ts';
import { sampleTask } from '../../testing/samples.ts';

const part = (ordinal: number, more: Partial<PartView> = {}): PartView => ({
  id: PartId.parse(crypto.randomUUID()),
  ordinal,
  joins: false,
  state: 'completed',
  progress: { phase: 'done', bytesDone: 1024, bytesTotal: 1024, entriesDone: 3, entriesTotal: 3 },
  waitingFor: null,
  waiting: null,
  error: null,
  attempts: [],
  ...more,
});

describe('tasks show', () => {
  cliTest(
    'T11 the part that joins the pieces says so, and what it waits for',
    async ({ master, longshore }) => {
      const waiting = { state: 'blocked' as const, waitingFor: 'it joins what the other parts make' };
      const task = { ...sampleTask(), parts: [part(0), part(1, { joins: true, ...waiting })] };
      master.on(tasks.showTask, () => task);
      const { stdout } = await longshore('tasks', 'show', task.id);
      const lines = stdout.split('\n').filter((line) => line.includes('part '));
      expect(lines).toEqual([
        '  part 1  completed, 1.0 KiB, 3 entries',
        '  part 2, joins the pieces  blocked, 1.0 KiB, 3 entries, waiting: it joins what the other parts make',
      ]);
    },
  );
});
