// Pages of several threads: a source that tells of others.
import { Counter, Gauge, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { MetricsPage } from '../../src/metrics/page.ts';
import { OwnRegistry } from '../../src/metrics/own-registry.ts';
import { RoutePlaces } from '../../src/snapshot/sum-routes.ts';
import { sumReadings } from '../../src/snapshot/sum.ts';
import type { SnapshotSource } from '../../src/snapshot/take.ts';
import { gathered, reading, route } from '../snapshot/reading.ts';

const routes = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => route(`/r${at + from}`, 1));

/** A page of a thread that sees these others; their extras are what their own pages tell. */
function pageOf(
  others: readonly unknown[],
  { gone = [] as readonly unknown[], count = 0, from = 0 } = {},
) {
  const http = { inFlight: 0, routes: routes(count, from) };
  const source: SnapshotSource = {
    extra: async () => undefined,
    addExtras: () => undefined,
    take: async () => sumReadings(gathered([reading({ http })]), new RoutePlaces()),
    takeWith: async () => ({
      snapshot: await source.take(),
      serving: [await source.extra(), ...others],
      gone,
      isFirst: true,
    }),
  };
  const own = new OwnRegistry();
  const settings = { maxSeries: 4, defaultMetrics: false };
  const warned: string[] = [];
  const warn = (_details: object, message: string) => void warned.push(message);
  return { page: new MetricsPage({ source, own, settings, warn }), own, source, warned };
}

/** What another thread's registry tells. */
async function told(orders: number, open: number) {
  const registry = new Registry();
  const registers = [registry];
  new Counter({ name: 'orders_total', help: 'Orders', registers }).inc(orders);
  new Gauge({ name: 'open', help: 'Open', registers }).set(open);
  return { own: structuredClone(await registry.getMetricsAsJSON()), shown: {} };
}

it("the application's own metrics are added up over the threads", async () => {
  const { page, own } = pageOf([await told(2, 1), undefined]);
  const registers = [own.registry];
  new Counter({ name: 'orders_total', help: 'Orders', registers }).inc(3);
  new Gauge({ name: 'open', help: 'Open', registers }).set(4);
  const text = await page.render();
  expect(text).toContain('orders_total 5\n');
  expect(text).toContain('open 5\n');
  expect(text.endsWith('\n')).toBe(true);
});

it('those of a thread that has none of its own are those of the others', async () => {
  const { page } = pageOf([await told(2, 1)]);
  expect(await page.render()).toContain('orders_total 2\n');
});

it('of a thread that is gone the counts stay, and the gauges go', async () => {
  const { page } = pageOf([await told(2, 1)], { gone: [await told(7, 5)] });
  const text = await page.render();
  expect(text).toContain('orders_total 9\n');
  expect(text).toContain('open 1\n');
});

it('what one thread has shown beyond half of the bound, the others show as well', async () => {
  const first = pageOf([], { count: 4, from: 10 });
  await first.page.render();
  const second = pageOf([await first.source.extra()], { count: 14 });
  const text = await second.page.render();
  for (let at = 10; at < 14; at++) expect(text).toContain(`route="/r${at}",status="2xx"} 1\n`);
  expect(text).toContain('route="other",status="2xx"} 10\n');
  expect(text).not.toContain('route="/r0"');
  expect(second.warned).toHaveLength(1);
});

it('of threads that are gone the counts are added up once, by the aggregator of each', async () => {
  const { page, source } = pageOf([]);
  const all = await Promise.all([told(2, 1), told(7, 5), told(4, 3)]);
  const sum = all.reduce<unknown>(source.addExtras, undefined);
  expect(structuredClone(sum)).toEqual(sum);
  expect(JSON.stringify(sum).length).toBeLessThan(JSON.stringify(all).length / 2);
  const gone = pageOf([await told(1, 1), undefined], { gone: [sum, undefined] });
  const text = await gone.page.render();
  expect(text).toContain('orders_total 14\n');
  expect(text).toContain('open 1\n');
  expect(await page.render()).not.toContain('orders_total');
});

it('a thread that is gone and told nothing leaves what others told', async () => {
  const { source } = pageOf([]);
  const one = source.addExtras(undefined, await told(2, 1));
  expect(source.addExtras(one, undefined)).toBe(one);
  expect(source.addExtras(undefined, undefined)).toBeUndefined();
});

it('own metrics of a thread that is gone which cannot be added up cost those of no other', async () => {
  const { source, warned } = pageOf([]);
  const one = source.addExtras(undefined, await told(2, 1));
  const odd = { own: [{ name: 'orders_total', type: 'counter', aggregator: 'none' }], shown: {} };
  expect(source.addExtras(odd, await told(2, 1))).toEqual({ own: odd.own, shown: {} });
  expect(warned).toHaveLength(1);
  expect(one).toMatchObject({ own: [{ name: 'orders_total' }] });
});

it('what a thread that is gone has shown, the others show as well', async () => {
  const first = pageOf([], { count: 4, from: 10 });
  await first.page.render();
  const left = first.source.addExtras(undefined, await first.source.extra());
  const second = pageOf([], { count: 14, gone: [left] });
  const text = await second.page.render();
  for (let at = 10; at < 14; at++) expect(text).toContain(`route="/r${at}",status="2xx"} 1\n`);
  expect(text).not.toContain('route="/r0"');
});

it('of a thread that another came to while it was read, its own are told anew', async () => {
  const { page, own, source } = pageOf([await told(2, 1)]);
  source.extra = async () => undefined;
  new Counter({ name: 'orders_total', help: 'Orders', registers: [own.registry] }).inc(3);
  expect(await page.render()).toContain('orders_total 5\n');
});

it('own metrics that hang are told to other threads as they were last', async () => {
  const { own, source, warned } = pageOf([]);
  let isAway = false;
  new Gauge({
    name: 'open',
    help: 'Open',
    registers: [own.registry],
    collect() {
      this.set(1);
      return isAway ? new Promise<void>(() => undefined) : undefined;
    },
  });
  const before = await source.extra();
  isAway = true;
  expect(await source.extra()).toEqual(before);
  expect(warned).toEqual([]);
});

it('a page without own metrics loads nothing for them', async () => {
  const { page, source } = pageOf([]);
  await page.render();
  expect(await source.extra()).toEqual({ own: undefined, shown: {} });
});
