import type { FileEntry } from '@longshore/protocol';
import type { DragEvent } from 'react';
import type { FilesView } from './files-view.ts';
import { dragType, useMoveTarget } from './use-move-target.ts';

/** An entry is dragged with everything that is marked; a folder is also a place to drop. */
export function useEntryDrag(entry: FileEntry, view: FilesView) {
  const target = useMoveTarget(entry.kind === 'folder' ? entry.path : null);
  return {
    ...target,
    draggable: true,
    onDragStart: (event: DragEvent) => {
      const marked = view.selection.names.has(entry.name) ? view.marked : [entry];
      event.dataTransfer.effectAllowed = 'move';
      event.dataTransfer.setData(dragType, JSON.stringify(marked.map(({ path }) => path)));
    },
  };
}
