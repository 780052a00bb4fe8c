import { Group, GroupName, groups } from '@longshore/protocol';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { as } from '../../option-values.ts';
import { type LimitOptions, namedLimits, namedNodes, withLimitOptions } from './group-limits.ts';

export const groupsAdd = defineCommand({
  name: 'add',
  summary: 'Create a group of users who share limits',
  examples: [
    'longshore groups add Students --quota 20GiB --max-tasks 2',
    'longshore groups add Lab --nodes shed,attic --fixed-node',
  ],
  json: Group,
  setup: (command) =>
    withLimitOptions(command.argument('<name>', 'name of the group', as(GroupName))).option(
      '--fixed-node',
      'do not let its users choose the node of a task',
    ),
  run: async (cli, name: string, options: LimitOptions & { fixedNode?: true }) => {
    const api = await signedIn(cli);
    const group = await api.call(groups.createGroup, {
      body: {
        name,
        limits: namedLimits(options),
        mayChooseNode: options.fixedNode !== true,
        allowedNodes: namedNodes(options.nodes ?? ['all']),
      },
    });
    return { json: group, text: [`Created the group ${group.name}.`] };
  },
});
