/**
 * Time as the programs see it: `nowMs` is the wall clock, for people and signatures; `monotonicMs` never jumps, for
 * leases, timeouts and durations.
 */
export type Clock = { nowMs(): number; monotonicMs(): number };

export const systemClock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
