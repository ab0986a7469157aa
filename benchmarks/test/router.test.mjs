import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startClient } from '../http/rig.mjs';
import { measureRound, rowId } from '../http/rounds.mjs';
import { runChild } from '../lib/child.mjs';
import { columnsOf } from '../lib/columns.mjs';
import { buildCells, LABELS, lookupCells, matchCells, thresholdCells } from '../router/cells.mjs';
import { geometricMean, makeRatios, REPORTED } from '../router/ratios.mjs';
import { SERVER } from '../router/requests/rounds.mjs';
import { servers } from '../router/requests/servers.mjs';
import { LABELS as SERVER_LABELS, makeStages, spreadLoad } from '../router/requests/stages.mjs';
import { loadRouter, ROUTERS } from '../router/routers.mjs';
import { runSuite } from '../router/suite.mjs';
import { makeTable, SIZES, THRESHOLD_SIZES } from '../router/tables.mjs';
import { thresholdMeasure } from '../router/threshold.mjs';
import { checksum, fill, lengths, makeTraffic, TRAFFIC } from '../router/traffic.mjs';
import targets from '../targets.json' with { type: 'json' };

const urlAt = ({ bytes, ends }, at) => bytes.latin1Slice(at === 0 ? 0 : ends[at - 1], ends[at]);

describe('the tables', () => {
  it.each([...SIZES, ...THRESHOLD_SIZES])('have the promised size: %i routes', (size) => {
    const table = makeTable(size);
    expect(table).toHaveLength(size);
    expect(new Set(table.map(({ pattern }) => pattern)).size).toBe(size);
  });

  it.each(SIZES)('are the same each time, %i routes', (size) => {
    expect(makeTable(size)).toEqual(makeTable(size));
  });

  it.each([2000, 10_000])('mix what real APIs mix: %i routes', (size) => {
    const shares = [0, 1, 2, 4].map(
      (count) => makeTable(size).filter(({ names }) => names.length === count).length / size,
    );
    expect(shares).toEqual([0.3, 0.4, 0.2, 0.1]);
  });

  it('have names for parameters, each once in a route', () => {
    for (const size of [30, 203, 2000]) {
      for (const { pattern, names } of makeTable(size)) {
        expect(pattern.split('/').filter((part) => part.startsWith(':'))).toHaveLength(
          names.length,
        );
        expect(new Set(names).size).toBe(names.length);
      }
    }
  });
});

describe.each(TRAFFIC)('the URLs of traffic %s', (kind) => {
  const table = makeTable(203);
  const traffic = makeTraffic(table, kind);
  const urls = Array.from(traffic.ends, (_, at) => urlAt(traffic, at));

  it('fit their routes, one byte per character, nothing encoded', () => {
    urls.forEach((url, at) => {
      expect(url).toBe(fill(table[traffic.ids[at]].pattern, traffic.values[at]));
      expect(url).toMatch(/^[/\w-]+$/);
    });
    expect(traffic.bytes).toHaveLength(urls.join('').length);
  });

  it('are summed up as lookups sum them, round after round', () => {
    const sum = (count) =>
      Array.from({ length: count }, (_, n) => n % urls.length).reduce(
        (all, at) => all + checksum(traffic.ids[at], traffic.values[at]),
        0,
      );
    for (const count of [1, 1000, urls.length, 2 * urls.length + 7]) {
      expect(traffic.sumOf(count)).toBe(sum(count));
    }
    expect(lengths(traffic.ends)(urls.length + 2)).toBe(
      traffic.bytes.length + urls[0].length + urls[1].length,
    );
  });
});

describe('traffic', () => {
  it('spread asks for each route equally often, in another order and with other values each time', () => {
    const table = makeTable(30);
    const { ids, values } = makeTraffic(table, 'spread');
    const counts = table.map((_, id) => ids.filter((one) => one === id).length);
    expect(new Set(counts).size).toBe(1);
    expect(ids.slice(0, 30)).not.toEqual(ids.slice(30, 60));
    const [, second] = [...ids.keys()].filter((at) => table[ids[at]].names.length > 0);
    expect(
      new Set(values.filter((_, at) => ids[at] === ids[second]).map(String)).size,
    ).toBeGreaterThan(100);
  });

  it.each(SIZES)('hot asks for six URLs of no, one and two parameters: %i routes', (size) => {
    const table = makeTable(size);
    const traffic = makeTraffic(table, 'hot');
    const hot = new Set(traffic.ids);
    expect([...hot].map((id) => table[id].names.length).sort()).toEqual([0, 0, 1, 1, 2, 2]);
    expect(new Set(Array.from(traffic.ends, (_, at) => urlAt(traffic, at))).size).toBe(6);
  });
});

/** The package of each competitor. `npm test` installs none; the suite compares their results before it measures them. */
const PACKAGES = {
  memoirist: 'memoirist',
  rou3: 'rou3',
  'rou3-compiled': 'rou3',
  hono: 'hono',
  'koa-tree-router': 'koa-tree-router',
  linear: 'path-to-regexp',
};

