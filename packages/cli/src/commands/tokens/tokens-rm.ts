import { ApiToken, accounts } from '@longshore/protocol';
import { z } from 'zod';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { CommandError } from '../../errors/command-error.ts';
import { printable } from '../../output/printable.ts';

export const tokensRm = defineCommand({
  name: 'rm',
  summary: 'Delete an API token',
  examples: ['longshore tokens rm backup', 'longshore tokens rm 3f2a'],
  json: z.object({ deleted: ApiToken }),
  setup: (command) => command.argument('<token>', 'name of the token, or the beginning of its id'),
  run: async (cli, wanted: string) => {
    const api = await signedIn(cli);
    const { tokens } = await api.call(accounts.listTokens, {});
    const named = tokens.filter(({ name }) => name === wanted);
    const [found, another] = named.length > 0 ? named : tokens.filter(({ id }) => id.startsWith(wanted));
    if (found === undefined) throw CommandError.local('TOKEN_NOT_FOUND', `you have no token ${wanted}`);
    if (another !== undefined)
      throw CommandError.local('ID_AMBIGUOUS', `several tokens are called ${wanted}`);
    await api.call(accounts.deleteToken, { params: { id: found.id } });
    return { json: { deleted: found }, text: [`Deleted the token ${printable(found.name)}.`] };
  },
});
