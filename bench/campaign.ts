/**
 * Programs are killed at random under load, and everything is checked afterwards.
 *
 *   node bench/campaign.ts [kills] [heartbeat seconds] [seed]     200 1 1 unless said otherwise; about 10 minutes
 */
import { loadavg } from 'node:os';
import { runKillCampaign } from '../test/support/kill-campaign.ts';
import { closeAll } from '../test/support/programs.ts';
import { seededRandom } from '../test/support/seeded-random.ts';
import { percentile } from './lib/cluster.ts';

const [kills = 200, heartbeatSeconds = 1, seed = 1] = process.argv.slice(2).map(Number);
const startMs = performance.now();
const result = await runKillCampaign({
  kills,
  heartbeatSeconds,
  random: seededRandom(seed),
  onFault: (text) => process.stderr.write(`${Math.round((performance.now() - startMs) / 1000)} s ${text}\n`),
});
await closeAll();
const { recoveryMs, firstRecoveryMs: _, ...rest } = result;
const inSeconds = (share: number) => `${(percentile(recoveryMs, share) / 1000).toFixed(1)} s`;
console.log(JSON.stringify(rest, null, 2));
console.log(
  `recovery of ${recoveryMs.length} attempts: p50 ${inSeconds(0.5)}, p95 ${inSeconds(0.95)}, most ${inSeconds(1)}`,
);
console.log(`${Math.round((performance.now() - startMs) / 1000)} s, load ${loadavg()[0]?.toFixed(1)}`);
const isWhole = [rest.lost, rest.doubled, rest.stale, rest.leftovers].every((list) => list.length === 0);
process.exitCode = isWhole ? 0 : 1;
