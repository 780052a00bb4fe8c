import { accounts, User } from '@longshore/protocol';
import { z } from 'zod';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { fields } from '../../output/fields.ts';
import { formatBytes } from '../../output/format-values.ts';

export const whoami = defineCommand({
  name: 'whoami',
  summary: 'Show who you are signed in as, and where',
  examples: ['longshore whoami', 'longshore whoami --json'],
  json: z.object({ url: z.string(), user: User }),
  run: async (cli) => {
    const api = await signedIn(cli);
    const user = await api.call(accounts.me, {});
    const quota = user.limits.quotaBytes === null ? '' : ` of ${formatBytes(user.limits.quotaBytes)}`;
    const text = fields(cli.paint, [
      ['user', user.name],
      ['role', user.role],
      ['group', user.group.name],
      ['master', api.url],
      ['stored', `${formatBytes(user.usedBytes)}${quota}`],
    ]);
    if (user.passwordChangeRequired) text.push('Set your own password with `longshore passwd`.');
    return { json: { url: api.url, user }, text };
  },
});
