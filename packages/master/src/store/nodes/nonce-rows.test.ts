import type { Clock, Logger } from '@longshore/runtime';
import { beforeEach, expect, it } from 'vitest';
import type { Database } from '../../database/open-database.ts';
import { describeDatabases } from '../../testing/test-databases.ts';
import { createNonceRows, type NonceRows } from './nonce-rows.ts';

const dayMs = 24 * 60 * 60 * 1000;
const startMs = 1_800_000_000_000;

describeDatabases('nonces', (open, dialect) => {
  let database: Database;
  /** Set forth and back like the clock of a machine; the monotonic one goes on by itself. */
  let wallMs = startMs;
  const clock: Clock = { nowMs: () => wallMs, monotonicMs: () => performance.now() };
  const start = (): Promise<NonceRows> =>
    createNonceRows({ database, clock, log: { warn: () => undefined } as unknown as Logger });

  beforeEach(async () => {
    database = await open();
    wallMs = startMs;
  });

  it('F3 one that was seen is seen by every master, and by the next one after a restart', async () => {
    const first = await start();
    expect(await first.remember('a', 'n', startMs + 1_000)).toBe('new');
    expect(await first.remember('a', 'n', startMs + 1_000)).toBe('seen');
    expect(await first.remember('b', 'n', startMs + 1_000)).toBe('new');
    await database.transaction(async () => undefined);
    expect(await (await start()).remember('a', 'n', startMs + 1_000)).toBe('seen');
  });

  it('E3 F3 when the clock was set forth and back, what was forgotten meanwhile is not new', async () => {
    const nonces = await start();
    await nonces.remember('a', 'n', startMs + 1_000);
    wallMs += dayMs;
    await nonces.forgetOld();
    wallMs = startMs;
    for (const master of [nonces, await start()]) {
      expect(await master.remember('a', 'n', startMs + 1_000)).not.toBe('new');
      expect(await master.remember('a', 'other', startMs + 999)).not.toBe('new');
    }
    expect(await nonces.remember('a', 'later', startMs + 1_001)).toBe('new');
  });

  if (dialect === 'postgres') return;

  const outage = async (): Promise<never> => {
    throw new Error('the database is away');
  };
  it.each([
    ['cannot begin', outage],
    [
      'cannot be committed',
      (work) =>
        database.transaction(async (tx) => {
          await work(tx);
          return outage();
        }),
    ],
  ] satisfies [string, Database['transactionSoon']][])(
    'F3 D2 what was seen while transactions %s is written when they work again',
    async (_, failing) => {
      let isAway = true;
      let failures = 0;
      const countFailure = (): void => {
        failures += 1;
      };
      const nonces = await createNonceRows({
        database: {
          ...database,
          transactionSoon: (work) => (isAway ? failing(work) : database.transactionSoon(work)),
        },
        clock,
        log: { warn: countFailure } as unknown as Logger,
      });
      expect(await nonces.remember('a', 'first', startMs + 1_000)).toBe('new');
      await expect.poll(() => failures).toBe(1);
      expect(await nonces.remember('a', 'second', startMs + 1_000)).toBe('new');
      await expect.poll(() => failures).toBe(2);
      isAway = false;
      const written = async (): Promise<string[]> =>
        (await database.db.selectFrom('nonces').select('nonce').orderBy('nonce').execute()).map(
          ({ nonce }) => nonce,
        );
      await expect.poll(() => written()).toEqual(['first', 'second']);
      expect(await nonces.remember('a', 'third', startMs + 1_000)).toBe('new');
      await database.transaction(async () => undefined);
      expect(await written()).toEqual(['first', 'second', 'third']);
    },
  );
});
