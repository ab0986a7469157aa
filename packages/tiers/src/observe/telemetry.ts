// Spans of what takes time: calls of Redis and disk, locks, factories; never hits in memory. Told to diagnostics_channel
// (`tracing:catzilla:tiers:*`) and, where @opentelemetry/api is installed, to the tracer provider registered there.
// Invariant: attributes hold names and counts, never keys or messages (a message may hold a key); a span neither changes
// nor delays what it spans, and what an exporter throws is not the caller's.
import { tracingChannel } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import { FAILED } from '../faults/guard.ts';

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** Tells of spans. */
export interface Telemetry {
  /** Whether anybody listens: while not, attributes need not be built. */
  readonly isActive: boolean;
  /** Runs a function within a span. Costs two checks while nobody listens.
   * @param name  `remote.get`; spans and messages are named `catzilla.remote.get` */
  span<T>(name: string, attributes: SpanAttributes, fn: () => Promise<T>): Promise<T>;
}

/** The parts of @opentelemetry/api that are used. */
interface Span {
  isRecording(): boolean;
  setAttribute(name: string, value: string): void;
  setStatus(status: { readonly code: number }): void;
  end(): void;
}
interface Tracer {
  startActiveSpan<T>(
    name: string,
    options: { readonly kind: number; readonly attributes: SpanAttributes },
    fn: (span: Span) => T,
  ): T;
}
interface OpenTelemetry {
  readonly trace: {
    getTracerProvider(): { getDelegateTracer?: (name: string) => Tracer | undefined };
  };
}

/** What subscribers of the channel get. */
interface Message {
  readonly name: string;
  readonly attributes: SpanAttributes;
}

const NAME = 'catzilla:tiers';
const KIND_INTERNAL = 0;
const STATUS_ERROR = 2;

const SILENT: Telemetry = Object.freeze({
  isActive: false,
  span: <T>(_name: string, _attributes: SpanAttributes, fn: () => Promise<T>) => fn(),
});

/** @param mode  'auto': tells whoever listens; false: nobody */
export function createTelemetry(mode: 'auto' | false): Telemetry {
  if (mode === false) return SILENT;
  const channel = tracingChannel<Message>(NAME);
  const opentelemetry = loadOpenTelemetry();

  // Looked up each time: an SDK may be registered, or shut down, at any moment. Until then there is a proxy without a
  // delegate, whose spans nobody would see.
  const tracerNow = (): Tracer | undefined =>
    opentelemetry?.trace.getTracerProvider().getDelegateTracer?.(NAME);

  return {
    get isActive(): boolean {
      return channel.hasSubscribers || tracerNow() !== undefined;
    },
    span<T>(name: string, attributes: SpanAttributes, fn: () => Promise<T>): Promise<T> {
      const tracer = tracerNow();
      const run = tracer === undefined ? fn : () => traced(tracer, name, attributes, fn);
      if (!channel.hasSubscribers) return run();
      return channel.tracePromise(run, { name: `catzilla.${name}`, attributes });
    },
  };
}

function traced<T>(
  tracer: Tracer,
  name: string,
  attributes: SpanAttributes,
  fn: () => Promise<T>,
): Promise<T> {
  let running: Promise<T> | undefined;
  try {
    return tracer.startActiveSpan(
      `catzilla.${name}`,
      { kind: KIND_INTERNAL, attributes },
      (span) => (running = followed(span, fn)),
    );
  } catch {
    // A tracer that throws costs its span, never the call.
    return running ?? fn();
  }
}

async function followed<T>(span: Span, fn: () => Promise<T>): Promise<T> {
  try {
    const result = await fn();
    finish(span, result === FAILED ? 'failed' : undefined);
    return result;
  } catch (error) {
    finish(span, kindOf(error));
    throw error;
  }
}

function finish(span: Span, fault: string | undefined): void {
  try {
    if (fault !== undefined && span.isRecording()) {
      span.setAttribute('error.type', fault);
      span.setStatus({ code: STATUS_ERROR });
    }
    span.end();
  } catch {
    // A span processor's fault is its own.
  }
}

/** Code or name; not the message, which may hold a key. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.name;
}

function loadOpenTelemetry(): OpenTelemetry | undefined {
  try {
    return createRequire(import.meta.url)('@opentelemetry/api') as OpenTelemetry;
  } catch {
    // Optional: without it there are no spans, only the channel.
    return undefined;
  }
}
