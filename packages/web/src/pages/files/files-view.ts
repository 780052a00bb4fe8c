import type { FileEntry } from '@longshore/protocol';
import { useMediaQuery } from '@mantine/hooks';
import { type KeyboardEvent, type MouseEvent, useEffect, useState } from 'react';
import { baseName, parentPath } from '../../format/paths.ts';
import {
  clickName,
  focusAt,
  keepExisting,
  moveFocus,
  noSelection,
  type Selection,
  selectAll,
} from './selection.ts';

/** What the list and the tiles have in common. */
export type FilesView = {
  entries: FileEntry[];
  names: string[];
  selection: Selection;
  /** The entries that are marked. */
  marked: FileEntry[];
  open: (entry: FileEntry) => void;
  toggle: (entry: FileEntry) => void;
  toggleAll: () => void;
  markAll: () => void;
  clear: () => void;
  onClick: (entry: FileEntry, event: MouseEvent) => void;
  /** Marks it alone, unless it is among what is marked. */
  markForMenu: (entry: FileEntry) => void;
  /** `columns`: how far an arrow up or down goes. */
  onKeyDown: (event: KeyboardEvent, columns: number) => void;
};

const pageRows = 12;

export function useFilesView(options: {
  path: string;
  entries: FileEntry[];
  names: string[];
  open: (entry: FileEntry) => void;
  rename: (entry: FileEntry) => void;
  remove: (entries: FileEntry[]) => void;
  leave: () => void;
}): FilesView {
  const { path, entries, names, open } = options;
  const [kept, setKept] = useState<{ path: string; selection: Selection }>({ path, selection: noSelection });
  const isTouch = useMediaQuery('(pointer: coarse)') ?? false;
  const selection = kept.path === path ? keepExisting(kept.selection, names) : noSelection;
  const select = (next: Selection): void => setKept({ path, selection: next });
  const marked = entries.filter((entry) => selection.names.has(entry.name));
  // Another folder begins with nothing marked.
  useEffect(() => setKept((now) => (now.path === path ? now : { path, selection: noSelection })), [path]);
  /** To the folder above, with the keyboard on the one that was left. */
  const leave = (): void => {
    if (path === '/') return;
    const name = baseName(path);
    setKept({ path: parentPath(path), selection: { names: new Set(), focus: name, anchor: name } });
    options.leave();
  };

  const focused = entries.find((entry) => entry.name === selection.focus);
  const keys = (event: KeyboardEvent, columns: number): (() => void) | undefined => {
    const go = (by: number) => () => select(moveFocus(selection, names, by, event.shiftKey));
    const command = event.ctrlKey || event.metaKey;
    switch (event.key) {
      case 'ArrowDown':
        return go(columns);
      case 'ArrowUp':
        return go(-columns);
      case 'ArrowRight':
        return columns > 1 ? go(1) : undefined;
      case 'ArrowLeft':
        return columns > 1 ? go(-1) : undefined;
      case 'PageDown':
        return go(columns * pageRows);
      case 'PageUp':
        return go(-columns * pageRows);
      case 'Home':
        return () => select(focusAt(selection, names, 0, event.shiftKey));
      case 'End':
        return () => select(focusAt(selection, names, names.length - 1, event.shiftKey));
      case 'Enter':
        return focused && (() => open(focused));
      case ' ':
        return (
          focused && (() => select(clickName(selection, names, focused.name, { range: false, toggle: true })))
        );
      case 'F2':
        return focused && (() => options.rename(focused));
      case 'Delete':
        return marked.length > 0 ? () => options.remove(marked) : undefined;
      case 'Backspace':
        return leave;
      case 'Escape':
        return () => select(noSelection);
      case 'a':
        return command ? () => select(selectAll(selection, names)) : undefined;
      default:
        return undefined;
    }
  };

  return {
    entries,
    names,
    selection,
    marked,
    open,
    toggle: (entry) => select(clickName(selection, names, entry.name, { range: false, toggle: true })),
    toggleAll: () =>
      select(selection.names.size === names.length ? noSelection : selectAll(selection, names)),
    markAll: () => select(selectAll(selection, names)),
    clear: () => select(noSelection),
    onClick: (entry, event) => {
      if (isTouch && selection.names.size === 0) return open(entry);
      const toggle = event.ctrlKey || event.metaKey || isTouch;
      select(clickName(selection, names, entry.name, { range: event.shiftKey, toggle }));
    },
    markForMenu: (entry) => {
      if (!selection.names.has(entry.name)) {
        select(clickName(selection, names, entry.name, { range: false, toggle: false }));
      }
    },
    onKeyDown: (event, columns) => {
      // A control inside the grid has keys of its own.
      if ((event.target as Element).closest('input, button, [role=menu]') !== null) return;
      const act = keys(event, columns);
      if (act === undefined) return;
      event.preventDefault();
      act();
    },
  };
}
