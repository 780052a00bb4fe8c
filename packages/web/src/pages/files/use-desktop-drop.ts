import { type DragEvent, useRef, useState } from 'react';
import { notifyError } from '../../ui/notify.tsx';
import { collectDropped, type FileToUpload } from '../../uploads/collect-dropped.ts';

/** Files and folders that are dragged in from outside of the browser. */
export function useDesktopDrop(onFiles: (files: FileToUpload[]) => void) {
  const [isOver, setOver] = useState(false);
  // Every element inside tells of entering and leaving; only the first and last count.
  const depth = useRef(0);
  const isFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes('Files');
  const enter = (event: DragEvent, by: 1 | -1): void => {
    if (!isFiles(event)) return;
    depth.current += by;
    setOver(depth.current > 0);
  };
  return {
    isOver,
    target: {
      onDragEnter: (event: DragEvent) => enter(event, 1),
      onDragLeave: (event: DragEvent) => enter(event, -1),
      onDragOver: (event: DragEvent) => {
        if (isFiles(event)) event.preventDefault();
      },
      onDrop: (event: DragEvent) => {
        depth.current = 0;
        setOver(false);
        if (!isFiles(event)) return;
        event.preventDefault();
        collectDropped(event.dataTransfer).then(onFiles, notifyError);
      },
    },
  };
}
