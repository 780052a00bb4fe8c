import { accounts, UserName } from '@longshore/protocol';
import { findGroup } from '../../api/find-group.ts';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { as, Size } from '../../option-values.ts';
import { readPassword } from '../../terminal/read-password.ts';

export const usersAdd = defineCommand({
  name: 'add',
  summary: 'Create a user',
  notes: [
    'Without `--password-stdin` a one-time password is made up and printed: the user signs in with it and then ' +
      'chooses another with `longshore passwd`.',
  ],
  examples: [
    'longshore users add ada --quota 50GiB',
    'longshore users add grace --admin --group Administrators',
    'printf %s "$PASSWORD" | longshore users add ci --password-stdin',
  ],
  json: accounts.createUser.response,
  setup: (command) =>
    command
      .argument('<name>', 'name of the user', as(UserName))
      .option('--group <group>', 'name or id of the group (default: the default group)')
      .option('--admin', 'make the user an administrator')
      .option(
        '--quota <size>',
        'how much the user may store, such as 50GiB (default: as the group says)',
        as(Size),
      )
      .option('--password-stdin', 'read the password from standard input'),
  run: async (
    cli,
    name: string,
    options: { group?: string; admin?: true; quota?: number; passwordStdin?: true },
  ) => {
    const api = await signedIn(cli);
    const password = options.passwordStdin ? await readPassword(cli, true, '') : undefined;
    const answer = await api.call(accounts.createUser, {
      body: {
        name,
        role: options.admin ? 'admin' : 'user',
        quotaBytes: options.quota ?? null,
        ...(options.group === undefined ? {} : { groupId: (await findGroup(api, options.group)).id }),
        ...(password === undefined ? {} : { password }),
      },
    });
    const text = [`Created the ${answer.user.role === 'admin' ? 'administrator' : 'user'} ${name}.`];
    if (answer.oneTimePassword !== null) {
      text.push(
        `One-time password: ${answer.oneTimePassword}`,
        '',
        `${name} signs in with: longshore login ${api.url} --user ${name}`,
        'and then chooses a password with: longshore passwd',
      );
    }
    return { json: answer, text };
  },
});
