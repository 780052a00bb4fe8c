/**
 * How quickly tasks go through the whole system: master, signed hop, a slave in another process, reports, files.
 *
 *   node bench/tasks.ts            submit → completed of a 1 KiB zip, one at a time; then 2 000 at once over 3 : 2
 */
import { loadavg } from 'node:os';
import { nodes, tasks } from '@longshore/protocol';
import { closeAll } from '../test/support/programs.ts';
import { type Cluster, cpuSeconds, percentile, startCluster } from './lib/cluster.ts';
import { watchEnds } from './lib/watch-ends.ts';

const latencyTasks = 200;
const warmUpTasks = 20;
const crowd = 2_000;
const submitters = 16;

const submit = async (cluster: Cluster, destination: string): Promise<string> =>
  (
    await cluster.call(tasks.submitTask, {
      body: { kind: 'create-archive', sources: ['/one.txt'], destination },
    })
  ).id;

const cluster = await startCluster([
  { name: 'a', weight: 3, port: 5401 },
  { name: 'b', weight: 2, port: 5402 },
]);
await cluster.upload('/one.txt', Buffer.alloc(1024, 'longshore '));
const ends = watchEnds(cluster);

const latencies: number[] = [];
for (let index = 0; index < warmUpTasks + latencyTasks; index += 1) {
  const startedMs = performance.now();
  const id = await submit(cluster, `/latency-${index}.zip`);
  await ends.wait([id]);
  if (index >= warmUpTasks) latencies.push((ends.ended.get(id) ?? 0) - startedMs);
}
const picksBefore = (await cluster.call(nodes.listNodes, {})).nodes.map(
  (node) => node.picks['create-archive'] ?? 0,
);

const cpuBefore = [cluster.master, ...cluster.slaves].map(({ child }) => cpuSeconds(child.pid));
const startedMs = performance.now();
const ids: string[] = [];
let next = 0;
await Promise.all(
  Array.from({ length: submitters }, async () => {
    while (next < crowd) {
      next += 1;
      ids.push(await submit(cluster, `/crowd-${next}.zip`));
    }
  }),
);
const submittedMs = performance.now() - startedMs;
await ends.wait(ids);
const doneMs = performance.now() - startedMs;
const cpu = [cluster.master, ...cluster.slaves].map(
  ({ child }, index) => cpuSeconds(child.pid) - (cpuBefore[index] ?? 0),
);
const { nodes: after } = await cluster.call(nodes.listNodes, {});
const shares = after.map(
  (node, index) => `${node.name} ${(node.picks['create-archive'] ?? 0) - (picksBefore[index] ?? 0)}`,
);

console.log(
  `load average            ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}`,
);
console.log(
  `submit → completed      p50 ${percentile(latencies, 0.5).toFixed(1)} ms, p99 ${percentile(latencies, 0.99).toFixed(1)} ms (${latencyTasks} tasks, one at a time)`,
);
console.log(
  `${crowd} tasks              ${((crowd * 1000) / doneMs).toFixed(0)} tasks/s, submitted at ${((crowd * 1000) / submittedMs).toFixed(0)}/s`,
);
console.log(`shares over 3 : 2       ${shares.join(', ')}`);
console.log(
  `CPU seconds             master ${cpu[0]?.toFixed(1)}, slaves ${cpu
    .slice(1)
    .map((seconds) => seconds.toFixed(1))
    .join(' and ')}`,
);
await closeAll();
process.exit(0);
