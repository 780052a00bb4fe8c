import { productVersion } from '@longshore/protocol';
import { isSpanContextValid, ROOT_CONTEXT, type Tracer, trace } from '@opentelemetry/api';
import type { Logger } from '../log/create-logger.ts';
import { redactUrls } from '../log/redact.ts';
import { keyValues, recordedSpan, type SpanRecord } from './recorded-span.ts';

export type TraceExport = {
  /** Sends what has ended so far, and stops. */
  end(): Promise<void>;
};

const sendEveryMs = 2000;
const batchSize = 512;
/** Spans that wait while nobody takes them; of more the newest are given up. */
const longestQueue = 4096;
const timeoutMs = 5000;

/**
 * Collects the spans of this process and sends them to an OpenTelemetry collector, by OTLP over HTTP with JSON.
 * `endpoint` is its base address, null for none: then nothing is collected. Spans of a trace that its caller does not
 * sample are not collected either.
 */
export function exportTraces(options: {
  endpoint: string | null;
  /** `name=value` pairs separated by commas, as OTEL_EXPORTER_OTLP_HEADERS has them. */
  headers: string;
  service: string;
  log: Logger;
}): TraceExport {
  const { endpoint, service, log } = options;
  if (endpoint === null) return { end: async () => undefined };
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const headers = { 'content-type': 'application/json', ...parseHeaders(options.headers) };
  const queue: SpanRecord[] = [];
  let sending: Promise<void> = Promise.resolve();
  let failing = false;

  const onEnd = (record: SpanRecord): void => {
    if (queue.length < longestQueue) queue.push(record);
    if (queue.length === batchSize) void send();
  };
  const tracer: Tracer = {
    startSpan: (name, spanOptions = {}, context = ROOT_CONTEXT) => {
      const found = trace.getSpanContext(context);
      const parent = found !== undefined && isSpanContextValid(found) ? found : undefined;
      if (parent !== undefined && parent.traceFlags === 0) return trace.wrapSpanContext(parent);
      return recordedSpan({ name, options: spanOptions, parent, onEnd });
    },
    startActiveSpan: (): never => {
      throw new RangeError('the parent of a span is always named');
    },
  };
  trace.setGlobalTracerProvider({ getTracer: () => tracer });

  async function sendBatch(): Promise<void> {
    while (queue.length > 0) {
      const spans = queue.splice(0, batchSize);
      const scope = { name: 'longshore', version: productVersion };
      const resource = {
        attributes: keyValues({ 'service.name': service, 'service.version': productVersion }),
      };
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers,
          body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] }),
          signal: AbortSignal.timeout(timeoutMs),
        });
        await response.body?.cancel();
        if (!response.ok) throw new Error(`the collector answered ${response.status}`);
        failing = false;
      } catch (error) {
        // Once, not every two seconds for the length of an outage.
        if (!failing) log.warn({ err: error, url: redactUrls(url) }, 'traces could not be sent');
        failing = true;
        return;
      }
    }
  }
  const send = (): Promise<void> => {
    sending = sending.then(sendBatch);
    return sending;
  };
  const timer = setInterval(() => void send(), sendEveryMs);
  timer.unref();
  log.info({ url: redactUrls(url) }, 'traces are sent');
  return {
    end: async () => {
      clearInterval(timer);
      await send();
    },
  };
}

function parseHeaders(text: string): Record<string, string> {
  const pairs = text.split(',').flatMap((pair): [string, string][] => {
    const at = pair.indexOf('=');
    return at < 1 ? [] : [[pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())]];
  });
  return Object.fromEntries(pairs);
}
