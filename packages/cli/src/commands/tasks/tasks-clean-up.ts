import { finalTaskStates, tasks } from '@longshore/protocol';
import { z } from 'zod';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { as, listOf, Span } from '../../option-values.ts';
import { plural } from '../../output/format-values.ts';

const FinalState = z.enum(finalTaskStates, { error: `one of ${finalTaskStates.join(', ')}` });
type FinalState = z.infer<typeof FinalState>;

export const tasksCleanUp = defineCommand({
  name: 'clean-up',
  summary: 'Forget all ended tasks, or those of some age and state',
  examples: ['longshore tasks clean-up --older-than 30d', 'longshore tasks clean-up --state failed,canceled'],
  json: tasks.cleanUpTasks.response,
  setup: (command) =>
    command
      .option('--older-than <span>', 'only tasks that ended so long ago, such as 12h or 30d', as(Span), 0)
      .option('--state <states>', `only these: ${finalTaskStates.join(', ')}`, listOf(FinalState))
      .option('--everybody', 'the tasks of all users (administrators)'),
  run: async (cli, options: { olderThan: number; state?: FinalState[]; everybody?: true }) => {
    const api = await signedIn(cli);
    const answer = await api.call(tasks.cleanUpTasks, {
      body: {
        olderThanSeconds: options.olderThan,
        everybody: options.everybody === true,
        ...(options.state === undefined ? {} : { states: options.state }),
      },
    });
    return { json: answer, text: [`Forgot ${plural(answer.deleted, 'task')}.`] };
  },
});
