/** Lets the reason why parts wait be written once a second per group of parts: it is for people to read. */
export type ExplainGate = { opens(key: string): boolean };

const everyMs = 1_000;

export function createExplainGate(clock: { monotonicMs(): number }): ExplainGate {
  const lastMs = new Map<string, number>();
  return {
    opens: (key) => {
      const nowMs = clock.monotonicMs();
      if (nowMs - (lastMs.get(key) ?? Number.NEGATIVE_INFINITY) < everyMs) return false;
      // The oldest come first: one that opens again goes to the end.
      lastMs.delete(key);
      lastMs.set(key, nowMs);
      for (const [other, openedMs] of lastMs) {
        if (nowMs - openedMs < everyMs) break;
        lastMs.delete(other);
      }
      return true;
    },
  };
}
