import { ActionIcon, Checkbox, Group, ScrollArea, Text, Tooltip } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { formatBytes } from '../../../format/format-bytes.ts';
import { t } from '../../../language/language.ts';
import { messageOf } from '../../../language/told.ts';
import { Icon } from '../../../ui/icons.tsx';
import { fileLook } from '../file-look.ts';
import classes from '../files.module.css';
import { type ArchiveNode, markOf, openRows, type Row, stepInTree, toggleMark } from './archive-tree.ts';

const rowHeightPx = 32;

/** What an archive holds, as a tree with check boxes. Drawn row by row: an archive may hold ten thousand names. */
export function ArchiveContents(contents: {
  tree: ArchiveNode[];
  marks: ReadonlySet<string>;
  onMarks: (marks: ReadonlySet<string>) => void;
  /** With a filter every folder is open, and stays so. */
  isFiltered: boolean;
}) {
  const { tree, marks, onMarks, isFiltered } = contents;
  const [open, setOpen] = useState<ReadonlySet<string>>(
    () => new Set(tree.length === 1 && tree[0] ? [tree[0].path] : []),
  );
  /** Where the keyboard is. */
  const [at, setAt] = useState<string | null>(null);
  const everything = useMemo(() => new Set(isFiltered ? allFolders(tree) : []), [tree, isFiltered]);
  const shownOpen: ReadonlySet<string> = isFiltered ? everything : open;
  const rows = useMemo(() => openRows(tree, shownOpen), [tree, shownOpen]);
  const viewport = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => viewport.current,
    estimateSize: () => rowHeightPx,
    overscan: 10,
  });
  const toggleOpen = (path: string): void => {
    const next = new Set(open);
    if (!next.delete(path)) next.add(path);
    setOpen(next);
  };
  const index = rows.findIndex(({ node }) => node.path === at);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === ' ' && at !== null) {
      event.preventDefault();
      onMarks(toggleMark(tree, marks, at));
      return;
    }
    const step = stepInTree(rows, shownOpen, index, event.key);
    if (step === null) return;
    event.preventDefault();
    if ('go' in step) {
      setAt(rows[step.go]?.node.path ?? null);
      virtual.scrollToIndex(step.go);
    } else if (!isFiltered) toggleOpen(step.toggle);
  };
  return (
    <ScrollArea
      h={260}
      viewportRef={viewport}
      viewportProps={{
        tabIndex: 0,
        role: 'tree',
        className: classes.tree,
        'aria-label': t('extract.contents'),
        'aria-multiselectable': true,
        'aria-activedescendant': index === -1 ? undefined : `entry-${index}`,
        onKeyDown,
      }}
    >
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          return (
            row && (
              <EntryRow
                key={row.node.path}
                row={row}
                index={item.index}
                top={item.start}
                mark={markOf(marks, row.node.path)}
                isOpen={shownOpen.has(row.node.path)}
                isHere={item.index === index}
                onPoint={() => setAt(row.node.path)}
                onOpen={() => toggleOpen(row.node.path)}
                onMark={() => onMarks(toggleMark(tree, marks, row.node.path))}
              />
            )
          );
        })}
      </div>
    </ScrollArea>
  );
}

function EntryRow(props: {
  row: Row;
  index: number;
  top: number;
  mark: 'all' | 'some' | 'none';
  isOpen: boolean;
  isHere: boolean;
  onPoint: () => void;
  onOpen: () => void;
  onMark: () => void;
}) {
  const { node, depth } = props.row;
  const look = fileLook({ kind: node.isFolder ? 'folder' : 'file', name: node.name });
  return (
    <Group
      gap={8}
      wrap="nowrap"
      h={rowHeightPx}
      pr="sm"
      id={`entry-${props.index}`}
      role="treeitem"
      aria-level={depth + 1}
      aria-expanded={node.isFolder ? props.isOpen : undefined}
      aria-checked={props.mark === 'some' ? 'mixed' : props.mark === 'all'}
      className={classes.treeRow}
      data-focused={props.isHere || undefined}
      onClick={props.onPoint}
      style={{ position: 'absolute', top: props.top, left: 0, right: 0, paddingLeft: depth * 20 + 4 }}
    >
      {node.isFolder ? (
        <ActionIcon
          size="sm"
          variant="subtle"
          color="gray"
          tabIndex={-1}
          onClick={props.onOpen}
          aria-label={t(props.isOpen ? 'extract.close' : 'extract.open', { name: node.name })}
        >
          <Icon name={props.isOpen ? 'down' : 'right'} size={14} />
        </ActionIcon>
      ) : (
        <span style={{ width: 22 }} />
      )}
      <Checkbox
        size="xs"
        checked={props.mark === 'all'}
        indeterminate={props.mark === 'some'}
        onChange={props.onMark}
        tabIndex={-1}
        aria-label={node.path}
      />
      <Icon name={look.icon} size={16} color={`var(--mantine-color-${look.color}-6)`} />
      <Text size="sm" truncate flex={1} title={node.path} style={{ whiteSpace: 'pre' }}>
        {node.name}
      </Text>
      {node.unsafe !== null && (
        <Tooltip label={messageOf({ code: 'ENTRY_UNSAFE', message: node.unsafe })}>
          <Text size="xs" c="red" tabIndex={0}>
            {t('extract.unsafe')}
          </Text>
        </Tooltip>
      )}
      <Text size="xs" c="dimmed" className="tabular">
        {node.isFolder ? t('extract.files', { count: node.files }) : formatBytes(node.sizeBytes)}
      </Text>
    </Group>
  );
}

const allFolders = (nodes: readonly ArchiveNode[]): string[] =>
  nodes.flatMap((node) => (node.isFolder ? [node.path, ...allFolders(node.children)] : []));
