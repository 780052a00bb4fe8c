import { accounts } from '@longshore/protocol';
import { signedIn, tableStyle } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { formatTime } from '../../output/format-values.ts';
import { printable } from '../../output/printable.ts';
import { table } from '../../output/table.ts';

export const tokensLs = defineCommand({
  name: 'ls',
  summary: 'List your API tokens',
  examples: ['longshore tokens ls'],
  json: accounts.listTokens.response,
  run: async (cli) => {
    const api = await signedIn(cli);
    const answer = await api.call(accounts.listTokens, {});
    const rows = answer.tokens.map(({ name, id, access, createdAtMs, lastUsedAtMs, expiresAtMs }) => [
      printable(name),
      access,
      formatTime(createdAtMs),
      lastUsedAtMs === null ? 'never' : formatTime(lastUsedAtMs),
      expiresAtMs === null ? 'never' : formatTime(expiresAtMs),
      id,
    ]);
    const columns = [
      { title: 'NAME', shrink: true },
      { title: 'ACCESS' },
      { title: 'CREATED' },
      { title: 'USED' },
      { title: 'EXPIRES' },
      { title: 'ID' },
    ];
    const text = rows.length === 0 ? ['You have no API tokens.'] : table(columns, rows, tableStyle(cli));
    return { json: answer, text };
  },
});
