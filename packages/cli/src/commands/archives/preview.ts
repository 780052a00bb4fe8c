import { type ArchiveListEntry, ArchiveListing, files } from '@longshore/protocol';
import { type Cli, signedIn, tableStyle } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { as, wholeNumber } from '../../option-values.ts';
import { formatBytes, formatCount, formatTime, plural } from '../../output/format-values.ts';
import { printable } from '../../output/printable.ts';
import { table } from '../../output/table.ts';
import { RemotePath } from '../../remote-path.ts';
import { readPassword } from '../../terminal/read-password.ts';

const pageSize = 10_000;

type Options = { search?: string; encoding?: string; limit?: number; passwordStdin?: true };

export const preview = defineCommand({
  name: 'preview',
  summary: 'List what is in an archive, without extracting it',
  examples: [
    'longshore preview /photos.zip',
    'longshore preview /photos.zip --search .jpg --limit 20',
    'longshore preview /old.zip --encoding shift_jis',
    'printf %s "$PASSWORD" | longshore preview /secret.7z --password-stdin',
  ],
  notes: ['With `--json`, `next` is the number of the first entry that is not listed, or null.'],
  json: ArchiveListing,
  setup: (command) =>
    command
      .argument('<path>', 'the archive', as(RemotePath))
      .option('--search <text>', 'only entries whose path contains this, in any case')
      .option('--encoding <name>', 'encoding of the names in the archive (default: detected)')
      .option(
        '--limit <number>',
        'list at most so many entries (default: all)',
        as(wholeNumber(1, 100_000_000)),
      )
      .option('--password-stdin', 'read the password of the archive from standard input'),
  run: async (cli, path: string, options: Options) => {
    const api = await signedIn(cli);
    const { search, encoding, limit = Number.POSITIVE_INFINITY } = options;
    const password = options.passwordStdin ? await readPassword(cli, true, '') : null;
    const page = (offset: number, entriesSoFar: number): Promise<ArchiveListing> =>
      api.call(files.preview, {
        body: {
          path,
          offset,
          limit: Math.min(pageSize, limit - entriesSoFar),
          ...(search === undefined ? {} : { search }),
          ...(encoding === undefined ? {} : { encoding }),
          ...(password === null ? {} : { password }),
        },
      });
    const listing = await page(0, 0);
    const entries = [...listing.entries];
    let { next } = listing;
    while (next !== null && entries.length < limit) {
      const more = await page(next, entries.length);
      entries.push(...more.entries);
      next = more.next;
    }
    const whole = { ...listing, entries, next };
    return { json: whole, text: lines(cli, whole) };
  },
});

function lines(cli: Cli, listing: ArchiveListing): string[] {
  const { entries, total, next } = listing;
  const rows = entries.map((entry) => [
    entry.sizeBytes === null || entry.type === 'folder' ? '-' : formatBytes(entry.sizeBytes),
    entry.modifiedAtMs === null ? '-' : formatTime(entry.modifiedAtMs),
    `${printable(entry.path)}${remarks(cli, entry)}`,
  ]);
  const columns = [{ title: 'SIZE', align: 'right' as const }, { title: 'MODIFIED' }, { title: 'PATH' }];
  const bytes = entries.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);
  const count = plural(entries.length, 'entry', 'entries');
  const more = next === null ? '' : total === null ? ', and more' : ` of ${formatCount(total)}`;
  const sure = listing.encodingConfidence;
  const detected = sure === null ? '' : ` (detected, ${Math.round(sure * 100)} % sure)`;
  const encoding = listing.encoding === null ? '' : `, names in ${listing.encoding}${detected}`;
  return [
    ...(rows.length === 0 ? [] : table(columns, rows, tableStyle(cli))),
    cli.paint.dim(`${count}${more}, ${formatBytes(bytes)}; ${listing.format}${encoding}`),
  ];
}

function remarks({ paint }: Cli, entry: ArchiveListEntry): string {
  const unsafe = entry.unsafe === null ? '' : `  ${paint.bad(`unsafe: ${printable(entry.unsafe)}`)}`;
  const kind = entry.type === 'link' || entry.type === 'special' ? `  ${paint.warn(entry.type)}` : '';
  return `${entry.encrypted ? `  ${paint.warn('encrypted')}` : ''}${kind}${unsafe}`;
}
