/** Lets a loop sleep until something happens. A call of `wake` while nobody sleeps ends the next sleep at once. */
export type WakeSignal = {
  wake(): void;
  /** Resolves on `wake`, or after `timeoutMs`. */
  sleep(timeoutMs: number): Promise<void>;
};

export function createWakeSignal(): WakeSignal {
  let woken = false;
  let end: (() => void) | undefined;
  return {
    wake: () => {
      woken = true;
      end?.();
    },
    sleep: async (timeoutMs) => {
      if (!woken) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs);
          end = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        end = undefined;
      }
      woken = false;
    },
  };
}
