import type { ArchiveListEntry } from '@longshore/protocol';

/** A folder or file of an archive, with what is beneath it. */
export type ArchiveNode = {
  name: string;
  path: string;
  isFolder: boolean;
  sizeBytes: number;
  /** Files beneath, itself included. */
  files: number;
  unsafe: string | null;
  children: ArchiveNode[];
};

/** The tree of a listing. Folders that the archive only implies are made. */
export function archiveTree(entries: readonly ArchiveListEntry[]): ArchiveNode[] {
  const root = makeNode('', '', true);
  const folders = new Map([['', root]]);
  const folderAt = (path: string): ArchiveNode => {
    const known = folders.get(path);
    if (known !== undefined) return known;
    const slash = path.lastIndexOf('/');
    const node = makeNode(path.slice(slash + 1), path, true);
    folders.set(path, node);
    folderAt(slash === -1 ? '' : path.slice(0, slash)).children.push(node);
    return node;
  };
  for (const entry of entries) {
    const path = entry.path.replace(/\/+$/, '');
    if (path === '') continue;
    if (entry.type === 'folder') {
      folderAt(path).unsafe = entry.unsafe;
      continue;
    }
    const slash = path.lastIndexOf('/');
    const node = makeNode(path.slice(slash + 1), path, false);
    node.sizeBytes = entry.sizeBytes ?? 0;
    node.files = 1;
    node.unsafe = entry.unsafe;
    folderAt(slash === -1 ? '' : path.slice(0, slash)).children.push(node);
  }
  sumUp(root);
  return root.children;
}

const makeNode = (name: string, path: string, isFolder: boolean): ArchiveNode => ({
  name,
  path,
  isFolder,
  sizeBytes: 0,
  files: 0,
  unsafe: null,
  children: [],
});

function sumUp(node: ArchiveNode): void {
  for (const child of node.children) {
    sumUp(child);
    node.sizeBytes += child.sizeBytes;
    node.files += child.files;
  }
  node.children.sort((left, right) =>
    left.isFolder === right.isFolder ? left.name.localeCompare(right.name) : left.isFolder ? -1 : 1,
  );
}

export type Row = { node: ArchiveNode; depth: number };

/** The rows in sight, from the top, of the folders that are open. */
export function openRows(nodes: readonly ArchiveNode[], open: ReadonlySet<string>, depth = 0): Row[] {
  return nodes.flatMap((node) => [
    { node, depth },
    ...(node.isFolder && open.has(node.path) ? openRows(node.children, open, depth + 1) : []),
  ]);
}

/**
 * Marks are kept at the top of what they cover: a marked folder stands for all beneath it. `all` is every node at
 * the top.
 */
export function toggleMark(
  tree: readonly ArchiveNode[],
  marks: ReadonlySet<string>,
  path: string,
): Set<string> {
  const covering = [...marks].find((mark) => path === mark || path.startsWith(`${mark}/`));
  if (covering === undefined) {
    return new Set([...[...marks].filter((mark) => !mark.startsWith(`${path}/`)), path]);
  }
  const next = new Set(marks);
  next.delete(covering);
  // Everything the covering mark stood for, but for the path.
  const split = (nodes: readonly ArchiveNode[]): void => {
    for (const node of nodes) {
      if (node.path === path) continue;
      if (path.startsWith(`${node.path}/`)) split(node.children);
      else if (node.path.startsWith(`${covering}/`)) next.add(node.path);
    }
  };
  if (covering !== path) split(tree);
  return next;
}

export function markOf(marks: ReadonlySet<string>, path: string): 'all' | 'some' | 'none' {
  for (const mark of marks) {
    if (path === mark || path.startsWith(`${mark}/`)) return 'all';
  }
  for (const mark of marks) if (mark.startsWith(`${path}/`)) return 'some';
  return 'none';
}

/** Files and bytes that marks cover. */
export function countMarked(
  tree: readonly ArchiveNode[],
  marks: ReadonlySet<string>,
): { files: number; bytes: number } {
  let files = 0;
  let bytes = 0;
  const walk = (nodes: readonly ArchiveNode[]): void => {
    for (const node of nodes) {
      const mark = markOf(marks, node.path);
      if (mark === 'all') {
        files += node.files;
        bytes += node.sizeBytes;
      } else if (mark === 'some') walk(node.children);
    }
  };
  walk(tree);
  return { files, bytes };
}

/** What an arrow key does in a tree whose rows are these: goes to a row, or opens or closes the one it is on. */
export type TreeStep = { go: number } | { toggle: string };

/** By the pattern of WAI-ARIA for trees; null for a key that means nothing here. */
export function stepInTree(
  rows: readonly Row[],
  open: ReadonlySet<string>,
  at: number,
  key: string,
): TreeStep | null {
  const row = rows[at];
  const last = rows.length - 1;
  const clamp = (index: number): TreeStep => ({ go: Math.max(0, Math.min(last, index)) });
  switch (key) {
    case 'ArrowDown':
      return clamp(at + 1);
    case 'ArrowUp':
      return clamp(at === -1 ? last : at - 1);
    case 'Home':
      return clamp(0);
    case 'End':
      return clamp(last);
    case 'ArrowRight': {
      if (row === undefined || !row.node.isFolder) return null;
      return open.has(row.node.path) ? clamp(at + 1) : { toggle: row.node.path };
    }
    case 'ArrowLeft': {
      if (row === undefined) return null;
      if (row.node.isFolder && open.has(row.node.path)) return { toggle: row.node.path };
      const parent = rows.slice(0, at).findLastIndex(({ depth }) => depth < row.depth);
      return parent === -1 ? null : { go: parent };
    }
    default:
      return null;
  }
}
