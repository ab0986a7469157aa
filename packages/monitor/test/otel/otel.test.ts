// With the SDK of OpenTelemetry: what a reader collects.
import { metrics } from '@opentelemetry/api';
import { DataPointType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import Fastify from 'fastify';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { monitor } from '../../src/index.ts';
import type { MeterLike, MonitorOptions } from '../../src/index.ts';

class Reader extends MetricReader {
  protected async onForceFlush(): Promise<void> {}
  protected async onShutdown(): Promise<void> {}
}

/** A provider, and what it collects: instruments by name. */
function provide() {
  const reader = new Reader();
  const provider = new MeterProvider({ readers: [reader] });
  onTestFinished(() => provider.shutdown());
  const collect = async (): Promise<Map<string, MetricData>> => {
    const { resourceMetrics, errors } = await reader.collect();
    expect(errors).toStrictEqual([]);
    const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    return new Map(all.map((metric) => [metric.descriptor.name, metric]));
  };
  return { provider, collect };
}

async function open(options: MonitorOptions) {
  const app = Fastify();
  onTestFinished(() => app.close());
  await app.register(monitor, { dashboard: false, ...options });
  app.get('/items/:id', async () => 'x');
  app.get('/fails', async () => {
    throw new Error('no');
  });
  const get = async (path: string): Promise<number> => {
    const reply = await fetch(app.listeningOrigin + path);
    await reply.text();
    return reply.status;
  };
  const listen = async () => app.listen({ port: 0, host: '127.0.0.1' });
  return { app, get, listen };
}

/** Value by the attributes, as text. */
function valuesOf(metric: MetricData | undefined): Record<string, unknown> {
  const points = (metric?.dataPoints ?? []) as { attributes: object; value: unknown }[];
  return Object.fromEntries(
    points.map(({ attributes, value }) => [Object.values(attributes).join(' '), value]),
  );
}

describe('with a meter', () => {
  it('requests are counted by method, template and class of status', async () => {
    const { provider, collect } = provide();
    const { get, listen } = await open({ otel: provider.getMeter('mine') });
    await listen();
    for (const id of [1, 2, 3]) await get(`/items/${id}`);
    await get('/fails');
    await get('/none');
    const found = await collect();
    const requests = found.get('catzilla_http_requests')!;
    expect(requests.dataPointType).toBe(DataPointType.SUM);
    expect(requests).toMatchObject({ isMonotonic: true });
    expect(valuesOf(requests)).toMatchObject({ 'GET /items/:id 2xx': 3, 'GET /fails 5xx': 1 });
    expect(Object.keys(valuesOf(requests)).join()).not.toContain('/none');
    expect(valuesOf(found.get('catzilla_http_request_duration_count'))).toMatchObject({
      'GET /items/:id': 3,
    });
    const sums = found.get('catzilla_http_request_duration_sum_seconds')!;
    expect(sums.descriptor.unit).toBe('s');
    expect(valuesOf(sums)['GET /items/:id']).toBeGreaterThan(0);
  });

  it('gauges are gauges, with units', async () => {
    const { provider, collect } = provide();
    const { listen } = await open({ otel: provider.getMeter('mine') });
    await listen();
    const found = await collect();
    expect(found.get('catzilla_threads')).toMatchObject({ dataPointType: DataPointType.GAUGE });
    const bytes = [...found.keys()].filter((name) => name.endsWith('_bytes'));
    expect(bytes.length).toBeGreaterThan(0);
    expect(bytes.map((name) => found.get(name)!.descriptor.unit)).toStrictEqual(
      bytes.map(() => 'By'),
    );
    expect([...found.keys()].filter((name) => name.endsWith('_total'))).toStrictEqual([]);
  });

  it('quantiles of all routes are told once there was a request', async () => {
    const { provider, collect } = provide();
    const { get, listen } = await open({ otel: provider.getMeter('mine') });
    await listen();
    const name = 'catzilla_http_request_duration_quantile_seconds';
    expect((await collect()).has(name)).toBe(false);
    await get('/items/1');
    const found = (await collect()).get(name)!;
    expect(Object.keys(valuesOf(found))).toStrictEqual(['0.5', '0.95', '0.99']);
    expect(found.descriptor.unit).toBe('s');
  });

  it('tasks that said nothing yet when the application was ready are told later', async () => {
    const { provider, collect } = provide();
    const { app, listen } = await open({ otel: provider.getMeter('mine') });
    let answer = (_stats: object): void => undefined;
    const first = new Promise<object>((resolve) => (answer = resolve));
    app.decorate('tasks', { stats: () => first, health: () => ({ state: 'ok', reasons: [] }) });
    await listen();
    answer({ tasks: [{ task: 'send', queue: 'mail', totals: { enqueued: 3 } }], queues: [] });
    await vi.waitFor(async () => {
      expect(valuesOf((await collect()).get('catzilla_tasks_enqueued'))).toStrictEqual({
        'send mail': 3,
      });
    });
  });

  it('series beyond the bound are other, and a warning says so', async () => {
    const { provider, collect } = provide();
    const { app, get, listen } = await open({
      otel: provider.getMeter('mine'),
      metrics: { maxSeries: 4 },
    });
    const warn = vi.spyOn(app.log, 'warn');
    for (let i = 0; i < 10; i++) app.get(`/r${i}`, async () => 'x');
    await listen();
    for (let i = 0; i < 10; i++) await get(`/r${i}`);
    const values = valuesOf((await collect()).get('catzilla_http_requests'));
    expect(values).toMatchObject({ 'other other 2xx': 6 });
    expect(Object.keys(values)).toHaveLength(5);
    expect(warn).toHaveBeenCalledOnce();
  });

  it('an application that closes takes its callback away, with the instruments it was given', async () => {
    const { provider, collect } = provide();
    const meter = provider.getMeter('mine');
    const add = vi.spyOn(meter, 'addBatchObservableCallback');
    const remove = vi.spyOn(meter, 'removeBatchObservableCallback');
    const { app, get, listen } = await open({ otel: meter });
    await listen();
    await get('/items/1');
    const before = (await collect()).get('catzilla_http_requests')!;
    expect(valuesOf(before)).toMatchObject({ 'GET /items/:id 2xx': 1 });
    expect(remove).not.toHaveBeenCalled();
    await app.close();
    expect(remove.mock.calls).toStrictEqual(add.mock.calls);
    expect(add).toHaveBeenCalledOnce();
  });

  it('an application that was never ready leaves none behind', async () => {
    const meter = {
      createObservableCounter: vi.fn(),
      createObservableGauge: vi.fn(),
      addBatchObservableCallback: vi.fn(),
      removeBatchObservableCallback: vi.fn(),
    };
    const { app } = await open({ otel: meter as unknown as MeterLike });
    await app.close();
    for (const used of Object.values(meter)) expect(used).not.toHaveBeenCalled();
  });
});

describe('with true', () => {
  it('the meter is of the provider that is registered when the application is ready', async () => {
    const { get, listen } = await open({ otel: true });
    const { provider, collect } = provide();
    metrics.setGlobalMeterProvider(provider);
    onTestFinished(() => metrics.disable());
    await listen();
    await get('/items/1');
    expect(valuesOf((await collect()).get('catzilla_http_requests'))).toStrictEqual({
      'GET /items/:id 2xx': 1,
    });
  });

  it('nothing is exported where there is no provider, and nothing fails', async () => {
    const { get, listen } = await open({ otel: true });
    await listen();
    expect(await get('/items/1')).toBe(200);
  });
});
