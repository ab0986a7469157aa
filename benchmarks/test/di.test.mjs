import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { graphCells, LABELS, scopeCells } from '../di/cells.mjs';
import { CONTAINERS, loadContainer } from '../di/containers.mjs';
import { addedMicros, makeRatios, REPORTED } from '../di/ratios.mjs';
import { servers } from '../di/requests/servers.mjs';
import { LABELS as SERVER_LABELS, makeStages } from '../di/requests/stages.mjs';
import { makeServices, SCOPED, state, use } from '../di/services.mjs';
import { startClient } from '../http/rig.mjs';
import { measureRound } from '../http/rounds.mjs';
import { runChild } from '../lib/child.mjs';
import { columnsOf } from '../lib/columns.mjs';
import targets from '../targets.json' with { type: 'json' };

const COUNT = Object.keys(SCOPED).length;
const FILES = new URL('../di/', import.meta.url);

/** The package of each competitor. `npm test` installs none. */
const PACKAGES = {
  awilix: 'awilix',
  'awilix-proxy': 'awilix',
  'awilix-classic': 'awilix',
  tsyringe: 'tsyringe',
  'typed-inject': 'typed-inject',
  needle: '@needle-di/core',
  inversify: 'inversify',
  'inversify-request': 'inversify',
  'inversify-child': 'inversify',
};

function isThere(name) {
  return existsSync(new URL(`../node_modules/${name}`, import.meta.url));
}

function skipWithout(context, container) {
  const name = PACKAGES[container];
  if (name === undefined || isThere(name)) return;
  context.skip(`${name} is not installed: npm run bench installs it`);
}

describe('the services', () => {
  const make = () => {
    const classes = makeServices(false);
    const user = new classes.user({});
    const tx = new classes.tx({ config: user.config });
    const repo = new classes.repo(tx.db, tx);
    const audit = new classes.audit(tx, user);
    return { classes, user, tx, repo, audit, orders: new classes.orders(repo, audit, user) };
  };

  it('are five right things where each is one instance', () => {
    const { user, tx, repo, audit, orders } = make();
    expect(use(user, tx, repo, audit, orders)).toBe(COUNT);
    expect(use(make().user, tx, repo, audit, orders)).toBeLessThan(COUNT);
    expect(use(user, tx, make().repo, audit, orders)).toBeLessThan(COUNT);
  });

  it('tell who was disposed while it was used', () => {
    const { user, tx, repo, audit, orders } = make();
    const before = { ...state };
    for (const one of [orders, audit, repo, tx, user]) one.dispose();
    expect(state).toEqual({ disposed: before.disposed + COUNT, early: before.early });
    const wrong = make();
    wrong.tx.dispose();
    wrong.repo.dispose();
    expect(state.early).toBe(before.early + 1);
  });
});

describe.each(CONTAINERS)('%s', (container) => {
  it.for([false, true])('gives one of each, disposers async: %s', async (isAsync, context) => {
    skipWithout(context, container);
    const contestant = await loadContainer(container, isAsync);
    const { disposed } = state;
    const scope = contestant.open();
    expect(contestant.resolve(scope)).toBe(COUNT);
    await contestant.end(scope);
    expect(state.disposed - disposed).toBe(contestant.disposes ? COUNT : 0);
  });

  it('has a name for the page', () => {
    expect(LABELS[container]).toEqual(expect.any(String));
  });

  it.for(['scope', 'empty'])('is measured: %s', async (operation, context) => {
    skipWithout(context, container);
    const task = { container, operation, timing: { warm: 5, window: 10 } };
    const { threadNs, disposes } = await runChild(new URL('scope.mjs', FILES), task);
    expect(threadNs).toBeGreaterThan(0);
    expect(disposes).toMatch(/^(users first|not in order|nothing)$/);
    if (container.startsWith('catzilla')) expect(disposes).toBe('users first');
  });
});

