import { FileEntry } from '@longshore/protocol';
import { z } from 'zod';
import { listFolder } from '../../api/list-folder.ts';
import { signedIn, tableStyle } from '../../cli.ts';
import { defineCommand } from '../../define-command.ts';
import { CommandError } from '../../errors/command-error.ts';
import { as } from '../../option-values.ts';
import { formatBytes, formatTime } from '../../output/format-values.ts';
import { printable } from '../../output/printable.ts';
import { table } from '../../output/table.ts';
import { RemotePath } from '../../remote-path.ts';
import { statRemote } from '../../transfer/remote-tree.ts';

export const ls = defineCommand({
  name: 'ls',
  summary: 'List a folder, or show one file',
  examples: ['longshore ls', 'longshore ls -l /photos', "longshore ls / --json | jq -r '.entries[].path'"],
  json: z.object({ folder: FileEntry.nullable(), entries: z.array(FileEntry) }),
  notes: ['With `--json`, `folder` is null when PATH is a file.'],
  setup: (command) =>
    command
      .argument('[path]', 'folder or file to list', as(RemotePath), '/')
      .option('-l, --long', 'show sizes and times too'),
  run: async (cli, path: string, options: { long?: true }) => {
    const api = await signedIn(cli);
    const entry = path === '/' ? null : await statRemote(api, path);
    if (path !== '/' && entry === null) throw CommandError.local('PATH_NOT_FOUND', `${path} does not exist`);
    const listed = entry?.kind === 'file' ? { folder: null, entries: [entry] } : await listFolder(api, path);
    const nameOf = ({ name, kind }: FileEntry): string =>
      kind === 'folder' ? cli.paint.busy(`${printable(name)}/`) : printable(name);
    if (!options.long) return { json: listed, text: listed.entries.map(nameOf) };
    const rows = listed.entries.map((one) => [
      one.kind === 'folder' ? '-' : formatBytes(one.sizeBytes),
      formatTime(one.modifiedAtMs),
      nameOf(one),
    ]);
    const columns = [{ title: 'SIZE', align: 'right' as const }, { title: 'MODIFIED' }, { title: 'NAME' }];
    return { json: listed, text: rows.length === 0 ? [] : table(columns, rows, tableStyle(cli)) };
  },
});
