import { GrantableCapability, Node, NodeName, NodeUrl, nodes } from '@longshore/protocol';
import { z } from 'zod';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { CommandError } from '../../errors/command-error.ts';
import { as, listOf, wholeNumber } from '../../option-values.ts';

const UrlOrNone = z.union([z.literal('none'), NodeUrl], {
  error: 'an http or https address, or "none"',
});

type Options = {
  name?: string;
  url?: string;
  internalUrl?: string;
  weight?: number;
  capabilities?: GrantableCapability[];
};

export const nodesEdit = defineCommand({
  name: 'edit',
  summary: 'Change a node; in force at once',
  examples: [
    'longshore nodes edit shed --weight 3',
    'longshore nodes edit shed --internal-url none --name attic',
  ],
  json: Node,
  setup: (command) =>
    command
      .argument('<node>', 'name or id of the node')
      .option('--name <name>', 'another name', as(NodeName))
      .option('--url <url>', 'where the master reaches the slave', as(NodeUrl))
      .option('--internal-url <url>', 'address inside the private network, or "none"', as(UrlOrNone))
      .option('--weight <number>', 'share of the work that it gets, 1 to 1000', as(wholeNumber(1, 1000)))
      .option(
        '--capabilities <names>',
        `what it may do: ${GrantableCapability.options.join(', ')}`,
        listOf(GrantableCapability),
      ),
  run: async (cli, id: string, options: Options) => {
    const { name, url, weight, capabilities } = options;
    const internalUrl = options.internalUrl === 'none' ? null : options.internalUrl;
    const body = { name, url, internalUrl, weight, capabilities };
    if (Object.values(body).every((value) => value === undefined)) {
      throw CommandError.local('USAGE', 'name at least one thing to change');
    }
    const api = await signedIn(cli);
    const node = await api.call(nodes.updateNode, { params: { id }, body });
    return { json: node, text: [`Changed the node ${node.name}.`] };
  },
});
