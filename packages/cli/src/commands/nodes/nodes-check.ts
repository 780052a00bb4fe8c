import { Task } from '@longshore/protocol';
import { defineCommand } from '../../define-command.ts';
import { submitTask } from '../archives/submit-task.ts';

export const nodesCheck = defineCommand({
  name: 'check',
  summary: 'Send a task that does nothing to a node and back',
  notes: [
    'It goes the way of every task, from the queue through the journal of the node to the report of its end: when it ' +
      'completes, work flows. Without a node the rotation chooses. For a node that does not answer, `nodes test` says why.',
  ],
  examples: ['longshore nodes check shed', 'longshore nodes check --json | jq -r .state'],
  json: Task,
  setup: (command) => command.argument('[node]', 'name or id of the node'),
  run: (cli, node: string | undefined) =>
    submitTask(cli, { kind: 'check', node: node ?? null }, { wait: true }),
});
