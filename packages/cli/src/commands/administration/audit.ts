import { type AuditEntry, audit as endpoints } from '@longshore/protocol';
import type { z } from 'zod';
import { signedIn, tableStyle } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { as, Span, wholeNumber } from '../../option-values.ts';
import { formatTime } from '../../output/format-values.ts';
import { printable } from '../../output/printable.ts';
import { table } from '../../output/table.ts';

type Options = {
  user?: string;
  object?: string;
  action?: string;
  requestId?: string;
  since?: number;
  limit: number;
};

export const audit = defineCommand({
  name: 'audit',
  summary: 'Show who has changed what, newest first (administrators)',
  notes: ['Also shows sign-ins, failed ones too, and changes of passwords and tokens.'],
  examples: [
    'longshore audit --since 7d',
    'longshore audit --action user. --object ada',
    'longshore audit --action sign-in.failed --json',
  ],
  json: endpoints.listAudit.response,
  setup: (command) =>
    command
      .option('--user <user>', 'only what this user did, by name or id')
      .option('--object <name>', 'only what was done to this user, group, node or token')
      .option('--action <action>', 'only this action, or with a dot at its end all that begin so')
      .option('--request-id <id>', 'only what this request did')
      .option('--since <span>', 'only the last 12h, 7d, …', as(Span))
      .option('-n, --limit <number>', 'list at most so many', as(wholeNumber(1, 10_000)), 50),
  run: async (cli, { since, limit, ...filter }: Options) => {
    const api = await signedIn(cli);
    const entries: AuditEntry[] = [];
    let next: number | null = null;
    do {
      const answer: z.output<typeof endpoints.listAudit.response> = await api.call(endpoints.listAudit, {
        query: {
          ...filter,
          afterMs: since === undefined ? undefined : Date.now() - since * 1000,
          limit: Math.min(500, limit - entries.length),
          cursor: next ?? undefined,
        },
      });
      entries.push(...answer.entries);
      next = answer.next;
    } while (next !== null && entries.length < limit);
    const rows = entries.map((entry) => [
      formatTime(entry.atMs),
      entry.user?.name ?? '-',
      entry.address,
      entry.action,
      entry.object === null ? '' : printable(`${entry.object.kind} ${entry.object.name}`),
      printable(describeChange(entry)),
    ]);
    const columns = [
      ...['WHEN', 'WHO', 'FROM', 'ACTION', 'OBJECT'].map((title) => ({ title })),
      { title: 'CHANGE', shrink: true },
    ];
    const text = rows.length === 0 ? ['Nothing is recorded.'] : table(columns, rows, tableStyle(cli));
    if (next !== null) text.push(cli.paint.dim('There is more; raise --limit to see it.'));
    return { json: { entries, next }, text };
  },
});

/** "weight 1 → 3, enabled true → false"; for what is new or gone, its values. */
function describeChange({ before, after }: AuditEntry): string {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  return names
    .map((name) => {
      const [old, now] = [before?.[name], after?.[name]];
      if (old === undefined) return `${name} ${show(now)}`;
      return now === undefined ? `${name} ${show(old)}` : `${name} ${show(old)} → ${show(now)}`;
    })
    .join(', ');
}
