import { AppError } from '@longshore/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLoginThrottle, type LoginThrottle } from './login-throttle.ts';

describe('the login throttle', () => {
  let throttle: LoginThrottle;
  beforeEach(() => {
    vi.useFakeTimers();
    throttle = createLoginThrottle();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const refusal = (userName: string, address: string): Promise<AppError | undefined> =>
    throttle.admit({ userName, address }).then(
      () => undefined,
      (error: AppError) => error,
    );
  const failTimes = async (times: number, userName: string, address: string): Promise<void> => {
    for (let count = 0; count < times; count += 1) expect(await refusal(userName, address)).toBeUndefined();
  };

  it('refuses the sixth failure of an account from one address and says for how long', async () => {
    await failTimes(5, 'ann', '192.0.2.1');
    const error = await refusal('ann', '192.0.2.1');
    expect(error).toBeInstanceOf(AppError);
    expect(error?.code).toBe('RATE_LIMITED');
    expect(error?.details.retryAfterSeconds).toBe(300);
  });

  it('admits again when the time is over, and not a second earlier', async () => {
    await failTimes(5, 'ann', '192.0.2.1');
    vi.advanceTimersByTime(299_000);
    expect(await refusal('ann', '192.0.2.1')).toBeDefined();
    vi.advanceTimersByTime(1_001);
    expect(await refusal('ann', '192.0.2.1')).toBeUndefined();
  });

  it('lets the owner in from elsewhere while somebody guesses', async () => {
    await failTimes(5, 'ann', '192.0.2.1');
    expect(await refusal('ann', '192.0.2.1')).toBeDefined();
    expect(await refusal('ann', '198.51.100.7')).toBeUndefined();
  });

  it('counts names that differ in case as one account', async () => {
    await failTimes(3, 'ann', '192.0.2.1');
    await failTimes(2, 'ANN', '192.0.2.1');
    expect(await refusal('Ann', '192.0.2.1')).toBeDefined();
  });

  it('refuses one address that tries many accounts', async () => {
    for (let user = 0; user < 50; user += 1) await failTimes(1, `user${user}`, '192.0.2.1');
    expect((await refusal('one-more', '192.0.2.1'))?.code).toBe('RATE_LIMITED');
    expect(await refusal('one-more', '192.0.2.2')).toBeUndefined();
  });

  it('refuses an account that is guessed from many addresses', async () => {
    for (let host = 0; host < 100; host += 1) await failTimes(1, 'ann', `198.51.100.${host}`);
    expect((await refusal('ann', '203.0.113.5'))?.code).toBe('RATE_LIMITED');
  });

  it('counts all addresses of one IPv6 network as one', async () => {
    await failTimes(3, 'ann', '2001:db8:0:1::1');
    await failTimes(2, 'ann', '2001:0db8::1:ffff:0:0:2');
    expect(await refusal('ann', '2001:db8:0:1:abcd::')).toBeDefined();
    expect(await refusal('ann', '2001:db8:0:2::1')).toBeUndefined();
  });

  it('counts an IPv4 address the same on a socket of both families', async () => {
    await failTimes(5, 'ann', '::ffff:192.0.2.1');
    expect(await refusal('ann', '192.0.2.1')).toBeDefined();
  });

  it('never locks out somebody who knows the password', async () => {
    for (let count = 0; count < 300; count += 1) {
      const admission = await throttle.admit({ userName: 'ann', address: '192.0.2.1' });
      await admission.succeeded();
    }
    expect(await refusal('ann', '192.0.2.1')).toBeUndefined();
  });

  it('counts parallel tries before any of them is verified', async () => {
    const tries = await Promise.all(Array.from({ length: 50 }, () => refusal('ann', '192.0.2.1')));
    expect(tries.filter((error) => error === undefined)).toHaveLength(5);
  });
});
