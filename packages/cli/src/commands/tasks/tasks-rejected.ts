import { RejectedEntry, tasks } from '@longshore/protocol';
import { z } from 'zod';
import { findTaskId } from '../../api/find-task-id.ts';
import { signedIn, tableStyle } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { printable } from '../../output/printable.ts';
import { table } from '../../output/table.ts';

export const tasksRejected = defineCommand({
  name: 'rejected',
  summary: 'List the entries that a task could not do, and why',
  examples: ['longshore tasks rejected 3f2a91bc'],
  json: z.object({ entries: z.array(RejectedEntry) }),
  setup: (command) => command.argument('<task>', 'id of the task, or its beginning'),
  run: async (cli, wanted: string) => {
    const api = await signedIn(cli);
    const id = await findTaskId(api, wanted);
    const entries: z.infer<typeof RejectedEntry>[] = [];
    for (let offset: number | null = 0; offset !== null; ) {
      const page: z.output<typeof tasks.listRejected.response> = await api.call(tasks.listRejected, {
        params: { id },
        query: { offset, limit: 1000 },
      });
      entries.push(...page.entries);
      offset = page.next;
    }
    const rows = entries.map(({ name, code, message }) => [code, printable(name), printable(message)]);
    const columns = [{ title: 'WHY' }, { title: 'ENTRY' }, { title: 'DETAIL' }];
    const text =
      rows.length === 0
        ? ['Every entry was done.']
        : table(columns, rows, { ...tableStyle(cli), width: null });
    return { json: { entries }, text };
  },
});
