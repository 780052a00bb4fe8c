import { groups } from '@longshore/protocol';
import { signedIn, tableStyle } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { formatBytes, formatCount } from '../../output/format-values.ts';
import { table } from '../../output/table.ts';

export const groupsLs = defineCommand({
  name: 'ls',
  summary: 'List all groups with their limits',
  notes: ['"-" is a limit that only the settings of the master make.'],
  examples: ['longshore groups ls'],
  json: groups.listGroups.response,
  run: async (cli) => {
    const api = await signedIn(cli);
    const answer = await api.call(groups.listGroups, {});
    const bytes = (value: number | null): string => (value === null ? '-' : formatBytes(value));
    const count = (value: number | null): string => (value === null ? '-' : formatCount(value));
    const rows = answer.groups.map(({ name, isDefault, limits, members, mayChooseNode, allowedNodes }) => [
      isDefault ? `${name} (default)` : name,
      formatCount(members),
      bytes(limits.quotaBytes),
      bytes(limits.maxArchiveBytes),
      bytes(limits.maxExtractedBytes),
      count(limits.maxEntries),
      count(limits.maxRunningTasks),
      mayChooseNode ? 'yes' : 'no',
      allowedNodes === null ? 'all' : allowedNodes.map((node) => node.name).join(', '),
    ]);
    const right = (title: string) => ({ title, align: 'right' as const });
    const columns = [
      { title: 'NAME' },
      ...['USERS', 'QUOTA', 'ARCHIVE', 'EXTRACTED', 'ENTRIES', 'TASKS'].map(right),
      { title: 'CHOOSES' },
      { title: 'NODES', shrink: true },
    ];
    return { json: answer, text: table(columns, rows, tableStyle(cli)) };
  },
});
