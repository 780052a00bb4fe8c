import type { FileEntry } from '@longshore/protocol';
import { Checkbox, Group, Text, ThemeIcon, UnstyledButton } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect } from 'react';
import { formatBytes } from '../../format/format-bytes.ts';
import { t } from '../../language/language.ts';
import { Ago } from '../../ui/ago.tsx';
import { Icon } from '../../ui/icons.tsx';
import { fileLook } from './file-look.ts';
import classes from './files.module.css';
import type { FilesView } from './files-view.ts';
import { selectionBarPx } from './selection-bar.tsx';
import type { Sort, SortBy } from './sort-entries.ts';
import { useEntryDrag } from './use-entry-drag.ts';

const rowHeightPx = 46;

/** A folder as a table, of which only the rows in sight exist. */
export function FileList(list: {
  view: FilesView;
  scroller: HTMLDivElement | null;
  focusIndex: number;
  sort: Sort;
  onSort: (by: SortBy) => void;
}) {
  const { view, scroller, focusIndex, sort, onSort } = list;
  const { entries, selection } = view;
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller,
    estimateSize: () => rowHeightPx,
    overscan: 12,
    // The bar with what can be done stands over the end of the list.
    paddingEnd: selectionBarPx,
    scrollPaddingEnd: selectionBarPx,
  });
  useEffect(() => {
    if (focusIndex >= 0) virtual.scrollToIndex(focusIndex);
  }, [focusIndex, virtual]);
  return (
    <>
      <div className={classes.head} role="rowgroup">
        <div role="row" className={classes.row} tabIndex={-1}>
          <div role="columnheader" className={classes.check} tabIndex={-1}>
            <Checkbox
              size="xs"
              aria-label={t('files.selectAll')}
              checked={selection.names.size === entries.length}
              indeterminate={selection.names.size > 0 && selection.names.size < entries.length}
              onChange={view.toggleAll}
            />
          </div>
          <Column name="name" sort={sort} onSort={onSort} />
          <Column name="size" sort={sort} onSort={onSort} />
          <Column name="modified" sort={sort} onSort={onSort} />
        </div>
      </div>
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map((item) => {
          const entry = entries[item.index];
          return (
            entry && (
              <Row
                key={entry.name}
                entry={entry}
                index={item.index}
                top={item.start}
                view={view}
                isFocused={item.index === focusIndex}
              />
            )
          );
        })}
      </div>
    </>
  );
}

function Column({ name, sort, onSort }: { name: SortBy; sort: Sort; onSort: (by: SortBy) => void }) {
  const isSorted = sort.by === name;
  return (
    <div
      role="columnheader"
      className={classes[name]}
      tabIndex={-1}
      aria-sort={isSorted ? (sort.descending ? 'descending' : 'ascending') : 'none'}
    >
      <UnstyledButton onClick={() => onSort(name)} className={classes.sort}>
        {t(`files.column.${name}`)}
        {isSorted && <Icon name={sort.descending ? 'down' : 'up'} size={12} />}
      </UnstyledButton>
    </div>
  );
}

type RowProps = { entry: FileEntry; index: number; top: number; view: FilesView; isFocused: boolean };

function Row({ entry, index, top, view, isFocused }: RowProps) {
  const isSelected = view.selection.names.has(entry.name);
  const look = fileLook(entry);
  const drag = useEntryDrag(entry, view);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it takes the keys
    <div
      role="row"
      id={`file-${index}`}
      data-entry={entry.name}
      tabIndex={-1}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      className={classes.row}
      data-focused={isFocused || undefined}
      style={{ position: 'absolute', top, left: 0, right: 0 }}
      onClick={(event) => view.onClick(entry, event)}
      onDoubleClick={() => view.open(entry)}
      {...drag}
    >
      <div role="gridcell" className={classes.check} tabIndex={-1}>
        <Checkbox.Indicator
          size="xs"
          checked={isSelected}
          aria-hidden="true"
          onClick={(event) => {
            event.stopPropagation();
            view.toggle(entry);
          }}
        />
      </div>
      <div role="gridcell" className={classes.name} tabIndex={-1}>
        <Group gap={10} wrap="nowrap" miw={0}>
          <ThemeIcon variant="light" color={look.color} size={28} radius="md">
            <Icon name={look.icon} size={16} />
          </ThemeIcon>
          <Text size="sm" truncate className={classes.label} title={entry.name}>
            {entry.name}
          </Text>
        </Group>
      </div>
      <Text role="gridcell" size="sm" c="dimmed" className={`${classes.size} tabular`} tabIndex={-1}>
        {entry.kind === 'file' ? formatBytes(entry.sizeBytes) : '—'}
      </Text>
      <Text role="gridcell" size="sm" c="dimmed" className={classes.modified} tabIndex={-1}>
        <Ago atMs={entry.modifiedAtMs} />
      </Text>
    </div>
  );
}
