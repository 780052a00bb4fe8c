import type { Logger } from '@longshore/runtime';

/** Work that is done again and again, by every master, and harmless to do twice. */
export type Chore = { readonly name: string; readonly everyMs: number; run(): Promise<unknown> };

/** Runs each chore at its pace, never twice at the same time. The first run is one interval after the start. */
export function startMaintenance(chores: readonly Chore[], log: Logger): { stop(): Promise<void> } {
  const running = new Map<string, Promise<void>>();
  const timers = chores.map((chore) =>
    setInterval(() => {
      if (running.has(chore.name)) return;
      const run = chore
        .run()
        .then(
          (result) => log.debug({ chore: chore.name, result }, 'chore done'),
          (error: unknown) => log.error({ chore: chore.name, err: error }, 'chore failed'),
        )
        .finally(() => running.delete(chore.name));
      running.set(chore.name, run);
    }, chore.everyMs),
  );
  return {
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(running.values());
    },
  };
}
