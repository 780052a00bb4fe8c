import type { Node } from '@longshore/protocol';

/** Tells administrators how nodes are. */
export type NodeAnnouncer = {
  /** Something that is shown of the node has changed. */
  changed(nodeId: string): void;
  stop(): void;
};

const everyMs = 1_000;

/**
 * The first change is told at once, those of the following second together at its end, each node once as it is then:
 * hundreds of nodes that send heartbeats are read with one query a second.
 */
export function createNodeAnnouncer(deps: {
  read: (nodeIds: readonly string[]) => Promise<readonly Node[]>;
  tell: (node: Node) => void;
  onError: (error: unknown) => void;
}): NodeAnnouncer {
  const changed = new Set<string>();
  let pause: NodeJS.Timeout | undefined;

  const tellAll = (): void => {
    pause = undefined;
    if (changed.size === 0) return;
    pause = setTimeout(tellAll, everyMs);
    const nodeIds = [...changed];
    changed.clear();
    deps.read(nodeIds).then((nodes) => {
      for (const node of nodes) deps.tell(node);
    }, deps.onError);
  };

  return {
    changed: (nodeId) => {
      changed.add(nodeId);
      if (pause === undefined) tellAll();
    },
    stop: () => clearTimeout(pause),
  };
}
