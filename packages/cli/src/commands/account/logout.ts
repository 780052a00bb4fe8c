import { accounts } from '@longshore/protocol';
import { z } from 'zod';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { CommandError } from '../../errors/command-error.ts';
import { removeSession } from '../../session/session-file.ts';

export const logout = defineCommand({
  name: 'logout',
  summary: 'End the session and forget its token',
  examples: ['longshore logout', 'longshore logout --everywhere'],
  json: z.object({ url: z.string(), everywhere: z.boolean() }),
  setup: (command) =>
    command.option('--everywhere', 'end every session and API token of yours, on all machines'),
  run: async (cli, options: { everywhere?: true }) => {
    const api = await signedIn(cli);
    const everywhere = options.everywhere === true;
    try {
      await api.call(accounts.logout, { body: { everywhere } });
    } catch (error) {
      if (everywhere || !isOver(error)) throw error;
    }
    if (cli.settings.token === null) await removeSession(cli.settings.sessionFile);
    const text = everywhere ? `Signed out of ${api.url} on all machines.` : `Signed out of ${api.url}.`;
    return { json: { url: api.url, everywhere }, text: [text] };
  },
});

const isOver = (error: unknown): boolean =>
  error instanceof CommandError && (error.code === 'UNAUTHENTICATED' || error.code === 'TOKEN_EXPIRED');
