import { Node, nodes } from '@longshore/protocol';
import { z } from 'zod';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';

export const nodesRm = defineCommand({
  name: 'rm',
  summary: 'Delete a node that holds no work',
  examples: ['longshore nodes rm shed'],
  json: z.object({ deleted: Node }),
  setup: (command) => command.argument('<node>', 'name or id of the node'),
  run: async (cli, id: string) => {
    const api = await signedIn(cli);
    const node = await api.call(nodes.showNode, { params: { id } });
    await api.call(nodes.deleteNode, { params: { id } });
    return { json: { deleted: node }, text: [`Deleted the node ${node.name}.`] };
  },
});
