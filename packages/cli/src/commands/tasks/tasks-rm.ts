import { TaskId, tasks } from '@longshore/protocol';
import { z } from 'zod';
import { findTaskId } from '../../api/find-task-id.ts';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';

export const tasksRm = defineCommand({
  name: 'rm',
  summary: 'Forget tasks that have ended; their files stay',
  examples: ['longshore tasks rm 3f2a91bc'],
  json: z.object({ deleted: z.array(TaskId) }),
  setup: (command) => command.argument('<task...>', 'ids of tasks, or their beginnings'),
  run: async (cli, wanted: string[]) => {
    const api = await signedIn(cli);
    const deleted: TaskId[] = [];
    for (const text of wanted) {
      const id = await findTaskId(api, text);
      await api.call(tasks.deleteTask, { params: { id } });
      deleted.push(id);
    }
    return { json: { deleted }, text: deleted.map((id) => `Forgot the task ${id}`) };
  },
});
