import { productVersion } from '@longshore/protocol';
import { type Attributes, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { formatTraceparent, parseTraceparent } from './traceparent.ts';

/** A step of a trace. Where nobody collects traces it does nothing, and hands on the trace it was called in. */
export type TracedStep = {
  /** To be the parent of what follows, also in another program. */
  readonly traceparent: string | null;
  /** `code` of an error, when the step has failed. */
  end(outcome?: { code: string; message: string }): void;
};

export function startSpan(options: {
  name: string;
  /** The `traceparent` of the step that this is part of. */
  parent: string | null;
  attributes: Attributes;
}): TracedStep {
  const parent = options.parent === null ? undefined : parseTraceparent(options.parent);
  const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
  const { name, attributes } = options;
  const span = trace.getTracer('longshore', productVersion).startSpan(name, { attributes }, context);
  return {
    traceparent: formatTraceparent(span.spanContext()),
    end: (outcome) => {
      if (outcome !== undefined) {
        span.setAttribute('error.type', outcome.code);
        span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.message });
      }
      span.end();
    },
  };
}
