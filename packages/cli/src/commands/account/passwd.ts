import { accounts, Session, User } from '@longshore/protocol';
import { z } from 'zod';
import { type Cli, signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { CommandError } from '../../errors/command-error.ts';
import { writeSession } from '../../session/session-file.ts';
import { askHidden } from '../../terminal/ask-hidden.ts';
import { readSecretLines } from '../../terminal/read-secret-lines.ts';

export const passwd = defineCommand({
  name: 'passwd',
  summary: 'Change your password',
  notes: ['Your other sessions end; this one goes on.'],
  examples: ['longshore passwd', 'printf "%s\\n%s\\n" "$OLD" "$NEW" | longshore passwd --password-stdin'],
  json: z.object({ user: User, expiresAtMs: Session.shape.expiresAtMs }),
  setup: (command) =>
    command.option(
      '--password-stdin',
      'read two lines from standard input: the present password and the new one',
    ),
  run: async (cli, options: { passwordStdin?: true }) => {
    const api = await signedIn(cli);
    const [current = '', next = ''] = options.passwordStdin
      ? await readSecretLines(cli.io, 2)
      : await askBoth(cli);
    const session = await api.call(accounts.changePassword, { body: { current, next } });
    const { token, expiresAtMs, user } = session;
    const text = ['Your password is changed. Other sessions of yours have ended.'];
    if (cli.settings.token === null) {
      await writeSession(cli.settings.sessionFile, { url: api.url, user: user.name, token, expiresAtMs });
    }
    return { json: { user, expiresAtMs }, text };
  },
});

async function askBoth(cli: Cli): Promise<[string, string]> {
  const current = await askHidden(cli.io, 'Present password: ');
  const next = await askHidden(cli.io, 'New password: ');
  if (next === (await askHidden(cli.io, 'New password again: '))) return [current, next];
  throw CommandError.local('USAGE', 'the new passwords differ', { hint: 'Run the command again.' });
}
