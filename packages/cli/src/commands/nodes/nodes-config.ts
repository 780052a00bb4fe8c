import { nodes } from '@longshore/protocol';
import { signedIn, tableStyle } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { formatAge } from '../../output/format-values.ts';
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
    const { settings, refusedEdit } = answer;
    const rows = settings.map(({ section, key, value, origin, place, description }) => [
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
    const notes = [
      ...(refusedEdit === null
        ? []
        : [
            `The last edit was refused ${formatAge(Date.now() - refusedEdit.atMs)} ago: ${printable(refusedEdit.reason)}`,
          ]),
      ...settings.flatMap(({ section, key, pending }) => {
        if (pending === null) return [];
        const change =
          pending.value === null
            ? 'is removed'
            : `= ${printable(pending.value)} (${printable(pending.place)})`;
        return [`Waits for a restart of the slave: [${section}] ${key} ${change}`];
      }),
    ];
    const spaced = notes.length === 0 ? [] : [...notes, ''];
    return { json: answer, text: [...spaced, ...table(columns, rows, tableStyle(cli))] };
  },
});
