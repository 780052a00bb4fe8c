import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, signIn } from '../support/api.ts';
import { addSlave, type ClusterSlave } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { closeAll, type RunningMaster, startMaster } from '../support/programs.ts';

type Value = { stringValue?: string; intValue?: number };
type Span = {
  service: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: { key: string; value: Value }[];
};
type Resource = { attributes: { key: string; value: Value }[] };
type Body = { resourceSpans: { resource: Resource; scopeSpans: { spans: Omit<Span, 'service'>[] }[] }[] };

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const caller = '00f067aa0ba902b7';

describe('W6 a trace', () => {
  const spans: Span[] = [];
  let bodies = '';
  const collector = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      bodies += text;
      for (const { resource, scopeSpans } of (JSON.parse(text) as Body).resourceSpans) {
        const service =
          resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
        for (const one of scopeSpans) spans.push(...one.spans.map((span) => ({ service, ...span })));
      }
      response.end('{}');
    });
  });
  let master: RunningMaster;
  let user: Api;
  let anna: ClusterSlave;

  beforeAll(async () => {
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
    master = await startMaster({
      embeddedNode: false,
      env: { LONGSHORE_MASTER_HEARTBEAT_INTERVAL: '0.5', ...env },
    });
    user = await signIn(master.url);
    anna = await addSlave(user, { name: 'anna', env });
    await user.put('/secret-name.bin', randomBytes(10_000));
  });
  afterAll(async () => {
    await closeAll();
    collector.close();
  });

  const submit = async (destination: string, headers: Record<string, string>): Promise<string> => {
    const body = {
      kind: 'create-archive',
      sources: ['/secret-name.bin'],
      destination,
      password: 'canary-password',
    };
    const answer = await user.send<{ id: string }>('POST', '/api/v1/tasks', { body, headers });
    await user.ended(answer.body.id);
    return answer.body.id;
  };
  const spansOf = (taskId: string): Promise<Span[]> =>
    eventually('all spans have come', async () => {
      const own = spans.filter(({ attributes }) =>
        attributes.some(({ value }) => value.stringValue === taskId),
      );
      const all = spans.filter(({ traceId }) => traceId === own[0]?.traceId);
      return all.length >= 4 && all;
    });

  it('is one, from the submit over the slave to the end, and part of that of the caller', async () => {
    const found = await spansOf(await submit('/a.zip', { traceparent: `00-${trace}-${caller}-01` }));
    const byName = new Map(found.map((span) => [span.name, span]));
    const parentOf = (name: string) => byName.get(name)?.parentSpanId;
    const idOf = (name: string) => byName.get(name)?.spanId;
    expect(found.map(({ name, service }) => `${service}: ${name}`).toSorted()).toEqual([
      'longshore-master: dispatch attempt',
      'longshore-master: end task',
      'longshore-master: submit task',
      'longshore-slave: run attempt',
    ]);
    expect(byName.get('submit task')).toMatchObject({ traceId: trace, parentSpanId: caller });
    expect(parentOf('dispatch attempt')).toBe(idOf('submit task'));
    expect(parentOf('run attempt')).toBe(idOf('dispatch attempt'));
    expect(parentOf('end task')).toBe(idOf('submit task'));
  });

  it('begins with the submit when the caller has none', async () => {
    const found = await spansOf(await submit('/b.zip', {}));
    expect(found.find(({ name }) => name === 'submit task')?.parentSpanId).toBeUndefined();
    expect(found[0]?.traceId).not.toBe(trace);
  });

  it('F10 holds no secret and no name of a file', () => {
    for (const text of ['canary-password', 'secret-name', anna.secret, user.token])
      expect(bodies).not.toContain(text);
  });
});
