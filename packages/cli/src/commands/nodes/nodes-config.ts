import { nodes } from '@longshore/protocol';
import { signedIn, tableStyle } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { printable } from '../../output/printable.ts';
import { table } from '../../output/table.ts';

export const nodesConfig = defineCommand({
  name: 'config',
  summary: 'Show every setting in force on a node, and where it comes from',
  examples: [
    'longshore nodes config shed',
    'longshore nodes config shed --json | jq -r \'.settings[] | select(.origin != "default") | [.key, .value] | @tsv\'',
  ],
  json: nodes.showNodeConfig.response,
  setup: (command) => command.argument('<node>', 'name or id of the node'),
  run: async (cli, id: string) => {
    const api = await signedIn(cli);
    const answer = await api.call(nodes.showNodeConfig, { params: { id } });
    const rows = answer.settings.map(({ section, key, value, origin, place, description }) => [
      `[${section}] ${key}`,
      value === null ? '-' : printable(value),
      origin === 'default' || origin === 'master' ? origin : printable(place),
      printable(description.replaceAll('`', '')),
    ]);
    const columns = [
      { title: 'KEY' },
      { title: 'VALUE' },
      { title: 'FROM' },
      { title: 'WHAT IT DOES', shrink: true },
    ];
    return { json: answer, text: table(columns, rows, tableStyle(cli)) };
  },
});
