import { AppError, type ConflictPolicy } from '@longshore/protocol';
import type { Db } from '../../database/open-database.ts';
import { defaultMode, type NewFile } from '../../store/files/file-row.ts';
import { findChildren } from '../../store/files/find-children.ts';
import { insertFiles } from '../../store/files/insert-files.ts';
import { setFolderTimes } from '../../store/files/set-folder-times.ts';
import { freeName } from '../free-name.ts';
import type { PathNames } from '../parse-path.ts';

type Wanted = {
  readonly kind: 'file' | 'folder';
  readonly names: PathNames;
  readonly mode: number | null;
  readonly modifiedAtMs: number | null;
};

type Known = { readonly id: string; readonly name: string; readonly made: boolean };

/** The folders that outputs go to, by their path below the destination. */
export type PublishedFolders = {
  /** Makes the folders among the outputs, and those above all of them. */
  ensure(outputs: readonly Wanted[]): Promise<void>;
  has(names: PathNames): boolean;
  idOf(names: PathNames): string;
  /** The name it has got, which differs from the wanted one when a file had that. */
  nameOf(names: PathNames): string;
};

export function createPublishedFolders(options: {
  tx: Db;
  userId: string;
  destination: PathNames;
  destinationId: string;
  conflict: ConflictPolicy;
}): PublishedFolders {
  const { tx, userId, conflict } = options;
  const known = new Map<string, Known>();
  known.set('', { id: options.destinationId, name: options.destination.at(-1) ?? '', made: false });
  const keyOf = (names: PathNames): string => names.join('/');
  const find = (names: PathNames): Known => {
    const folder = known.get(keyOf(names));
    if (folder === undefined) throw new Error(`folder ${keyOf(names)} was not ensured`);
    return folder;
  };

  /** One level at a time, each in two or three statements: the folders above must exist first. */
  const makeLevel = async (level: readonly PathNames[], said: ReadonlyMap<string, Wanted>): Promise<void> => {
    const rows = level.map((names): NewFile & { key: string } => ({
      key: keyOf(names),
      id: crypto.randomUUID(),
      parentId: find(names.slice(0, -1)).id,
      name: names.at(-1) ?? '',
      kind: 'folder',
      blobId: null,
      sizeBytes: 0,
      mode: said.get(keyOf(names))?.mode ?? defaultMode.folder,
      modifiedAtMs: said.get(keyOf(names))?.modifiedAtMs ?? null,
    }));
    const taken = new Set(await insertFiles(tx, userId, rows));
    for (const row of rows)
      if (!taken.has(row)) known.set(row.key, { id: row.id, name: row.name, made: true });
    const waiting = rows.filter((row) => taken.has(row));
    const present = await findChildren(tx, { userId, children: waiting });
    for (const row of waiting) {
      const other = present.find(({ parentId, name }) => parentId === row.parentId && name === row.name);
      if (other?.kind === 'folder') known.set(row.key, { id: other.id, name: row.name, made: false });
      else if (conflict === 'rename') known.set(row.key, await makeBeside(row));
      else throw new AppError('PATH_EXISTS', `"${row.name}" exists already in the destination, as a file`);
    }
  };

  const makeBeside = async (row: NewFile): Promise<Known> => {
    const { id, parentId } = row;
    const name = await freeName(tx, { userId, parentId, name: row.name, kind: 'folder' });
    await insertFiles(tx, userId, [{ ...row, name }]);
    return { id, name, made: true };
  };

  return {
    has: (names) => known.has(keyOf(names)),
    idOf: (names) => find(names).id,
    nameOf: (names) => find(names).name,
    ensure: async (outputs) => {
      const said = new Map<string, Wanted>();
      const missing = new Map<string, PathNames>();
      for (const output of outputs) {
        const folder = output.kind === 'folder' ? output.names : output.names.slice(0, -1);
        if (output.kind === 'folder') said.set(keyOf(folder), output);
        for (let above = folder; !known.has(keyOf(above)); above = above.slice(0, -1)) {
          if (missing.has(keyOf(above))) break;
          missing.set(keyOf(above), above);
        }
      }
      // A folder that was made for its content before it was said what times it has.
      for (const [key, { mode, modifiedAtMs }] of said) {
        const folder = known.get(key);
        if (folder?.made === true) await setFolderTimes(tx, { userId, id: folder.id, mode, modifiedAtMs });
      }
      const levels = Map.groupBy(missing.values(), (names) => names.length);
      for (const depth of [...levels.keys()].sort((a, b) => a - b)) {
        await makeLevel(levels.get(depth) ?? [], said);
      }
    },
  };
}
