import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRatios, REPORTED } from '../app/ratios.mjs';
import { servers } from '../app/requests/servers.mjs';
import { LABELS, makeStages } from '../app/requests/stages.mjs';
import { openLoad, whyNoLoad } from '../app/threads/loader.mjs';
import { encodePairs, PAGES, pairs } from '../app/threads/pages.mjs';
import { measureThreads } from '../app/threads/trial.mjs';
import { startClient } from '../http/rig.mjs';
import { measureRound, rowId } from '../http/rounds.mjs';
import targets from '../targets.json' with { type: 'json' };

const SERVER = new URL('../app/requests/server.mjs', import.meta.url);

describe('requests', () => {
  it('have a server and a name for each variant', () => {
    const variants = new Set(makeStages(false).flatMap((stage) => stage.variants));
    expect(Object.keys(servers).sort()).toEqual([...variants].sort());
    for (const variant of variants) expect(LABELS[variant]).toEqual(expect.any(String));
  });

  it.each(makeStages(true))('get the same answer from all: $group', async (stage) => {
    const rows = stage.variants.map((variant) => ({ variant, samples: [] }));
    const client = startClient();
    try {
      const pace = { warm: 400, slices: 2, requests: 200 };
      await measureRound({ ...stage, ...pace, rows, server: SERVER }, { client, round: 0 });
    } finally {
      await client.stop();
    }
    for (const { samples } of rows) expect(samples[0].cpuMicros).toBeGreaterThan(0);
  });
});

describe.skipIf(whyNoLoad())('the load of the threads', () => {
  let loader;
  beforeAll(() => {
    loader = openLoad(pairs());
  });
  afterAll(() => loader.close());

  const serve = async (answer, use) => {
    const server = createServer((request, response) => response.end(answer(request.url)));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      return await use((depth) =>
        loader.load({ port: server.address().port, connections: 3, depth, ms: 100 }),
      );
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };
  const bodies = new Map(pairs().map(({ body }, id) => [`/pages/${id}`, body]));

  it.each([1, 4])('counts what was answered, %i requests in flight', async (depth) => {
    let asked = 0;
    const answer = (url) => {
      asked++;
      return bodies.get(url);
    };
    const { requests, seconds, cpuSeconds } = await serve(answer, (load) => load(depth));
    expect(requests).toBe(asked);
    expect(seconds).toBeGreaterThan(0.09);
    expect(cpuSeconds).toBeLessThan(seconds);
  });

  it.each([
    ['another body', (url) => bodies.get(url).replace('Place', 'Plane')],
    ['a body of another length', () => 'short'],
  ])('fails over %s', async (words, answer) => {
    await expect(serve(answer, (load) => load(1))).rejects.toThrow(words);
  });

  it('encodes each text as its length and its bytes', () => {
    const bytes = encodePairs([{ request: 'ask', body: 'é' }]);
    expect([...bytes]).toEqual([3, 0, 0, 0, 97, 115, 107, 2, 0, 0, 0, 0xc3, 0xa9]);
  });

  it('is answered from one cache by both threads', async () => {
    const figures = await measureThreads({ warm: 100, window: 100, slices: 1 }, 0);
    expect(figures.missesPerKey).toBe(1);
    for (const value of Object.values(figures)) expect(value).toBeGreaterThan(0);
  });
});

describe('the figures', () => {
  const ids = makeStages(false).flatMap((stage) =>
    stage.variants.map((variant) => rowId(stage, variant)),
  );
  const measuresOf = (costOf) => [
    ...ids.map((id) => ({ id, median: costOf(id), details: [] })),
    {
      id: 'threads',
      median: costOf('threads'),
      details: [{ byCpu: 1.9, clientMicros: 4, missesPerKey: costOf('misses') }],
    },
  ];

  it('are those that have targets, and those that the page reports', () => {
    const known = [...Object.keys(targets.app), ...Object.keys(REPORTED)];
    expect(Object.keys(makeRatios(measuresOf(() => 1))).sort()).toEqual(known.sort());
  });

  it('are none where nothing was measured', () => {
    expect(makeRatios([])).toEqual({});
  });

  it.each([
    ['createapp_cpu_over_fastify', { createapp: 3, bare: 2 }, 1.5],
    ['threads2_over_1', { threads: 1.7 }, 1.7],
    ['misses_per_key', { misses: 2 }, 2],
    ['createapp_hit_cpu_over_plugin', { 'createapp-cached hit': 2, 'plugin-cached hit': 4 }, 0.5],
    ['createapp_hit_cpu_over_bare', { 'bare hit': 4 }, 0.25],
  ])('%s compares what it says', (name, costs, expected) => {
    expect(makeRatios(measuresOf((id) => costs[id] ?? 1))[name]).toBeCloseTo(expected);
  });

  it('count pages that differ', () => {
    expect(new Set(pairs().map(({ body }) => body)).size).toBe(PAGES);
    expect(new Set(pairs().map(({ body }) => body.length)).size).toBe(1);
  });
});
