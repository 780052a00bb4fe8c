import { randomBytes } from 'node:crypto';
import {
  type Attributes,
  type AttributeValue,
  type Span,
  type SpanContext,
  type SpanOptions,
  type SpanStatus,
  SpanStatusCode,
  TraceFlags,
} from '@opentelemetry/api';

/** A span that has ended, as the JSON of OTLP has it. */
export type SpanRecord = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: KeyValue[];
  status: { code: number; message?: string };
};
export type KeyValue = { key: string; value: Record<string, unknown> };

export const keyValues = (attributes: Attributes): KeyValue[] =>
  Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: toValue(value) }],
  );

function toValue(value: AttributeValue): Record<string, unknown> {
  if (typeof value === 'number')
    return Number.isInteger(value) ? { intValue: value } : { doubleValue: value };
  return typeof value === 'boolean' ? { boolValue: value } : { stringValue: String(value) };
}

const nowNano = (): string =>
  String(BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n);

/** A span that is handed to `onEnd` when it ends. It keeps attributes and status; events and links are not ours. */
export function recordedSpan(options: {
  name: string;
  options: SpanOptions;
  parent: SpanContext | undefined;
  onEnd: (record: SpanRecord) => void;
}): Span {
  const { parent } = options;
  const context: SpanContext = {
    traceId: parent?.traceId ?? randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    traceFlags: TraceFlags.SAMPLED,
  };
  const startTimeUnixNano = nowNano();
  const attributes: Attributes = { ...options.options.attributes };
  let status: SpanStatus = { code: SpanStatusCode.UNSET };
  let { name } = options;
  let ended = false;
  const span: Span = {
    spanContext: () => context,
    setAttribute: (key, value) => {
      attributes[key] = value;
      return span;
    },
    setAttributes: (more) => {
      Object.assign(attributes, more);
      return span;
    },
    setStatus: (next) => {
      status = next;
      return span;
    },
    updateName: (next) => {
      name = next;
      return span;
    },
    addEvent: () => span,
    addLink: () => span,
    addLinks: () => span,
    recordException: () => undefined,
    isRecording: () => !ended,
    end: () => {
      if (ended) return;
      ended = true;
      options.onEnd({
        traceId: context.traceId,
        spanId: context.spanId,
        ...(parent === undefined ? {} : { parentSpanId: parent.spanId }),
        name,
        kind: (options.options.kind ?? 0) + 1,
        startTimeUnixNano,
        endTimeUnixNano: nowNano(),
        attributes: keyValues(attributes),
        status: { code: status.code, ...(status.message === undefined ? {} : { message: status.message }) },
      });
    },
  };
  return span;
}
