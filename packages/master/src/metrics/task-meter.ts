import { type Capability, isErrorCode, type TaskKind, type TaskState } from '@longshore/protocol';
import { type Metrics, type Sample, waitBuckets } from '@longshore/runtime';

export type AttemptOutcome = 'completed' | 'failed' | 'canceled' | 'returned' | 'lost' | 'undelivered';

/** Counts what becomes of tasks and attempts, each in the master that has recorded it. */
export type TaskMeter = {
  /** `code` is null for what went well. */
  attemptEnded(attempt: { nodeId: string; outcome: AttemptOutcome; code: string | null }): void;
  taskEnded(task: { kind: TaskKind; state: TaskState }): void;
  /** From the submit of a part to its first lease. */
  waited(part: { capability: Capability; waitedMs: number }): void;
};

type AttemptLabel = 'node' | 'outcome' | 'code';

/** `nodeNames` answers the present names by id. Attempts of nodes that were deleted are counted together. */
export function createTaskMeter(
  metrics: Metrics,
  nodeNames: () => Promise<ReadonlyMap<string, string>>,
): TaskMeter {
  const attempts = new Map<
    string,
    { nodeId: string; outcome: AttemptOutcome; code: string; count: number }
  >();
  metrics.readCounter<AttemptLabel>({
    name: 'longshore_attempts_ended_total',
    help: 'Attempts that have ended, by node, outcome and error code ("" for none).',
    labels: ['node', 'outcome', 'code'],
    read: async () => {
      const names = await nodeNames();
      const samples = new Map<string, Sample<AttemptLabel>>();
      for (const { nodeId, outcome, code, count } of attempts.values()) {
        const node = names.get(nodeId) ?? 'deleted';
        const key = `${node}\0${outcome}\0${code}`;
        const value = count + (samples.get(key)?.value ?? 0);
        samples.set(key, { labels: { node, outcome, code }, value });
      }
      return [...samples.values()];
    },
  });
  const tasks = metrics.counter({
    name: 'longshore_tasks_ended_total',
    help: 'Tasks that have ended, by kind and state.',
    labels: ['kind', 'state'],
  });
  const waits = metrics.histogram({
    name: 'longshore_queue_wait_seconds',
    help: 'Time from the submit of a part to its first lease.',
    labels: ['capability'],
    buckets: waitBuckets,
  });
  return {
    attemptEnded: ({ nodeId, outcome, code: reported }) => {
      // What a node reports must not make series without end.
      const code = reported === null ? '' : isErrorCode(reported) ? reported : 'OTHER';
      const key = `${nodeId}\0${outcome}\0${code}`;
      const known = attempts.get(key);
      if (known === undefined) attempts.set(key, { nodeId, outcome, code, count: 1 });
      else known.count += 1;
    },
    taskEnded: (task) => tasks.add(task),
    waited: ({ capability, waitedMs }) => waits.observe({ capability }, Math.max(0, waitedMs) / 1000),
  };
}
