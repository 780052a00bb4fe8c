import { Node, nodes } from '@longshore/protocol';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { nodeDetails } from './node-details.ts';

export const nodesShow = defineCommand({
  name: 'show',
  summary: 'Show one node with everything it tells of itself',
  examples: ['longshore nodes show shed'],
  json: Node,
  setup: (command) => command.argument('<node>', 'name or id of the node'),
  run: async (cli, id: string) => {
    const api = await signedIn(cli);
    const node = await api.call(nodes.showNode, { params: { id } });
    return { json: node, text: nodeDetails(cli.paint, node) };
  },
});
