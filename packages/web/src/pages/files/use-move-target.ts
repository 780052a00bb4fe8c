import { type DragEvent, useState } from 'react';
import { useMoveFiles } from './use-file-actions.ts';

/** Marks a drag of our own, so that files from the desktop are told apart. */
export const dragType = 'application/x-longshore-paths';

/** Makes an element a folder that files are dropped on; null for one that takes none. */
export function useMoveTarget(folder: string | null) {
  const [over, setOver] = useState(false);
  const move = useMoveFiles();
  if (folder === null) return {};
  return {
    'data-drop': over || undefined,
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer.types.includes(dragType)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'move';
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      setOver(false);
      if (!event.dataTransfer.types.includes(dragType)) return;
      event.preventDefault();
      event.stopPropagation();
      const paths = JSON.parse(event.dataTransfer.getData(dragType)) as string[];
      move(paths, folder);
    },
  };
}
