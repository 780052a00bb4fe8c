import type { FileEntry } from '@longshore/protocol';
import { Checkbox, Text, ThemeIcon } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect } from 'react';
import { formatBytes } from '../../format/format-bytes.ts';
import { Icon } from '../../ui/icons.tsx';
import { fileLook } from './file-look.ts';
import classes from './files.module.css';
import type { FilesView } from './files-view.ts';
import { selectionBarPx } from './selection-bar.tsx';
import { useEntryDrag } from './use-entry-drag.ts';

export const tileWidthPx = 148;
const tileHeightPx = 138;

/** A folder as tiles, of which only the rows in sight exist. */
export function FileGrid(grid: {
  view: FilesView;
  scroller: HTMLDivElement | null;
  columns: number;
  focusIndex: number;
}) {
  const { view, scroller, columns, focusIndex } = grid;
  const { entries } = view;
  const virtual = useVirtualizer({
    count: Math.ceil(entries.length / columns),
    getScrollElement: () => scroller,
    estimateSize: () => tileHeightPx,
    overscan: 4,
    // The bar with what can be done stands over the end of the list.
    paddingEnd: selectionBarPx,
    scrollPaddingEnd: selectionBarPx,
  });
  useEffect(() => {
    if (focusIndex >= 0) virtual.scrollToIndex(Math.floor(focusIndex / columns));
  }, [focusIndex, columns, virtual]);
  return (
    <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
      {virtual.getVirtualItems().map((item) => (
        <div
          key={item.key}
          role="row"
          tabIndex={-1}
          aria-rowindex={item.index + 1}
          className={classes.tiles}
          style={{ top: item.start, gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}
        >
          {entries.slice(item.index * columns, (item.index + 1) * columns).map((entry, column) => (
            <Tile key={entry.name} entry={entry} index={item.index * columns + column} view={view} />
          ))}
        </div>
      ))}
    </div>
  );
}

function Tile({ entry, index, view }: { entry: FileEntry; index: number; view: FilesView }) {
  const isSelected = view.selection.names.has(entry.name);
  const look = fileLook(entry);
  const drag = useEntryDrag(entry, view);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it takes the keys
    <div
      role="gridcell"
      id={`file-${index}`}
      data-entry={entry.name}
      tabIndex={-1}
      aria-selected={isSelected}
      className={classes.tile}
      data-focused={view.selection.focus === entry.name || undefined}
      onClick={(event) => view.onClick(entry, event)}
      onDoubleClick={() => view.open(entry)}
      {...drag}
    >
      <Checkbox.Indicator
        size="xs"
        checked={isSelected}
        aria-hidden="true"
        className={classes.tileCheck}
        onClick={(event) => {
          event.stopPropagation();
          view.toggle(entry);
        }}
      />
      <ThemeIcon variant="light" color={look.color} size={52} radius="lg">
        <Icon name={look.icon} size={28} />
      </ThemeIcon>
      <Text size="sm" ta="center" lineClamp={2} className={classes.tileName} title={entry.name}>
        {entry.name}
      </Text>
      {entry.kind === 'file' && (
        <Text size="xs" c="dimmed" className="tabular">
          {formatBytes(entry.sizeBytes)}
        </Text>
      )}
    </div>
  );
}
