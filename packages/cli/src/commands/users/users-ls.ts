import { accounts } from '@longshore/protocol';
import { signedIn, tableStyle } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { formatBytes, formatTime } from '../../output/format-values.ts';
import { table } from '../../output/table.ts';

export const usersLs = defineCommand({
  name: 'ls',
  summary: 'List all users',
  examples: ['longshore users ls'],
  json: accounts.listUsers.response,
  run: async (cli) => {
    const api = await signedIn(cli);
    const answer = await api.call(accounts.listUsers, {});
    const rows = answer.users.map((user) => [
      user.name,
      user.role,
      user.group.name,
      formatBytes(user.usedBytes),
      user.limits.quotaBytes === null ? 'unlimited' : formatBytes(user.limits.quotaBytes),
      formatTime(user.createdAtMs),
      user.disabled
        ? cli.paint.bad('disabled')
        : user.passwordChangeRequired
          ? cli.paint.warn('one-time password')
          : cli.paint.good('active'),
    ]);
    const columns = [
      { title: 'NAME' },
      { title: 'ROLE' },
      { title: 'GROUP' },
      { title: 'STORED', align: 'right' as const },
      { title: 'QUOTA', align: 'right' as const },
      { title: 'CREATED' },
      { title: 'STATE' },
    ];
    return { json: answer, text: table(columns, rows, tableStyle(cli)) };
  },
});
