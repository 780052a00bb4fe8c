import { useElementSize, useMergedRef } from '@mantine/hooks';
import { type ReactNode, useLayoutEffect, useState } from 'react';
import { t } from '../../language/language.ts';
import { FileGrid, tileWidthPx } from './file-grid.tsx';
import { FileList } from './file-list.tsx';
import classes from './files.module.css';
import type { FilesView } from './files-view.ts';
import type { Sort, SortBy } from './sort-entries.ts';

/**
 * What scrolls and has the keyboard. It stays when its content goes: from folder to folder, through loading and empty
 * ones, the keys keep working.
 */
export function FilesFrame(frame: {
  view: FilesView;
  path: string;
  layout: 'list' | 'grid';
  sort: Sort;
  onSort: (by: SortBy) => void;
  /** In the place of entries, while there are none. */
  children: ReactNode;
}) {
  const { view, path, layout } = frame;
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);
  const { ref, width } = useElementSize<HTMLDivElement>();
  const columns = layout === 'grid' ? Math.max(1, Math.floor((width - 16) / tileWidthPx)) : 1;
  // Another folder begins at its top, before the keyboard's place in it is scrolled to.
  useLayoutEffect(() => {
    // Newer browsers answer a promise, which is no clean-up.
    void scroller?.scrollTo({ top: 0 });
  }, [scroller, path]);
  const { entries, selection } = view;
  const focusIndex = selection.focus === null ? -1 : view.names.indexOf(selection.focus);
  return (
    <div
      role="grid"
      tabIndex={0}
      ref={useMergedRef(setScroller, ref)}
      className={classes.scroller}
      aria-label={t('files.content')}
      aria-multiselectable
      aria-rowcount={layout === 'grid' ? Math.ceil(entries.length / columns) : entries.length + 1}
      aria-activedescendant={focusIndex >= 0 ? `file-${focusIndex}` : undefined}
      onKeyDown={(event) => view.onKeyDown(event, columns)}
      onClick={(event) => {
        const onSomething = (event.target as Element).closest('[data-entry], [role=columnheader], button');
        if (onSomething === null) view.clear();
      }}
    >
      {entries.length === 0 ? (
        <div role="row" tabIndex={-1} className={classes.whole}>
          <div role="gridcell" tabIndex={-1} className={classes.whole}>
            {frame.children}
          </div>
        </div>
      ) : layout === 'grid' ? (
        <FileGrid view={view} scroller={scroller} columns={columns} focusIndex={focusIndex} />
      ) : (
        <FileList
          view={view}
          scroller={scroller}
          focusIndex={focusIndex}
          sort={frame.sort}
          onSort={frame.onSort}
        />
      )}
    </div>
  );
}
