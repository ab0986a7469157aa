import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import { ROOT_CONTEXT, context, trace } from '@opentelemetry/api';
import type { Context, Span, SpanOptions, Tracer } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { FAILED } from '../../src/faults/guard.ts';
import { createTelemetry } from '../../src/observe/telemetry.ts';
import { expectNoUnhandled } from '../faults/support.ts';

expectNoUnhandled();

interface Recorded {
  readonly name: string;
  readonly attributes: Record<string, unknown>;
  parent: string | undefined;
  status: number | undefined;
  isEnded: boolean;
}

/** As little of an SDK as records spans and their parents. */
function register(overrides: Partial<Span> = {}): Recorded[] {
  const spans: Recorded[] = [];
  const storage = new AsyncLocalStorage<Context>();
  context.setGlobalContextManager({
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, fn, self, ...args) => storage.run(active, () => fn.call(self as never, ...args)),
    bind: (_active, target) => target,
    enable() {
      return this;
    },
    disable() {
      return this;
    },
  });
  const startSpan = (name: string, options: SpanOptions = {}): Span & { of: Recorded } => {
    const parent = trace.getActiveSpan() as { of?: Recorded } | undefined;
    const of: Recorded = {
      name,
      attributes: { ...options.attributes },
      parent: parent?.of?.name,
      status: undefined,
      isEnded: false,
    };
    spans.push(of);
    const span = {
      of,
      isRecording: () => true,
      setAttribute: (key: string, value: unknown) => Object.assign(of.attributes, { [key]: value }),
      setStatus: ({ code }: { code: number }) => Object.assign(of, { status: code }),
      end: () => Object.assign(of, { isEnded: true }),
      ...overrides,
    };
    return span as unknown as Span & { of: Recorded };
  };
  const tracer = {
    startSpan,
    startActiveSpan: (name: string, options: SpanOptions, fn: (span: Span) => unknown) => {
      const span = startSpan(name, options);
      return context.with(trace.setSpan(context.active(), span), fn, undefined, span);
    },
  };
  trace.setGlobalTracerProvider({ getTracer: () => tracer as unknown as Tracer });
  return spans;
}

afterEach(() => {
  trace.disable();
  context.disable();
});

describe('telemetry', () => {
  it('runs the function and nothing else while nobody listens', async () => {
    const telemetry = createTelemetry('auto');
    expect(telemetry.isActive).toBe(false);
    const promise = Promise.resolve(1);
    expect(telemetry.span('remote.get', {}, () => promise)).toBe(promise);
    expect(await promise).toBe(1);
  });

  it('is silent when it is off, whoever listens', async () => {
    const spans = register();
    const telemetry = createTelemetry(false);
    expect(telemetry.isActive).toBe(false);
    expect(await telemetry.span('remote.get', {}, () => Promise.resolve(1))).toBe(1);
    expect(spans).toEqual([]);
  });

  it('makes spans at an OpenTelemetry provider that comes after it', async () => {
    const telemetry = createTelemetry('auto');
    const spans = register();
    expect(telemetry.isActive).toBe(true);
    const value = await telemetry.span('factory', { cache: 'main' }, async () => {
      await Promise.resolve();
      return telemetry.span('remote.get', { cache: 'main', count: 2 }, () => Promise.resolve(7));
    });
    expect(value).toBe(7);
    expect(spans).toEqual([
      {
        name: 'catzilla.factory',
        attributes: { cache: 'main' },
        parent: undefined,
        status: undefined,
        isEnded: true,
      },
      {
        name: 'catzilla.remote.get',
        attributes: { cache: 'main', count: 2 },
        parent: 'catzilla.factory',
        status: undefined,
        isEnded: true,
      },
    ]);
    trace.disable();
    expect(telemetry.isActive).toBe(false);
  });

  it('marks failures by code or name, never by a message', async () => {
    const spans = register();
    const telemetry = createTelemetry('auto');
    const failures = [
      Object.assign(new Error('no key secret-key'), { code: 'ECONNRESET' }),
      new TypeError('secret-key'),
      'secret-key',
    ];
    for (const failure of failures) {
      const span = telemetry.span('disk.get', {}, () => Promise.reject(failure));
      await expect(span).rejects.toBe(failure);
    }
    const failed = telemetry.span('remote.get', {}, () => Promise.resolve(FAILED));
    expect(await failed).toBe(FAILED);
    expect(spans.map(({ attributes }) => attributes['error.type'])).toEqual([
      'ECONNRESET',
      'TypeError',
      'string',
      'failed',
    ]);
    expect(spans.every(({ status, isEnded }) => status === 2 && isEnded)).toBe(true);
    expect(JSON.stringify(spans)).not.toContain('secret-key');
  });

  it('does not mark spans that are not recorded', async () => {
    const spans = register({ isRecording: () => false });
    await createTelemetry('auto').span('lock', {}, () => Promise.resolve(FAILED));
    expect(spans).toMatchObject([{ attributes: {}, status: undefined, isEnded: true }]);
  });

  it('keeps what a tracer throws from the caller', async () => {
    register({
      end: () => {
        throw new Error('exporter');
      },
    });
    const telemetry = createTelemetry('auto');
    expect(await telemetry.span('lock', {}, () => Promise.resolve(1))).toBe(1);
    trace.disable();
    let calls = 0;
    const call = (): Promise<number> => Promise.resolve((calls += 1));
    const throwing = (isAfter: boolean) => ({
      startActiveSpan: (_name: string, _options: object, fn: (span: object) => unknown) => {
        if (isAfter) fn({ isRecording: () => false, end: () => {} });
        throw new Error('tracer');
      },
    });
    for (const isAfter of [false, true]) {
      trace.setGlobalTracerProvider({ getTracer: () => throwing(isAfter) as unknown as Tracer });
      await telemetry.span('lock', {}, call);
      trace.disable();
    }
    expect(calls).toBe(2);
  });

  it('tells a tracing channel', async () => {
    const told: unknown[] = [];
    const channel = tracingChannel('catzilla:tiers');
    const ignore = (): void => {};
    const subscriber = {
      start: (message: object) => told.push(['start', { ...message }]),
      end: ignore,
      asyncStart: ignore,
      asyncEnd: (message: object) => told.push(['asyncEnd', Object.keys(message)]),
      error: (message: object) => told.push(['error', Object.keys(message)]),
    };
    const telemetry = createTelemetry('auto');
    channel.subscribe(subscriber);
    try {
      expect(telemetry.isActive).toBe(true);
      await telemetry.span('remote.get', { cache: 'main' }, () => Promise.resolve(1));
      const failure = new Error('away');
      const failed = telemetry.span('remote.get', {}, () => Promise.reject(failure));
      await expect(failed).rejects.toBe(failure);
    } finally {
      channel.unsubscribe(subscriber);
    }
    expect(told).toEqual([
      ['start', { name: 'catzilla.remote.get', attributes: { cache: 'main' } }],
      ['asyncEnd', ['name', 'attributes', 'result']],
      ['start', { name: 'catzilla.remote.get', attributes: {} }],
      ['error', ['name', 'attributes', 'error']],
      ['asyncEnd', ['name', 'attributes', 'error']],
    ]);
    expect(telemetry.isActive).toBe(false);
  });
});
