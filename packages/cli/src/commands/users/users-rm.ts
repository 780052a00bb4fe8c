import { accounts, User } from '@longshore/protocol';
import { z } from 'zod';
import { findUser } from '../../api/find-user.ts';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { formatBytes } from '../../output/format-values.ts';
import { confirm } from '../../terminal/confirm.ts';

export const usersRm = defineCommand({
  name: 'rm',
  summary: 'Delete a user with all files and tasks',
  examples: ['longshore users rm ada', 'longshore users rm ada --yes'],
  json: z.object({ deleted: User }),
  setup: (command) =>
    command.argument('<user>', 'name or id of the user').option('-y, --yes', 'do not ask for a confirmation'),
  run: async (cli, name: string, options: { yes?: true }) => {
    const api = await signedIn(cli);
    const user = await findUser(api, name);
    if (!options.yes) {
      const what = `${user.name} with all files (${formatBytes(user.usedBytes)}) and tasks`;
      await confirm(cli.io, `Delete the user ${what}?`, cli.signal);
    }
    await api.call(accounts.deleteUser, { params: { id: user.id } });
    return { json: { deleted: user }, text: [`Deleted the user ${user.name}.`] };
  },
});
