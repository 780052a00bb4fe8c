import { afterAll, expect, it } from 'vitest';
import { runKillCampaign } from '../support/kill-campaign.ts';
import { closeAll } from '../support/programs.ts';
import { seededRandom } from '../support/seeded-random.ts';

afterAll(closeAll);

const heartbeatSeconds = 1;
const leaseMs = 3_000 * heartbeatSeconds;

// By hand and long: bench/campaign.ts.
it('A1 A2 A4 A5 B3 programs that are killed, stopped and cut off at random lose, double and leave nothing', async () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const story: string[] = [`seed ${seed}`];
  const result = await runKillCampaign({
    kills: 5,
    heartbeatSeconds,
    random: seededRandom(seed),
    onFault: (text) => story.push(text),
  });
  const { lost, doubled, stale, leftovers } = result;
  expect({ lost, doubled, stale, leftovers }, story.join('; ')).toEqual({
    lost: [],
    doubled: [],
    stale: [],
    leftovers: [],
  });
  expect(result.tasks).toBeGreaterThan(10);
  // A lease, and time to notice and to start on a machine that is busy with all of this.
  expect(result.firstRecoveryMs, story.join('; ')).not.toEqual([]);
  expect(Math.max(...result.firstRecoveryMs), story.join('; ')).toBeLessThan(5 * leaseMs);
  // One fault upon the other.
  expect(Math.max(...result.recoveryMs), story.join('; ')).toBeLessThan(20 * leaseMs);
});
