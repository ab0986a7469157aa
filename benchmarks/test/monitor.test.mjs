import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startClient } from '../http/rig.mjs';
import { measureRound } from '../http/rounds.mjs';
import { SUITES } from '../lib/arguments.mjs';
import { runChild } from '../lib/child.mjs';
import { scrapeJobs } from '../monitor/cells.mjs';
import { makeRatios, REPORTED } from '../monitor/ratios.mjs';
import { servers } from '../monitor/requests/servers.mjs';
import { LABELS, makeStages } from '../monitor/requests/stages.mjs';
import targets from '../targets.json' with { type: 'json' };

/** `npm test` installs none of them. */
const MISSING = ['@catzilla/monitor', '@catzilla/fastify-cache', 'prom-client', 'fastify'].filter(
  (name) => !existsSync(new URL(`../node_modules/${name}`, import.meta.url)),
);

function skipWithout(context) {
  if (MISSING.length === 0) return;
  context.skip(`${MISSING.join(', ')} not installed: npm run bench installs them`);
}

const SERVER = new URL('../monitor/requests/server.mjs', import.meta.url);

// A program, not a module of this one.
const SCRAPE = '../monitor/scrape.mjs';

describe('requests', () => {
  it('have a server and a name for each variant', () => {
    const variants = new Set(makeStages(false).flatMap((stage) => stage.variants));
    expect(Object.keys(servers).sort()).toEqual([...variants].sort());
    expect(Object.keys(LABELS).sort()).toEqual([...variants].sort());
  });

  it.for(makeStages(true))('are answered alike by all: $group', async (stage, context) => {
    skipWithout(context);
    const rows = stage.variants.map((variant) => ({ variant, samples: [] }));
    const client = startClient();
    try {
      const pace = { warm: 100, slices: 1, requests: 100 };
      await measureRound({ ...stage, ...pace, rows, server: SERVER }, { client, round: 0 });
    } finally {
      await client.stop();
    }
    for (const { samples } of rows) expect(samples[0].cpuMicros).toBeGreaterThan(0);
  });
});

describe('a page of metrics', () => {
  it('has as many series by both, and what was counted', async (context) => {
    skipWithout(context);
    const task = { routes: 240, share: 0.1, warm: 1, pages: 1 };
    const url = new URL(SCRAPE, import.meta.url);
    const [ours, theirs] = await Promise.all(
      ['catzilla', 'prom-client'].map((variant) =>
        runChild(url, { variant, ...task }, ['--expose-gc']),
      ),
    );
    expect(theirs.series).toBeGreaterThanOrEqual(5000);
    // Ours tells of the cache, the engine and the threads besides.
    expect(ours.series).toBeGreaterThan(theirs.series);
    expect(ours.series).toBeLessThan(theirs.series + 60);
    expect(ours.cpuMs).toBeGreaterThan(0);
  });
});

describe('the figures', () => {
  const ids = [
    ...makeStages(false).flatMap(({ variants, suffix }) =>
      variants.map((variant) => (suffix === undefined ? variant : `${variant} ${suffix}`)),
    ),
    ...scrapeJobs(false).map(({ id }) => id),
    'dashboard-idle',
    'dashboard-idle-without',
    'dashboard-watched',
    'dashboard-frame-bytes',
  ];

  it('are those that have targets, and those that the page reports', () => {
    const ratios = makeRatios(ids.map((id) => ({ id, median: 1 })));
    const known = [...Object.keys(targets.monitor), ...Object.keys(REPORTED)];
    expect(Object.keys(ratios).sort()).toEqual(known.sort());
  });

  it('are none where nothing was measured', () => {
    expect(makeRatios([])).toEqual({});
  });

  it('compare what they say', () => {
    const measures = [
      { id: 'bare', median: 10 },
      { id: 'metrics', median: 11 },
      { id: 'catzilla scrape 5000 tenth', median: 1 },
      { id: 'prom-client scrape 5000 tenth', median: 8 },
      { id: 'dashboard-idle', median: 0.5 },
      { id: 'dashboard-idle-without', median: 0.25 },
      { id: 'dashboard-frame-bytes', median: 2048 },
    ];
    expect(makeRatios(measures)).toEqual({
      metrics_cpu_over_bare: 1.1,
      scrape_prom_client_over_ours: 8,
      dashboard_idle_percent: 0.25,
      dashboard_frame_kb: 2,
    });
  });

  it('have a suite of their own', () => {
    expect(SUITES).toContain('monitor');
  });
});
