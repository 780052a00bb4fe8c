import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { AppError } from '@longshore/protocol';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/**
 * Tries that may fail within the time. The pair of account and address is strict; the account alone is generous,
 * so that somebody who guesses from elsewhere cannot lock its owner out cheaply.
 */
const limits = {
  pair: { points: 5, duration: 300 },
  address: { points: 50, duration: 300 },
  account: { points: 100, duration: 900 },
} as const;

export type LoginThrottle = {
  /**
   * Counts one try and answers how to take it back once the password was right. Throws `RATE_LIMITED` with
   * `retryAfterSeconds`. Counting before the password is verified keeps parallel guesses within the limit.
   */
  admit(attempt: { userName: string; address: string }): Promise<{ succeeded(): Promise<void> }>;
};

/** Counts per process: N masters allow N times as many tries. */
export function createLoginThrottle(): LoginThrottle {
  const limiters = {
    pair: new RateLimiterMemory(limits.pair),
    address: new RateLimiterMemory(limits.address),
    account: new RateLimiterMemory(limits.account),
  };
  const names = ['pair', 'address', 'account'] as const;
  return {
    admit: async ({ userName, address }) => {
      const account = createHash('sha256').update(userName.toLowerCase()).digest('base64url');
      const network = networkOf(address);
      const keys = { pair: `${account} ${network}`, address: network, account };
      for (const name of names) await consume(limiters[name], keys[name]);
      return {
        succeeded: async () => {
          await limiters.pair.delete(keys.pair);
          await limiters.address.reward(keys.address);
          await limiters.account.reward(keys.account);
        },
      };
    },
  };
}

async function consume(limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    const retryAfterSeconds = Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
    throw new AppError('RATE_LIMITED', `too many failed logins; try again in ${retryAfterSeconds} s`, {
      details: { retryAfterSeconds },
    });
  }
}

/** One customer of a provider holds a whole /64 of IPv6 addresses, so that is counted as one. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.toLowerCase().split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  const groups = [...first, ...Array.from({ length: zeros }, () => '0'), ...last];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
