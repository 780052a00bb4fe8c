import { accounts, Session, User } from '@longshore/protocol';
import { z } from 'zod';
import { createApi } from '../../api/api.ts';
import { defineCommand } from '../../define-command.ts';
import { CommandError } from '../../errors/command-error.ts';
import { formatTime } from '../../output/format-values.ts';
import { masterUrl } from '../../session/master-url.ts';
import { readSession, writeSession } from '../../session/session-file.ts';
import { askHidden } from '../../terminal/ask-hidden.ts';
import { readPassword } from '../../terminal/read-password.ts';

export const login = defineCommand({
  name: 'login',
  summary: 'Sign in to a master and remember it',
  notes: [
    'The address and the token are kept in `$XDG_CONFIG_HOME/longshore/config.json` (`~/.config/longshore`), ' +
      'readable by you only; the password is not kept. Without URL, the master of the last sign-in is used.',
  ],
  examples: [
    'longshore login http://127.0.0.1:5212 --user admin',
    'printf %s "$PASSWORD" | longshore login https://files.example.org --user ada --password-stdin',
  ],
  json: z.object({ url: z.string(), user: User, expiresAtMs: Session.shape.expiresAtMs }),
  setup: (command) =>
    command
      .argument('[url]', 'address of the master')
      .requiredOption('-u, --user <name>', 'name to sign in with')
      .option('--password-stdin', 'read the password from standard input')
      .option('--code <code>', 'code of your authenticator app, or a recovery code; asked for when needed'),
  run: async (
    cli,
    address: string | undefined,
    options: { user: string; passwordStdin?: true; code?: string },
  ) => {
    const { sessionFile } = cli.settings;
    const given = address ?? cli.settings.url ?? (await readSession(sessionFile))?.url;
    if (given === undefined) throw CommandError.local('USAGE', 'name the address of the master');
    const url = masterUrl(given);
    const password = await readPassword(
      cli,
      options.passwordStdin,
      `Password of ${options.user} at ${url}: `,
    );
    const api = createApi({ url, token: null, signal: cli.signal });
    const attempt = (code: string | undefined) =>
      api.call(accounts.login, {
        body: { user: options.user, password, ...(code === undefined ? {} : { code }) },
      });
    const session = await attempt(options.code).catch(async (error: unknown) => {
      const needsCode = error instanceof CommandError && error.code === 'SECOND_FACTOR_REQUIRED';
      if (!needsCode || options.passwordStdin) throw error;
      return attempt(await askHidden(cli.io, 'Code of your authenticator app: '));
    });
    const { token, expiresAtMs, user } = session;
    await writeSession(sessionFile, { url, user: user.name, token, expiresAtMs });
    const text = [`Signed in to ${url} as ${user.name}, until ${formatTime(expiresAtMs)}.`];
    if (user.passwordChangeRequired) {
      text.push('This password was chosen for you. Set your own with `longshore passwd`.');
    }
    return { json: { url, user, expiresAtMs }, text };
  },
});