function skipWithout(context, router) {
  const name = PACKAGES[router];
  if (name === undefined || existsSync(new URL(`../node_modules/${name}`, import.meta.url))) return;
  context.skip(`${name} is not installed: npm run bench installs it`);
}

describe.each(ROUTERS)('%s', (name) => {
  it.for([30, 203])('finds each of %i routes, with its parameters', async (size, context) => {
    skipWithout(context, name);
    const table = makeTable(size);
    const { find, idOf, valueOf } = (await loadRouter(name))(table);
    const traffic = makeTraffic(table, 'spread');
    for (let at = 0; at < size; at++) {
      const found = find(urlAt(traffic, at));
      const id = idOf(found);
      const values = table[id].names.map((param, n) => valueOf(found, param, n));
      expect([id, ...values]).toEqual([traffic.ids[at], ...traffic.values[at]]);
    }
  });

  it('finds nothing where there is nothing', async (context) => {
    skipWithout(context, name);
    const { find, idOf } = (await loadRouter(name))(makeTable(30));
    const found = find('/api/v1/nothing/of/the/kind');
    expect(found ? idOf(found) : undefined).toBeUndefined();
  });
});

describe('a cell', () => {
  const timing = { turns: 1, patience: 1, window: 20, unit: 64 };
  const run = (task) =>
    runChild(new URL('../router/lookup.mjs', import.meta.url), { timing, ...task });

  it('tells what lookups cost beside the strings they get', async () => {
    const sample = await run({ router: 'walk', size: 203, traffic: 'spread' });
    expect(sample.threadNs).toBeGreaterThan(0);
    expect(sample.stringNs).toBeGreaterThan(0);
    expect(sample.ops).toBeGreaterThan(64);
  });

  it('tells what a router chose for itself', async () => {
    expect(await run({ router: 'auto', size: 30, traffic: 'hot' })).toMatchObject({
      state: 'compile',
    });
  });

  it('says why a router does not take a table', async (context) => {
    skipWithout(context, 'koa-tree-router');
    const { refused } = await run({ router: 'koa-tree-router', size: 2000, traffic: 'hot' });
    expect(refused).toMatch(/^Error: wildcard route ':id' conflicts with existing children/);
  });

  it('ends at the limit that was set', async () => {
    const file = new URL('../router/lookup.mjs', import.meta.url);
    const late = runChild(file, { timing, router: 'walk', size: 30, traffic: 'hot' }, [], 1);
    await expect(late).rejects.toMatchObject({ signal: 'SIGTERM' });
  });
});

describe('a run', () => {
  it('goes on where a router refuses a table, whose row says why', async (context) => {
    skipWithout(context, 'koa-tree-router');
    const options = { quick: false, rounds: 1, only: 'koa-tree-router 20' };
    const { measures } = await runSuite(options, () => undefined);
    const told = measures.map(({ id, median, refused }) => [id, median > 0, typeof refused]);
    expect(told).toEqual([
      ['koa-tree-router 203 hot', true, 'undefined'],
      ['koa-tree-router 203 spread', true, 'undefined'],
      ['koa-tree-router 2000 hot', false, 'string'],
      ['koa-tree-router 2000 spread', false, 'string'],
    ]);
  });

  it('fails when nothing is called so', async () => {
    const options = { quick: true, rounds: 1, only: 'nothing of the kind' };
    await expect(runSuite(options, () => undefined)).rejects.toThrow('nothing is called');
  });
});

describe('the cells', () => {
  const all = ({ quick }) => [
    ...lookupCells({ quick }),
    ...matchCells({ quick }),
    ...buildCells({ quick }),
    ...thresholdCells(),
  ];

  it('have ids of their own, and a quick run has a part of them', () => {
    const ids = all({ quick: false }).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id } of all({ quick: true })) expect(ids).toContain(id);
  });

  it('name all routers and servers, each with a label', () => {
    expect(Object.keys(LABELS).sort()).toEqual([...ROUTERS].sort());
    expect(Object.keys(SERVER_LABELS).sort()).toEqual(Object.keys(servers).sort());
    const asked = makeStages(true).flatMap(({ variants }) => variants);
    expect([...new Set(asked)].sort()).toEqual(Object.keys(servers).sort());
  });

  it('say why one is left out', () => {
    const left = lookupCells({ quick: false }).filter(({ leftOut }) => leftOut !== undefined);
    expect(left.map(({ id }) => id)).toEqual(['linear 100000 hot', 'linear 100000 spread']);
  });
});

