import { Task, tasks } from '@longshore/protocol';
import { z } from 'zod';
import { findTaskId } from '../../api/find-task-id.ts';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { printable } from '../../output/printable.ts';

export const tasksCancel = defineCommand({
  name: 'cancel',
  summary: 'Cancel tasks, whatever they are doing',
  examples: ['longshore tasks cancel 3f2a91bc'],
  json: z.object({ tasks: z.array(Task) }),
  setup: (command) => command.argument('<task...>', 'ids of tasks, or their beginnings'),
  run: async (cli, wanted: string[]) => {
    const api = await signedIn(cli);
    const canceled: Task[] = [];
    for (const text of wanted) {
      const id = await findTaskId(api, text);
      canceled.push(await api.call(tasks.cancelTask, { params: { id } }));
    }
    const lines = canceled.map(
      ({ state, title }) => `${state === 'canceled' ? 'Canceled' : 'Canceling'} ${printable(title)}`,
    );
    return { json: { tasks: canceled }, text: lines };
  },
});
