import { accounts } from '@longshore/protocol';
import { signedIn } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { as, Span } from '../../option-values.ts';
import { formatTime } from '../../output/format-values.ts';

export const tokensAdd = defineCommand({
  name: 'add',
  summary: 'Create an API token for scripts',
  notes: ['The token is printed once and cannot be shown again. Scripts pass it as `LONGSHORE_TOKEN`.'],
  examples: [
    'longshore tokens add backup --expires 90d',
    'longshore tokens add dashboard --read-only',
    'longshore tokens add ci --json | jq -r .token',
  ],
  json: accounts.createToken.response,
  setup: (command) =>
    command
      .argument('<name>', 'what the token is for')
      .option('--read-only', 'a token that changes nothing')
      .option('--expires <span>', 'when it ends, such as 12h or 90d (default: never)', as(Span)),
  run: async (cli, name: string, options: { expires?: number; readOnly?: true }) => {
    const api = await signedIn(cli);
    const answer = await api.call(accounts.createToken, {
      body: { name, access: options.readOnly ? 'read' : 'full', expiresInSeconds: options.expires ?? null },
    });
    const { expiresAtMs } = answer.info;
    const lifetime = expiresAtMs === null ? 'does not expire' : `expires at ${formatTime(expiresAtMs)}`;
    return { json: answer, text: [answer.token, '', `The token ${lifetime}. It is not shown again.`] };
  },
});
