import { Group, groups } from '@longshore/protocol';
import { z } from 'zod';
import { findGroup } from '../../api/find-group.ts';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';

export const groupsRm = defineCommand({
  name: 'rm',
  summary: 'Delete a group that has no users and is not the default',
  examples: ['longshore groups rm Students'],
  json: z.object({ deleted: Group }),
  setup: (command) => command.argument('<group>', 'name or id of the group'),
  run: async (cli, nameOrId: string) => {
    const api = await signedIn(cli);
    const group = await findGroup(api, nameOrId);
    await api.call(groups.deleteGroup, { params: { id: group.id } });
    return { json: { deleted: group }, text: [`Deleted the group ${group.name}.`] };
  },
});
