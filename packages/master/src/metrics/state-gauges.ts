import { type NodeVitals, TaskKind } from '@longshore/protocol';
import type { Logger, Metrics, Sample } from '@longshore/runtime';
import { nodeHealth } from '../nodes/node-health.ts';
import type { Backlog } from '../store/metrics/backlog.ts';
import type { NodeRow } from '../store/nodes/node-rows.ts';

export type SystemState = { readonly backlog: Backlog; readonly nodes: readonly NodeRow[] };

/** All gauges of one reading come from one look at the database, and so do readings at the same moment. */
const sharedForMs = 1000;

/**
 * What the database says, which every master says alike: take the maximum over masters, not the sum. While the
 * database does not answer these have no values.
 */
export function addStateGauges(
  metrics: Metrics,
  options: { load: () => Promise<SystemState>; heartbeatMs: number; monotonicMs: () => number; log: Logger },
): { nodeNames(): Promise<ReadonlyMap<string, string>> } {
  let latest: { atMs: number; state: Promise<SystemState | undefined> } | undefined;
  const look = (): Promise<SystemState | undefined> => {
    const atMs = options.monotonicMs();
    if (latest === undefined || atMs - latest.atMs > sharedForMs) {
      const state = options.load().catch((error: unknown) => {
        options.log.warn({ err: error }, 'the state of the system could not be read for metrics');
        return undefined;
      });
      latest = { atMs, state };
    }
    return latest.state;
  };

  const gauge = <Name extends string = never>(
    name: string,
    help: string,
    labels: readonly Name[],
    samples: (state: SystemState) => readonly Sample<Name>[],
  ): void =>
    metrics.gauge({
      name,
      help,
      labels,
      read: async () => {
        const state = await look();
        return state === undefined ? [] : samples(state);
      },
    });
  const ofNodes = (
    name: string,
    help: string,
    value: (node: NodeRow, vitals: NodeVitals | null) => number | null,
  ): void =>
    gauge(name, help, ['node'], ({ nodes }) =>
      nodes.flatMap((node) => {
        const vitals = node.vitals === null ? null : (JSON.parse(node.vitals) as NodeVitals);
        const found = value(node, vitals);
        return found === null ? [] : [{ labels: { node: node.name }, value: found }];
      }),
    );

  metrics.gauge({
    name: 'longshore_database_up',
    help: '1 while the database answers.',
    labels: [],
    read: async () => [{ labels: {}, value: (await look()) === undefined ? 0 : 1 }],
  });
  gauge(
    'longshore_tasks',
    'Tasks that have not ended, by kind and state.',
    ['kind', 'state'],
    ({ backlog }) =>
      TaskKind.options.flatMap((kind) =>
        (['queued', 'running'] as const).map((state) => ({
          labels: { kind, state },
          value: backlog.tasks.find((row) => row.kind === kind && row.state === state)?.count ?? 0,
        })),
      ),
  );
  gauge(
    'longshore_parts',
    'Parts that wait for a node or are held by one, by capability and state.',
    ['capability', 'state'],
    ({ backlog }) =>
      backlog.parts.map(({ capability, state, count }) => ({ labels: { capability, state }, value: count })),
  );
  gauge(
    'longshore_queue_oldest_seconds',
    'Age of the part that waits longest for a node.',
    [],
    ({ backlog }) => [{ labels: {}, value: backlog.oldestMs / 1000 }],
  );
  ofNodes('longshore_node_up', '1 while the node is online.', (node) =>
    nodeHealth(node.heartbeat_age_ms, options.heartbeatMs) === 'online' ? 1 : 0,
  );
  ofNodes('longshore_node_heartbeat_age_seconds', 'Time since the last heartbeat of the node.', (node) =>
    node.heartbeat_age_ms === null ? null : node.heartbeat_age_ms / 1000,
  );
  ofNodes(
    'longshore_node_quarantined',
    '1 while the node gets no work because it failed too often.',
    (node) => (node.quarantined_at_ms === null ? 0 : 1),
  );
  ofNodes(
    'longshore_node_running',
    'Attempts that the node executes.',
    (_, vitals) => vitals?.running ?? null,
  );
  ofNodes('longshore_node_queued', 'Attempts that wait on the node.', (_, vitals) => vitals?.queued ?? null);
  ofNodes(
    'longshore_node_workers',
    'Attempts that the node executes at most.',
    (_, vitals) => vitals?.workers ?? null,
  );
  ofNodes(
    'longshore_node_temp_free_bytes',
    'Free space in the temporary folder of the node.',
    (_, vitals) => vitals?.temp?.freeBytes ?? null,
  );
  return {
    nodeNames: async () => new Map((await look())?.nodes.map(({ id, name }) => [id, name])),
  };
}
