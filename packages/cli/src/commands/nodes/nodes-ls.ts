import { nodes } from '@longshore/protocol';
import { signedIn, tableStyle } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { formatAge, formatBytes } from '../../output/format-values.ts';
import { printable } from '../../output/printable.ts';
import { table } from '../../output/table.ts';
import { paintNodeState } from './node-state.ts';

export const nodesLs = defineCommand({
  name: 'ls',
  summary: 'List all nodes with their live status',
  examples: ['longshore nodes ls', "longshore nodes ls --json | jq -r '.nodes[] | [.name, .health] | @tsv'"],
  json: nodes.listNodes.response,
  run: async (cli) => {
    const api = await signedIn(cli);
    const answer = await api.call(nodes.listNodes, {});
    const rows = answer.nodes.map((node) => [
      node.name,
      paintNodeState(cli.paint, node),
      String(node.weight),
      node.vitals === null ? '-' : `${node.vitals.running}+${node.vitals.queued}`,
      node.vitals === null ? '-' : node.vitals.load1.toFixed(1),
      node.vitals?.temp ? formatBytes(node.vitals.temp.freeBytes) : '-',
      node.lastHeartbeatAgeMs === null ? '-' : formatAge(node.lastHeartbeatAgeMs),
      node.vitals === null ? '-' : printable(node.vitals.version),
      node.url ?? '(embedded)',
    ]);
    const columns = [
      { title: 'NAME' },
      { title: 'STATE' },
      { title: 'WEIGHT', align: 'right' as const },
      { title: 'TASKS', align: 'right' as const },
      { title: 'LOAD', align: 'right' as const },
      { title: 'FREE', align: 'right' as const },
      { title: 'SEEN', align: 'right' as const },
      { title: 'VERSION' },
      { title: 'ADDRESS', shrink: true },
    ];
    return { json: answer, text: table(columns, rows, tableStyle(cli)) };
  },
});
