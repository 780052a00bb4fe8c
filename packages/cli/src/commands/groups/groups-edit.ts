import { Group, GroupName, groups } from '@longshore/protocol';
import { Option } from 'commander';
import { findGroup } from '../../api/find-group.ts';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { CommandError } from '../../errors/command-error.ts';
import { as } from '../../option-values.ts';
import { type LimitOptions, namedLimits, namedNodes, withLimitOptions } from './group-limits.ts';

type Options = LimitOptions & { name?: string; default?: true; chooseNode?: true; fixedNode?: true };

export const groupsEdit = defineCommand({
  name: 'edit',
  summary: 'Change the limits of a group; in force at once, for queued tasks too',
  examples: [
    'longshore groups edit Users --quota 100GiB --max-tasks 4',
    'longshore groups edit Lab --nodes all --default',
  ],
  json: Group,
  setup: (command) =>
    withLimitOptions(command.argument('<group>', 'name or id of the group'))
      .option('--name <name>', 'another name', as(GroupName))
      .option('--default', 'make it the group of new users')
      .option('--choose-node', 'let its users choose the node of a task')
      .addOption(new Option('--fixed-node', 'do not let them').conflicts('chooseNode')),
  run: async (cli, nameOrId: string, options: Options) => {
    const { name, nodes, fixedNode, chooseNode } = options;
    const limits = namedLimits(options);
    const body = {
      ...(name === undefined ? {} : { name }),
      ...(options.default ? { isDefault: true as const } : {}),
      ...(Object.keys(limits).length === 0 ? {} : { limits }),
      ...(fixedNode || chooseNode ? { mayChooseNode: chooseNode === true } : {}),
      ...(nodes === undefined ? {} : { allowedNodes: namedNodes(nodes) }),
    };
    if (Object.keys(body).length === 0)
      throw CommandError.local('USAGE', 'name at least one thing to change');
    const api = await signedIn(cli);
    const { id } = await findGroup(api, nameOrId);
    const group = await api.call(groups.updateGroup, { params: { id }, body });
    return { json: group, text: [`Changed the group ${group.name}.`] };
  },
});