describe('what is measured', () => {
  it('fails where a container gives other services', async () => {
    const task = { container: 'nobody', operation: 'scope', timing: {} };
    await expect(runChild(new URL('scope.mjs', FILES), task)).rejects.toThrow('unknown container');
  });

  it.for(graphCells().map(({ task }) => task))(
    'is the start of a graph: $container',
    async ({ container }, context) => {
      skipWithout(context, container);
      const figures = await runChild(new URL('graph.mjs', FILES), { container, size: 60 });
      expect(figures.refused).toBeUndefined();
      expect(figures.processMs).toBeGreaterThan(0);
      if (container === 'catzilla') expect(figures.checkedMs).toBeGreaterThan(0);
    },
  );

  it('has a row for each container that can do it, and an id of its own for each', () => {
    const cells = [...scopeCells({ quick: false }), ...graphCells()];
    expect(new Set(cells.map(({ id }) => id)).size).toBe(cells.length);
    const scopes = cells.filter(({ id }) => id.endsWith(' scope'));
    expect(scopes.map(({ task }) => task.container)).toEqual(CONTAINERS);
  });

  it('has a server and a name for each variant', () => {
    const variants = makeStages(true).flatMap((stage) => stage.variants);
    expect(Object.keys(servers)).toEqual(variants);
    for (const variant of variants) expect(SERVER_LABELS[variant]).toEqual(expect.any(String));
  });

  it('is the same answer from each server that can be started', async (context) => {
    const isInstalled = isThere('@fastify/awilix');
    const stages = makeStages(true);
    const client = startClient();
    try {
      for (const stage of stages) {
        const variants = stage.variants.filter((name) => isInstalled || !name.startsWith('awilix'));
        const rows = variants.map((variant) => ({ variant, samples: [] }));
        const server = new URL('requests/server.mjs', FILES);
        const pace = { warm: 60, slices: 2, requests: 60 };
        await measureRound({ ...stage, ...pace, rows, server }, { client, round: 0 });
        for (const { samples } of rows) expect(samples[0].cpuMicros).toBeGreaterThan(0);
      }
    } finally {
      await client.stop();
    }
    if (!isInstalled) context.skip('@fastify/awilix is not installed: npm run bench installs it');
  });
});

describe('the figures', () => {
  const cells = [...scopeCells({ quick: false }), ...graphCells()];
  const measuresOf = (costOf) => [
    ...cells.map(({ id }) => ({
      id,
      median: costOf(id),
      details: [{ checkedMs: costOf(id), threadNs: costOf(id) }],
    })),
    ...makeStages(false).flatMap(({ variants }) =>
      variants.map((id) => ({ id, median: costOf(id), details: [{ slices: [costOf(id)] }] })),
    ),
  ];

  it('are those that have targets, and those that the page reports', () => {
    const known = [...Object.keys(targets.di), ...Object.keys(REPORTED)];
    expect(Object.keys(makeRatios(measuresOf(() => 1))).sort()).toEqual(known.sort());
  });

  it('are none where nothing was measured', () => {
    expect(makeRatios([])).toEqual({});
  });

  it.each([
    ['scope5_us', { 'catzilla scope': 2500 }, 2.5],
    ['scope5_speed_over_awilix', { 'awilix-proxy scope': 40, 'awilix-classic scope': 30 }, 30],
    ['unused_scope_us', { 'catzilla empty': 500 }, 0.5],
    ['unused_request_us', { 'catzilla-unused': 1.5 }, 0.5],
    ['compile_1k_ms', { 'catzilla graph': 30 }, 30],
    ['scope_async_over_best', { 'catzilla scope-async': 3, 'hand scope-async': 0.1 }, 3],
    ['request_cpu_over_awilix', { catzilla: 1, awilix: 2 }, 0.5],
  ])('%s compares what it says', (name, costs, expected) => {
    expect(makeRatios(measuresOf((id) => costs[id] ?? 1))[name]).toBeCloseTo(expected);
  });

  it('of what is added compare slices that were neighbours', () => {
    const row = (...slices) => ({ details: [{ slices }] });
    expect(addedMicros(row(11, 21, 31), row(10, 20, 20))).toBe(1);
  });

  it('stand in rows as wide as their header', () => {
    for (const kind of ['scope', 'graph', 'port']) {
      const { header, cells: rowOf } = columnsOf(kind);
      const details = [{ wallNs: 1, processNs: 1, disposes: 'nothing' }];
      expect(rowOf({ label: 'x', median: 1, min: 1, max: 1, details })).toHaveLength(header.length);
      expect(rowOf({ label: 'x', refused: 'no room', details: [] })).toHaveLength(header.length);
    }
  });
});