describe('the figures', () => {
  const measuresOf = (valueOf, { quick = false } = {}) => {
    const ids = [...lookupCells({ quick }), ...matchCells({ quick })].map(({ id }) => id);
    const builds = buildCells({ quick }).map(({ id }) => ({
      id,
      details: [{ overTree: valueOf(id) }],
    }));
    const requests = makeStages(quick).flatMap((stage) =>
      stage.variants.map((variant) => rowId(stage, variant)),
    );
    return [...[...ids, ...requests].map((id) => ({ id, median: valueOf(id) })), ...builds];
  };

  it('are made for each target and each ratio that is reported, and for nothing else', () => {
    const known = [...Object.keys(targets.router), ...Object.keys(REPORTED)];
    expect(Object.keys(makeRatios(measuresOf(() => 1))).sort()).toEqual(known.sort());
  });

  it('of a quick run lack only what needs 100,000 routes', () => {
    const made = makeRatios(measuresOf(() => 1, { quick: true }));
    const missing = Object.keys(targets.router).filter((id) => !(id in made));
    expect(missing).toEqual(['auto_over_best_100k']);
  });

  it('are left out where nothing was measured', () => {
    expect(makeRatios([])).toEqual({});
  });

  it('take the geometric mean of both traffics, and the best engine by it', () => {
    const costs = {
      'auto 203 hot': 80,
      'auto 203 spread': 320,
      'walk 203 hot': 200,
      'walk 203 spread': 200,
      'compile 203 hot': 80,
      'compile 203 spread': 320,
      'native 203 hot': 100,
      'native 203 spread': 100,
      'linear 203 hot': 1000,
      'linear 203 spread': 2560,
    };
    const ratios = makeRatios(measuresOf((id) => costs[id] ?? 1));
    expect(ratios.auto_over_best_203).toBeCloseTo(1.6);
    expect(ratios.auto_over_linear_203).toBeCloseTo(0.1);
  });

  it('leave out an engine that refuses a table', () => {
    const measures = measuresOf((id) => (id.startsWith('compile 100000') ? undefined : 2));
    expect(makeRatios(measures).auto_over_best_100k).toBeCloseTo(1);
  });

  it.each([
    [
      'native_over_compile_10k_spread',
      { 'native 10000 spread': 3, 'compile 10000 spread': 12 },
      0.25,
    ],
    ['cpp_ns_max', { 'cpp 2000 spread': 150, 'cpp 100000 spread': 300 }, 150],
    ['cpp_ns_100k', { 'cpp 2000 spread': 150, 'cpp 100000 spread': 300 }, 300],
    ['constant_1k_over_route_cpu', { 'constant-cache 1k': 3, 'constant-route 1k': 5 }, 0.6],
    [
      'constant_health_over_route_cpu',
      { 'constant-cache health': 3, 'constant-route health': 5 },
      0.6,
    ],
    ['build_100k_over_walk', { 'build auto 100000': 1.1 }, 1.1],
    ['fastify_10k_cpu_over_plain', { 'routes-auto': 3, 'routes-walk': 4 }, 0.75],
  ])('%s compares what it says', (name, costs, expected) => {
    expect(makeRatios(measuresOf((id) => costs[id] ?? 1))[name]).toBe(expected);
  });

  it('of the threshold set native over the better of the two others', async () => {
    const [{ tasks }] = thresholdCells();
    const costs = { walk: 400, compile: 100, native: 150 };
    const run = async ({ router, traffic }) => ({
      threadNs: costs[router] * (traffic === 'hot' ? 1 : 4),
    });
    const sample = await thresholdMeasure(tasks, run);
    expect(sample.nativeOverBest).toBeCloseTo(1.5);
    expect(sample['walk spread']).toBe(1600);
    expect(geometricMean([2, 8])).toBeCloseTo(4);
  });

  it('stand in rows as wide as their header, also those that a router refuses', () => {
    const details = [{ wallNs: 1 }];
    for (const kind of ['lookup', 'match', 'build', 'threshold']) {
      const { header, cells } = columnsOf(kind);
      expect(cells({ label: 'x', median: 1, min: 1, max: 1, details })).toHaveLength(header.length);
      const refused = cells({ label: 'x', refused: 'no room', details: [] });
      expect(refused).toHaveLength(header.length);
      expect(refused[0]).toBe('x: no room');
    }
  });
});

describe('a round of requests', () => {
  const measured = async (variants, load) => {
    const rows = variants.map((variant) => ({ id: variant, variant, samples: [] }));
    const client = startClient();
    try {
      const makeLoad = () => ({ ...load, connections: 2 });
      const pace = { warm: 10, slices: 2, requests: 20 };
      const stage = { rows, server: SERVER, spec: { routes: 500 }, ...pace, makeLoad };
      await measureRound(stage, { client, round: 0 });
      return rows.flatMap(({ samples }) => samples);
    } finally {
      await client.stop();
    }
  };
  const [, ...constants] = makeStages(true);

  it('asks for one route after the other, and checks its id and parameters', async () => {
    const { request, body } = spreadLoad(500);
    const [sample] = await measured(['routes-auto'], { request, body });
    expect(sample.cpuMicros).toBeGreaterThan(0);
    const wrong = { request: request.slice(0, 2), body: body.slice(0, 2).reverse() };
    await expect(measured(['routes-auto'], wrong)).rejects.toThrow('got other bytes');
  });

  it('gets from a constant route what an ordinary one answers', async () => {
    for (const { variants, makeLoad } of constants) {
      expect(await measured(variants, makeLoad())).toHaveLength(3);
    }
  });
});
