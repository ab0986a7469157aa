// Metrics of an application with the real parts: what they tell is what happened.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createApp, defineTask } from '../../src/index.ts';
import type { AppOptions } from '../../src/index.ts';

async function open(options: AppOptions = {}) {
  const app = await createApp({ env: false, mode: 'development', ...options });
  onTestFinished(() => app.close());
  return app;
}

async function listen(app: Awaited<ReturnType<typeof open>>): Promise<string> {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

const schema = { type: 'object' } as const;

/** A value of the page, by its series. */
function valueOf(page: string, series: string): number | undefined {
  const line = page.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

describe('the response cache', () => {
  it('is told with its routes, its engine and its tier', async () => {
    const app = await open({ cache: { ttl: 60_000 } });
    app.get('/cities/:id', async () => ({ city: 1 }));
    app.get('/live', { config: { cache: false } }, async () => 'x');
    const url = await listen(app);
    for (let i = 0; i < 3; i++) await (await fetch(`${url}/cities/1`)).text();
    await (await fetch(`${url}/live`)).text();
    await vi.waitFor(async () => {
      const page = await (await fetch(`${url}/metrics`)).text();
      const route = 'method="GET",route="/cities/:id"';
      expect(valueOf(page, `catzilla_http_requests_total{${route},status="2xx"}`)).toBe(3);
      expect(valueOf(page, `catzilla_http_request_duration_seconds_count{${route}}`)).toBe(3);
      expect(valueOf(page, 'catzilla_http_cache_total{status="hit"}')).toBe(2);
      expect(valueOf(page, 'catzilla_http_cache_total{status="miss"}')).toBe(1);
      expect(valueOf(page, `catzilla_http_route_cache_hits_total{${route}}`)).toBe(2);
      expect(page).not.toContain(
        'catzilla_http_route_cache_hits_total{method="GET",route="/live"}',
      );
      expect(page).toMatch(/^catzilla_cache_items\{cache="[^"]+"\} 1$/m);
      expect(page).toMatch(/^catzilla_cache_sets_total\{cache="[^"]+"\} [1-9]/m);
      expect(page).toMatch(/^catzilla_tier_up\{cache="[^"]+",tier="memory"\} 1$/m);
    });
    const snapshot = await app.monitor.snapshot();
    expect(snapshot.readFaults).toBe(0);
    expect(snapshot.http.inFlight).toBe(0);
    expect(snapshot.engines).toMatchObject([{ entries: 1 }]);
  });

  it('is told with the time of its hits in memory, and the segments in use', async () => {
    const app = await open({ cache: { ttl: 60_000 } });
    app.get('/cities/:id', async () => ({ city: 1 }));
    await app.ready();
    // Of look-ups in memory one in 509 is timed.
    for (let i = 0; i < 600; i++) await app.inject('/cities/1');
    const page = await app.monitor.metrics();
    for (const quantile of ['0.5', '0.99']) {
      const series = `catzilla_tier_latency_seconds\\{cache="[^"]+",tier="memory",quantile="${quantile}"\\}`;
      expect(page).toMatch(new RegExp(`^${series} \\d`, 'm'));
    }
    const { engines, tiers } = await app.monitor.snapshot();
    const [{ p50Ms, p99Ms }] = tiers as [(typeof tiers)[0]];
    expect(p99Ms).toBeGreaterThanOrEqual(p50Ms!);
    const [{ name, backend, segments, usedSegments }] = engines as [(typeof engines)[0]];
    const told = (kind: string) => valueOf(page, `catzilla_cache_segments{cache="${name}",kind="${kind}"}`); // prettier-ignore
    if (backend === 'js') expect([told('max'), told('used')]).toEqual([undefined, undefined]);
    else {
      expect([told('max'), told('used')]).toEqual([segments, usedSegments]);
      expect(usedSegments).toBeGreaterThan(0);
      expect(usedSegments).toBeLessThanOrEqual(segments);
    }
  });

  it('answers hits by the same way and with the same bytes as without the monitor', async () => {
    const bytes = async (monitor: AppOptions['monitor']) => {
      const app = await open({
        cache: { ttl: 60_000 },
        mode: 'production',
        ...(monitor !== undefined && { monitor }),
      });
      app.get('/a', async () => ({ same: true }));
      const url = await listen(app);
      await (await fetch(`${url}/a`)).text();
      const reply = await fetch(`${url}/a`);
      const body = await reply.text();
      await vi.waitFor(() => expect(app.cache.stats().hits).toBe(1));
      const ignored = ['date', 'etag', 'age'];
      const headers = [...reply.headers].filter(([name]) => !ignored.includes(name));
      return { body, headers, answers: app.cache.stats().answers };
    };
    expect(await bytes(undefined)).toEqual(await bytes(false));
  });

  it('that faults, and tiers that are closed, fail no page', async () => {
    const app = await open({ cache: { ttl: 60_000 } });
    app.get('/a', async () => 'x');
    await app.ready();
    await app.cache.tiers.close();
    const reply = await app.inject('/metrics');
    expect(reply.statusCode).toBe(200);
    expect(reply.body).toContain('catzilla_http_requests_in_flight');
  });
});

describe('background tasks', () => {
  it('are told by the names that they have for themselves', async () => {
    const mail = defineTask({ name: 'mail', schema, handler: async () => 'sent' });
    const app = await open({ tasks: { tasks: [mail] } });
    await app.ready();
    const handle = await app.tasks.enqueue(mail, {});
    await handle.result();
    await vi.waitFor(async () => {
      const page = await app.monitor.metrics();
      const own = await app.tasks.prometheusText();
      for (const name of ['enqueued_total', 'completed_total', 'failed_total']) {
        const series = own.split('\n').find((line) => line.startsWith(`catzilla_tasks_${name}{`))!;
        expect(page.split('\n')).toContain(series);
      }
      expect(page).toMatch(/^catzilla_tasks_completed_total\{task="mail",queue="[^"]+"\} 1$/m);
      expect(valueOf(page, 'catzilla_tasks_up')).toBe(1);
    });
  });

  it('whose metrics are collected into the registry of the application are told once', async () => {
    const mail = defineTask({ name: 'mail', schema, handler: async () => 'sent' });
    const app = await open({ tasks: { tasks: [mail] } });
    await app.ready();
    await app.tasks.collect(app.monitor.registry as never);
    await (await app.tasks.enqueue(mail, {})).result();
    await vi.waitFor(async () => {
      const page = await app.monitor.metrics();
      expect(page.match(/^# TYPE catzilla_tasks_completed_total /gm)).toHaveLength(1);
      expect(page).toMatch(/^catzilla_tasks_run_seconds_count\{[^}]*task="mail"[^}]*\} 1$/m);
    });
  });
});

describe('static files and live channels', () => {
  it('are told', async () => {
    const root = await mkdtemp(join(tmpdir(), 'catzilla-metrics-'));
    onTestFinished(() => rm(root, { recursive: true, force: true }));
    await writeFile(join(root, 'a.txt'), 'text');
    const app = await open({ static: { root }, realtime: {} });
    app.realtime.channel('news', { public: true });
    const url = await listen(app);
    expect(await (await fetch(`${url}/a.txt`)).text()).toBe('text');
    const { WebSocket } = await import('ws');
    const socket = new WebSocket(`${url.replace('http', 'ws')}/realtime`, { origin: url });
    onTestFinished(() => socket.terminate());
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'subscribe', channel: 'news' }));
    await vi.waitFor(async () => {
      const page = await app.monitor.metrics();
      expect(valueOf(page, 'catzilla_static_hits_total')).toBe(1);
      expect(valueOf(page, 'catzilla_static_reads_total')).toBe(1);
      expect(valueOf(page, 'catzilla_realtime_connections{transport="websocket"}')).toBe(1);
      expect(valueOf(page, 'catzilla_realtime_subscriptions')).toBe(1);
      expect(valueOf(page, 'catzilla_realtime_up')).toBe(1);
      // A connection that was upgraded is no request under way.
      expect(valueOf(page, 'catzilla_http_requests_in_flight')).toBe(0);
    });
  });
});
