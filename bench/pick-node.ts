/**
 * What CPU time it costs to choose a node among many: `node bench/pick-node.ts [nodes] [picks]`. The statements around it are not
 * in these figures.
 */
import { type Candidate, chooseNodes, pickNode } from '../packages/master/src/scheduling/pick-node.ts';
import { createCounters } from '../packages/master/src/scheduling/rotation-counters.ts';

const [count = 1_000, picks = 200_000] = process.argv.slice(2).map(Number);

const candidates = Array.from(
  { length: count },
  (_, at): Candidate => ({
    id: crypto.randomUUID(),
    name: `node-${at}`,
    weight: 1 + (at % 5),
    health: 'online',
    lastErrorCode: null,
    enabled: true,
    draining: at % 10 === 0,
    stopping: false,
    quarantine: 'none',
    capabilities: ['create-archive', 'extract-archive'],
    room: 1_000_000,
    fullForMs: 0,
    tempLeftBytes: 0,
    readsInPlace: false,
    unreachable: null,
  }),
);
const wanted = {
  capability: 'create-archive',
  requestedNodeId: null,
  allowedNodes: null,
  avoid: [],
  tempBytes: 0,
} as const;
const counters = createCounters(new Float64Array(count));

function measure(times: number, once: () => unknown): string {
  for (let warm = 0; warm < times / 10; warm += 1) once();
  const before = process.cpuUsage();
  for (let time = 0; time < times; time += 1) once();
  return (process.cpuUsage(before).user / times).toFixed(2);
}

const choice = chooseNodes(wanted, candidates);
process.stdout.write(`${count} nodes
  the nodes of a kind of parts, once a pass: ${measure(picks / 100, () => chooseNodes(wanted, candidates))} µs
  the turn of one of them, for each part: ${measure(picks, () => pickNode(choice, candidates, counters))} µs
`);
