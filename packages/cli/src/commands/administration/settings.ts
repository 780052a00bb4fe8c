import { settings as endpoints } from '@longshore/protocol';
import { signedIn, tableStyle } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { printable } from '../../output/printable.ts';
import { table } from '../../output/table.ts';

export const settings = defineCommand({
  name: 'settings',
  summary: 'Show the settings of the master, and where each comes from (administrators)',
  examples: ['longshore settings', 'longshore settings --changed'],
  json: endpoints.listSettings.response,
  setup: (command) => command.option('--changed', 'leave out what has its default'),
  run: async (cli, options: { changed?: true }) => {
    const api = await signedIn(cli);
    const answer = await api.call(endpoints.listSettings, {});
    const shown = answer.settings.filter(({ origin }) => !options.changed || origin !== 'default');
    const rows = shown.map(({ section, key, value, place, description }) => [
      `[${section}] ${key}`,
      printable(value ?? '-'),
      printable(place),
      description,
    ]);
    const columns = [
      { title: 'SETTING' },
      { title: 'VALUE' },
      { title: 'FROM' },
      { title: 'WHAT IT DOES', shrink: true },
    ];
    return { json: { settings: shown }, text: table(columns, rows, tableStyle(cli)) };
  },
});
