import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { trace } from '@opentelemetry/api';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createLogger } from '../log/create-logger.ts';
import { exportTraces } from './export-traces.ts';
import { startSpan } from './start-span.ts';
import { formatTraceparent, parseTraceparent } from './traceparent.ts';

const log = createLogger({ level: 'silent', format: 'json', program: 'test' });
const caller = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const start = (parent: string | null) =>
  startSpan({ name: 'step', parent, attributes: { n: 1, text: 'x', yes: true, half: 0.5 } });

describe('traceparent', () => {
  test('is read and written as W3C Trace Context has it', () => {
    const context = parseTraceparent(caller);
    expect(context).toMatchObject({ spanId: '00f067aa0ba902b7', traceFlags: 1 });
    expect(context === undefined ? '' : formatTraceparent(context)).toBe(caller);
  });

  test.for([
    '',
    'x',
    caller.toUpperCase(),
    `${caller}-more`,
    caller.replace(/^00/, 'ff'),
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`,
  ])('of another form is ignored: %j', (text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });
});

describe('W6 where nobody collects traces', () => {
  test('a step hands on the trace it was called in, or none', () => {
    expect(start(caller).traceparent).toBe(caller);
    expect(start(null).traceparent).toBeNull();
    expect(start('nonsense').traceparent).toBeNull();
    start(caller).end({ code: 'X', message: 'y' });
  });
});

describe('W6 a collector', () => {
  afterEach(() => trace.disable());

  async function collector(status = 200) {
    const received: { url: string; headers: Record<string, unknown>; body: unknown }[] = [];
    const server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      request.on('end', () => {
        received.push({ url: request.url ?? '', headers: request.headers, body: JSON.parse(text) });
        response.writeHead(status).end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return { received, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
  }

  test('gets what has ended, in the JSON of OTLP', async () => {
    const { received, endpoint } = await collector();
    const traces = exportTraces({ endpoint, headers: 'api-key=a%20b, x=1', service: 'longshore-test', log });
    const outer = start(caller);
    const inner = start(outer.traceparent);
    inner.end({ code: 'NO_SPACE', message: 'the disk is full' });
    outer.end();
    await traces.end();
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({ url: '/v1/traces', headers: { 'api-key': 'a b', x: '1' } });
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const [, , outerId] = outer.traceparent?.split('-') ?? [];
    expect(received[0]?.body).toMatchObject({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'longshore-test' } }, {}] },
          scopeSpans: [
            {
              spans: [
                {
                  traceId,
                  parentSpanId: outerId,
                  name: 'step',
                  status: { code: 2, message: 'the disk is full' },
                  attributes: [
                    { key: 'n', value: { intValue: 1 } },
                    { key: 'text', value: { stringValue: 'x' } },
                    { key: 'yes', value: { boolValue: true } },
                    { key: 'half', value: { doubleValue: 0.5 } },
                    { key: 'error.type', value: { stringValue: 'NO_SPACE' } },
                  ],
                },
                { traceId, spanId: outerId, parentSpanId: '00f067aa0ba902b7', status: { code: 0 } },
              ],
            },
          ],
        },
      ],
    });
  });

  test('gets nothing of a trace that its caller does not sample', async () => {
    const { received, endpoint } = await collector();
    const traces = exportTraces({ endpoint, headers: '', service: 's', log });
    const unsampled = caller.replace(/01$/, '00');
    const step = start(unsampled);
    expect(step.traceparent).toBe(unsampled);
    step.end();
    await traces.end();
    expect(received).toEqual([]);
  });

  test('that fails costs spans, a line in the log, and nothing else', async () => {
    const { endpoint } = await collector(500);
    const warn = vi.spyOn(log, 'warn');
    const traces = exportTraces({ endpoint, headers: '', service: 's', log });
    start(null).end();
    await traces.end();
    start(null).end();
    await traces.end();
    expect(warn).toHaveBeenCalledOnce();
  });
});
