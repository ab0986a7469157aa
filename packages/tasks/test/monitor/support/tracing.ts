// As much of an OpenTelemetry SDK as a test of continuity takes: spans in memory, a context per call chain, W3C headers.
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { Context, Span, SpanContext } from '@opentelemetry/api';

/** A span that began. */
export interface SeenSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  ended: boolean;
}

/** Registers it for the whole process.
 * @returns what it sees, and a function that takes it out again */
export function traceInMemory(): { readonly spans: readonly SeenSpan[]; readonly end: () => void } {
  const spans: SeenSpan[] = [];
  const store = new AsyncLocalStorage<Context>();
  context.setGlobalContextManager({
    active: () => store.getStore() ?? ROOT_CONTEXT,
    with: (active, fn, self, ...args) => store.run(active, () => fn.call(self as never, ...args)),
    bind: (_active, target) => target,
    enable() {
      return this;
    },
    disable() {
      return this;
    },
  });
  propagation.setGlobalPropagator({
    inject(active, carrier, setter) {
      const span = trace.getSpanContext(active);
      if (span) setter.set(carrier, 'traceparent', `00-${span.traceId}-${span.spanId}-01`);
    },
    extract(active, carrier, getter) {
      const header = getter.get(carrier, 'traceparent');
      const [, traceId, spanId] = String(header ?? '').split('-');
      if (traceId === undefined || spanId === undefined) return active;
      return trace.setSpanContext(active, { traceId, spanId, traceFlags: 1, isRemote: true });
    },
    fields: () => ['traceparent'],
  });
  const startSpan = (name: string, _options: unknown, parentContext = context.active()): Span => {
    const parent = trace.getSpanContext(parentContext);
    const own: SpanContext = {
      traceId: parent?.traceId ?? randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
      traceFlags: 1,
    };
    const seen: SeenSpan = {
      name,
      traceId: own.traceId,
      spanId: own.spanId,
      parentId: parent?.spanId,
      ended: false,
    };
    spans.push(seen);
    return spanOf(own, seen);
  };
  const startActiveSpan = (name: string, ...rest: unknown[]): unknown => {
    const span = startSpan(name, undefined);
    const run = rest.at(-1) as (span: Span) => unknown;
    return context.with(trace.setSpan(context.active(), span), () => run(span));
  };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan, startActiveSpan }) as never });
  const end = (): void => {
    trace.disable();
    context.disable();
    propagation.disable();
  };
  return { spans, end };
}

function spanOf(own: SpanContext, seen: SeenSpan): Span {
  const span: Span = {
    spanContext: () => own,
    setAttribute: () => span,
    setAttributes: () => span,
    addEvent: () => span,
    addLink: () => span,
    addLinks: () => span,
    setStatus: () => span,
    updateName: () => span,
    end: () => {
      seen.ended = true;
    },
    isRecording: () => true,
    recordException: () => undefined,
  };
  return span;
}
