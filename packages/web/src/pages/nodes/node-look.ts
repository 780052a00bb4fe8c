import type { Node } from '@longshore/protocol';

export type NodeStatus = Node['health'] | 'draining' | 'disabled' | 'quarantined' | 'stopping';

/** One word for a node: what the administrator has decided stands before what the heartbeats say. */
export function nodeStatus(node: Node): NodeStatus {
  if (!node.enabled) return 'disabled';
  if (node.health !== 'online') return node.health;
  if (node.quarantine !== null) return 'quarantined';
  if (node.vitals?.stopping) return 'stopping';
  return node.draining ? 'draining' : 'online';
}

export const statusColors: Record<NodeStatus, string> = {
  online: 'teal',
  suspect: 'yellow',
  offline: 'red',
  'never-seen': 'gray',
  draining: 'orange',
  disabled: 'gray',
  quarantined: 'red',
  stopping: 'orange',
};

/** Heard no more: what is known of its load and its disks is from before. */
export const isStale = (node: Node): boolean => node.health === 'offline' && node.vitals !== null;

/** Colours that people with any colour vision tell apart, in the order in which they are given. */
const nodeColors = ['harbor.6', 'orange.6', 'grape.6', 'lime.8', 'pink.5', 'yellow.7', 'indigo.5', 'gray.6'];

export const nodeColor = (index: number): string => nodeColors[index % nodeColors.length] ?? 'gray.6';

/** Which share of all parts the rotation has given to each node, of 1. */
export function sharesOf(nodes: readonly Node[]): Map<string, number> {
  const count = (node: Node): number => Object.values(node.picks).reduce((sum, picks) => sum + picks, 0);
  const total = nodes.reduce((sum, node) => sum + count(node), 0);
  return new Map(nodes.map((node) => [node.id, total === 0 ? 0 : count(node) / total]));
}

/** A clock that is off by more than this deserves a word, though requests are still accepted. */
export const skewWarnMs = 5_000;
/** Less free space than this, in parts of the disk, deserves a word. */
export const diskWarnShare = 0.1;

/** A disk with so little left that it deserves a word. */
export const isDiskLow = (disk: {
  freeBytes: number;
  totalBytes: number;
  minFreeBytes?: number | undefined;
}): boolean => disk.freeBytes < Math.max(disk.totalBytes * diskWarnShare, disk.minFreeBytes ?? 0);
