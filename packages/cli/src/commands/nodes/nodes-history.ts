import { HistorySpan, history, NodeHistory } from '@longshore/protocol';
import { signedIn, tableStyle } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { as } from '../../option-values.ts';
import { formatBytes, formatTime } from '../../output/format-values.ts';
import { table } from '../../output/table.ts';

export const nodesHistory = defineCommand({
  name: 'history',
  summary: 'Show how a node was over the last hour or day',
  notes: [
    'One line for each minute of the hour, or each five minutes of the day. ONLINE is the share of that time; what is ' +
      'missing was not measured, because no master ran. STORE FREE is of the store with the least room.',
  ],
  examples: ['longshore nodes history shed', 'longshore nodes history shed --span day --json | jq .load1'],
  json: NodeHistory,
  setup: (command) =>
    command
      .argument('<node>', 'name or id of the node')
      .option('--span <span>', 'hour or day', as(HistorySpan), 'hour'),
  run: async (cli, id: string, { span }: { span: HistorySpan }) => {
    const api = await signedIn(cli);
    const found = await api.call(history.nodeHistory, { params: { id }, query: { span } });
    const rows = found.atMs.map((atMs, at) => [
      formatTime(atMs),
      `${Math.round((found.online[at] ?? 0) * 100)} %`,
      shown(found.load1[at], (load) => load.toFixed(1)),
      shown(found.memoryFreeBytes[at], formatBytes),
      shown(found.tempFreeBytes[at], formatBytes),
      shown(found.storeFreeBytes[at], formatBytes),
      shown(found.running[at], (count) => count.toFixed(0)),
      shown(found.queued[at], (count) => count.toFixed(0)),
      shown(found.skewMs[at], (skew) => `${skew.toFixed(0)} ms`),
    ]);
    const titles = ['ONLINE', 'LOAD', 'MEMORY FREE', 'TEMP FREE', 'STORE FREE', 'RUNNING', 'QUEUED', 'CLOCK'];
    const columns = [{ title: 'FROM' }, ...titles.map((title) => ({ title, align: 'right' as const }))];
    const nothing = ['Nothing was measured yet; the first line comes after a minute.'];
    return { json: found, text: rows.length === 0 ? nothing : table(columns, rows, tableStyle(cli)) };
  },
});

const shown = (value: number | null | undefined, format: (value: number) => string): string =>
  value === null || value === undefined ? '-' : format(value);
