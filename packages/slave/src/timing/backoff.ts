export type BackoffPolicy = {
  readonly delayMs: number;
  readonly factor: number;
  readonly maxMs: number;
};

/**
 * How long to wait after the `failures`-th failure in a row (from 1): `min(max, delay × factor^(failures - 1))`,
 * of which a random quarter is left out, so that nodes that failed together don't come back together. `random` is
 * from 0 (included) to 1.
 */
export function backoffMs(policy: BackoffPolicy, failures: number, random: number): number {
  // The power grows to infinity, and zero times infinity is no number.
  if (policy.delayMs === 0) return 0;
  const whole = Math.min(policy.maxMs, policy.delayMs * policy.factor ** (failures - 1));
  return Math.round(whole * (1 - random / 4));
}
