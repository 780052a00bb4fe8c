import { accounts, Role } from '@longshore/protocol';
import { Option } from 'commander';
import { z } from 'zod';
import { findGroup } from '../../api/find-group.ts';
import { findUser } from '../../api/find-user.ts';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { CommandError } from '../../errors/command-error.ts';
import { as, Size } from '../../option-values.ts';
import { readPassword } from '../../terminal/read-password.ts';

const Quota = z.union([z.literal('group'), Size], {
  error: 'a size such as 50GiB, or "group"',
});

export const usersEdit = defineCommand({
  name: 'edit',
  summary: 'Change the role, group, quota or password of a user, or disable and enable one',
  examples: [
    'longshore users edit ada --quota 100GiB',
    'longshore users edit ada --group Students --quota group',
    'longshore users edit ada --disable',
    'printf %s "$PASSWORD" | longshore users edit ada --password-stdin',
  ],
  json: accounts.updateUser.response,
  setup: (command) =>
    command
      .argument('<user>', 'name or id of the user')
      .addOption(new Option('--role <role>', 'what the user may do').choices(Role.options))
      .option('--group <group>', 'name or id of another group')
      .option(
        '--quota <size>',
        'how much the user may store: 50GiB, or "group" for the quota of the group',
        as(Quota),
      )
      .option('--oidc-login <login>', 'login at the identity provider that becomes this user, or "none"')
      .option('--disable', 'let the user no longer sign in')
      .addOption(new Option('--enable', 'let the user sign in again').conflicts('disable'))
      .option('--password-stdin', 'read a new password from standard input'),
  run: async (
    cli,
    name: string,
    options: {
      role?: Role;
      oidcLogin?: string;
      group?: string;
      quota?: number | 'group';
      disable?: true;
      enable?: true;
      passwordStdin?: true;
    },
  ) => {
    const api = await signedIn(cli);
    const password = options.passwordStdin ? await readPassword(cli, true, '') : undefined;
    const { quota } = options;
    const body = {
      ...(options.role === undefined ? {} : { role: options.role }),
      ...(quota === undefined ? {} : { quotaBytes: quota === 'group' ? null : quota }),
      ...(options.group === undefined ? {} : { groupId: (await findGroup(api, options.group)).id }),
      ...(options.oidcLogin === undefined
        ? {}
        : { oidcLogin: options.oidcLogin === 'none' ? null : options.oidcLogin }),
      ...(options.disable || options.enable ? { disabled: options.disable === true } : {}),
      ...(password === undefined ? {} : { password }),
    };
    if (Object.keys(body).length === 0)
      throw CommandError.local('USAGE', 'name at least one thing to change');
    const { id } = await findUser(api, name);
    const user = await api.call(accounts.updateUser, { params: { id }, body });
    return { json: user, text: [`Changed the user ${user.name}.`] };
  },
});
