import { expect, test } from 'vitest';
import { createMetrics } from './create-metrics.ts';
import { isSameToken } from './is-same-token.ts';
import { addProcessMetrics } from './process-metrics.ts';

test('W6 counters, gauges and histograms are written as Prometheus reads them', async () => {
  const metrics = createMetrics();
  const requests = metrics.counter({ name: 'a_total', help: 'Counts\nthings \\.', labels: ['route'] });
  requests.add({ route: '/x' });
  requests.add({ route: '/x' }, 2);
  requests.add({ route: 'a"b\\c\nd' });
  const seconds = metrics.histogram({ name: 'b_seconds', help: 'B.', labels: ['kind'], buckets: [0.1, 1] });
  for (const value of [0.05, 0.1, 0.5, 7]) seconds.observe({ kind: 'k' }, value);
  metrics.gauge({ name: 'c', help: 'C.', labels: [], read: async () => [{ labels: {}, value: -1.5 }] });
  expect(await metrics.render()).toBe(`# HELP a_total Counts\\nthings \\\\.
# TYPE a_total counter
a_total{route="/x"} 3
a_total{route="a\\"b\\\\c\\nd"} 1
# HELP b_seconds B.
# TYPE b_seconds histogram
b_seconds_bucket{kind="k",le="0.1"} 2
b_seconds_bucket{kind="k",le="1"} 3
b_seconds_bucket{kind="k",le="+Inf"} 4
b_seconds_sum{kind="k"} 7.65
b_seconds_count{kind="k"} 4
# HELP c C.
# TYPE c gauge
c -1.5
`);
});

test('W6 two metrics of one name are a mistake of the program', () => {
  const metrics = createMetrics();
  metrics.counter({ name: 'a_total', help: '', labels: [] });
  expect(() => metrics.counter({ name: 'a_total', help: '', labels: [] })).toThrow('a_total');
});

test('W6 the process tells its memory, its processor time and how late its event loop is', async () => {
  const metrics = createMetrics();
  const watch = addProcessMetrics(metrics);
  const text = await metrics.render();
  watch.stop();
  const value = (name: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
        ?.split(' ')
        .at(-1),
    );
  expect(value('process_resident_memory_bytes')).toBeGreaterThan(1e6);
  expect(value('process_cpu_seconds_total')).toBeGreaterThan(0);
  expect(value('nodejs_eventloop_lag_seconds')).toBeGreaterThanOrEqual(0);
  expect(value('longshore_build_info')).toBe(1);
});

test('tokens are the same, or not, whatever their lengths', () => {
  expect(isSameToken('abc', 'abc')).toBe(true);
  for (const wrong of ['', 'ab', 'abcd', 'abC']) expect(isSameToken(wrong, 'abc')).toBe(false);
});
