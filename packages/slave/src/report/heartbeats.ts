import { AppError, type AttemptRef, HeartbeatAnswer, masterRoutes } from '@longshore/protocol';
import type { Clock, Logger } from '@longshore/runtime';
import { createWakeSignal } from '../timing/wake-signal.ts';
import type { MasterLink } from './master-link.ts';
import type { ReadVitals } from './node-vitals.ts';

/** Tells one master every `heartbeatMs` that this node lives and what it holds. */
export type Heartbeats = {
  beatNow(): void;
  /** Resolves when a heartbeat that began after the call was answered or has failed. */
  told(): Promise<void>;
  close(): Promise<void>;
};

/** The answer to a heartbeat is worth waiting for only until the next one is due. */
const shortestTimeoutMs = 1_000;

export function createHeartbeats(options: {
  link: MasterLink;
  readVitals: ReadVitals;
  holding: () => AttemptRef[];
  /** Called with what the master said, and with what was held when it was asked. */
  onAnswer: (answer: HeartbeatAnswer, held: readonly AttemptRef[]) => Promise<void>;
  clock: Clock;
  log: Logger;
}): Heartbeats {
  const { link, clock, log } = options;
  const wake = createWakeSignal();
  const stopped = new AbortController();
  let failing = false;
  let awaiting: (() => void)[] = [];

  async function beat(): Promise<void> {
    const holding = options.holding();
    const answer = await link
      .call({
        path: masterRoutes.heartbeat,
        body: { vitals: await options.readVitals(), holding },
        response: HeartbeatAnswer,
        requestId: crypto.randomUUID(),
        timeoutMs: Math.max(shortestTimeoutMs, link.hello().heartbeatMs),
        signal: stopped.signal,
      })
      .catch(async (error: unknown) => {
        // Another program is this node: what is held here belongs to that one, or to nobody.
        if (isDuplicate(error)) await options.onAnswer({ lost: holding, canceled: [] }, holding);
        throw error;
      });
    await options.onAnswer(answer, holding);
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      const begunMs = clock.monotonicMs();
      const toTell = awaiting;
      awaiting = [];
      try {
        await beat();
        if (failing) log.info({}, 'the master answers heartbeats again');
        failing = false;
      } catch (error) {
        if (stopped.signal.aborted) return;
        // Once, not every five seconds for the length of an outage.
        const message = isDuplicate(error)
          ? 'this slave is not the node: another one has the same secret and answers at its address'
          : 'the master does not answer heartbeats';
        log[failing ? 'debug' : isDuplicate(error) ? 'error' : 'warn']({ err: error }, message);
        failing = true;
      } finally {
        for (const resolve of toTell) resolve();
      }
      // The time that went by without an answer counts: the next one finds a way while the leases still hold.
      const tookMs = clock.monotonicMs() - begunMs;
      await wake.sleep(Math.max(0, link.hello().heartbeatMs - tookMs));
    }
  }

  const running = run();
  return {
    beatNow: () => wake.wake(),
    told: () =>
      new Promise((resolve) => {
        awaiting.push(resolve);
        wake.wake();
      }),
    close: async () => {
      stopped.abort('shutdown');
      wake.wake();
      await running;
    },
  };
}

const isDuplicate = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'SLAVE_DUPLICATE';
