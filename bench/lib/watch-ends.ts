import { eventsRoute } from '@longshore/protocol';
import { createParser } from 'eventsource-parser';
import type { Cluster } from './cluster.ts';

export type Ends = {
  /** When each task was seen to have ended, by `performance.now()`. */
  readonly ended: ReadonlyMap<string, number>;
  wait(ids: readonly string[]): Promise<void>;
};

/** Watches tasks end by the event stream, as a person's screen would. A task that does not complete fails it. */
export function watchEnds(cluster: Cluster): Ends {
  const ended = new Map<string, number>();
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);
  const waiting = new Map<string, () => void>();
  const parser = createParser({
    onEvent: (event) => {
      if (event.event !== 'task') return;
      const { task } = JSON.parse(event.data) as {
        task: { id: string; state: string; finishedAtMs: number | null };
      };
      if (task.finishedAtMs === null) return;
      if (task.state !== 'completed') throw new Error(`a task ended ${task.state}`);
      ended.set(task.id, performance.now());
      waiting.get(task.id)?.();
      waiting.delete(task.id);
    },
  });
  const read = async (): Promise<void> => {
    const headers = { authorization: `Bearer ${cluster.token}` };
    const response = await fetch(cluster.master.url + eventsRoute, { headers });
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk, { stream: true }));
  };
  read().catch(broken.reject);
  const end = (id: string): Promise<void> =>
    ended.has(id) ? Promise.resolve() : new Promise((resolve) => waiting.set(id, resolve));
  return {
    ended,
    wait: async (ids) => {
      await Promise.race([Promise.all(ids.map(end)), broken.promise]);
    },
  };
}
