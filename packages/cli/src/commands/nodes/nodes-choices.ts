import { nodes } from '@longshore/protocol';
import { signedIn, tableStyle } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { table } from '../../output/table.ts';

export const nodesChoices = defineCommand({
  name: 'choices',
  summary: 'List the nodes that you may choose for a task with --node',
  examples: ['longshore nodes choices'],
  json: nodes.listNodeChoices.response,
  run: async (cli) => {
    const api = await signedIn(cli);
    const answer = await api.call(nodes.listNodeChoices, {});
    if (!answer.mayChoose) return { json: answer, text: ['Your group may not choose the node of a task.'] };
    const rows = answer.nodes.map(({ name, status, capabilities }) => [
      name,
      status,
      capabilities.join(', '),
    ]);
    const columns = [{ title: 'NAME' }, { title: 'STATE' }, { title: 'CAPABILITIES', shrink: true }];
    return { json: answer, text: table(columns, rows, tableStyle(cli)) };
  },
});
