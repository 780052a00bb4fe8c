import { Node, nodes } from '@longshore/protocol';
import { signedIn } from '../../cli.ts';
import { type CommandDefinition, defineCommand } from '../../define-command.ts';

/** `enable`, `disable`, `drain` and `release` differ in what they set and say. */
const switchNode = (
  name: string,
  summary: string,
  change: { enabled?: boolean; draining?: boolean; quarantined?: false },
  said: (node: Node) => string,
): CommandDefinition =>
  defineCommand({
    name,
    summary,
    examples: [`longshore nodes ${name} shed`],
    json: Node,
    setup: (command) => command.argument('<node>', 'name or id of the node'),
    run: async (cli, id: string) => {
      const api = await signedIn(cli);
      const node = await api.call(nodes.updateNode, { params: { id }, body: change });
      return { json: node, text: [said(node)] };
    },
  });

export const nodesEnable = switchNode(
  'enable',
  'Let a node take work again, after `disable` or `drain`',
  { enabled: true, draining: false },
  ({ name }) => `${name} takes work.`,
);

export const nodesDisable = switchNode(
  'disable',
  'Give a node no work any more',
  { enabled: false },
  ({ name }) => `${name} is disabled.`,
);

export const nodesDrain = switchNode(
  'drain',
  'Let a node finish what it has, and give it nothing new',
  { draining: true },
  ({ name, leasedParts }) =>
    leasedParts === 0
      ? `${name} is drained: it holds no work.`
      : `${name} is draining: it still has ${leasedParts} to finish.`,
);

export const nodesRelease = switchNode(
  'release',
  'Let a node take work again that is quarantined because it failed three parts in a row',
  { quarantined: false },
  ({ name }) => `${name} is trusted again.`,
);
