// What is measured: one row per router in groups of a table and a traffic, which become the tables of the page.
// Of tables that a router refuses, the child says why; what would only be slow is left out here, and why.
import { GITHUB, SIZES, THRESHOLD_SIZES } from './tables.mjs';
import { TRAFFIC } from './traffic.mjs';

export const LABELS = {
  walk: 'find-my-way, tree walk (Fastify’s default)',
  compile: 'find-my-way, compile()',
  auto: "catzilla, find of that router replaced, engine 'auto'",
  native: "catzilla, the same, engine 'native'",
  'table-auto': "catzilla RouteTable, engine 'auto'",
  'table-native': "catzilla RouteTable, engine 'native'",
  memoirist: 'memoirist',
  rou3: 'rou3',
  'rou3-compiled': 'rou3, compileRouter()',
  hono: 'hono, SmartRouter',
  'koa-tree-router': 'koa-tree-router',
  linear: 'linear regexps (Express 5’s path-to-regexp)',
};
/** The engines among which 'auto' chooses. */
export const ENGINES = ['walk', 'compile', 'native'];
const BUILD_LABELS = {
  walk: 'find-my-way, its tree',
  compile: 'find-my-way, its tree, then compile()',
  native: "its tree, then engine 'native'",
  auto: "its tree, then engine 'auto'",
};
/** From this size on a round takes minutes, and a few of them are enough. */
const LARGE = 100_000;
const ROUNDS_OF_LARGE = 3;
const QUICK_SIZES = SIZES.filter((size) => size < LARGE);
const QUICK = ['walk', 'compile', 'auto', 'native', 'linear'];

/** @returns [{ id, group, label, size, leftOut, task }], leftOut: why a row has no figure */
export function lookupCells({ quick }) {
  const sizes = quick ? QUICK_SIZES : SIZES;
  const routers = Object.keys(LABELS).filter((name) => !quick || QUICK.includes(name));
  return sizes.flatMap((size) =>
    TRAFFIC.flatMap((traffic) => routers.map((router) => lookupCell(router, size, traffic, quick))),
  );
}

function lookupCell(router, size, traffic, quick) {
  return {
    id: `${router} ${size} ${traffic}`,
    group: `${size.toLocaleString('en')} routes, ${traffic}`,
    label: LABELS[router],
    size,
    leftOut: router === 'linear' ? whyNoLinear(size, quick) : undefined,
    task: { router, size, traffic },
  };
}

function whyNoLinear(size, quick) {
  if (size >= LARGE) return 'left out, a lookup takes ten times that of 10,000 routes';
  return quick && size > 203 ? 'left out of a quick run' : undefined;
}

/** Which engine for how many routes: the three of them on the sizes in between, one row per size. */
export function thresholdCells() {
  return THRESHOLD_SIZES.map((size) => ({
    id: `threshold ${size}`,
    group: 'threshold: which engine for how many routes',
    label: `${size.toLocaleString('en')} routes`,
    size,
    tasks: ENGINES.flatMap((router) =>
      TRAFFIC.map((traffic) => ({ router, size, traffic, name: `${router} ${traffic}` })),
    ),
  }));
}

/** ms; patience: how long code may take to be optimized, which that of compile() for thousands of routes takes longest. */
export function timingOf({ router, size }, quick) {
  const patience = size <= GITHUB ? 3000 : 12_000;
  return {
    turns: quick ? 3 : 5,
    patience: quick ? patience / 4 : patience,
    window: quick ? 80 : 100,
    unit: router === 'linear' ? 64 : 1024,
  };
}

/** What it costs to make each engine: its tree, and what stands on top of it. */
export function buildCells({ quick }) {
  const sizes = quick ? [2000, LARGE] : SIZES;
  return sizes.flatMap((size) =>
    Object.entries(BUILD_LABELS).map(([engine, label]) => ({
      id: `build ${engine} ${size}`,
      group: `building ${size.toLocaleString('en')} routes`,
      label,
      size,
      task: { engine, size },
    })),
  );
}

/** The trie by itself, from C++. */
export function matchCells({ quick }) {
  const sizes = quick ? QUICK_SIZES : SIZES;
  return sizes.flatMap((size) =>
    TRAFFIC.map((traffic) => ({
      id: `cpp ${size} ${traffic}`,
      group: 'the trie by itself, called from C++',
      label: `${size.toLocaleString('en')} routes, ${traffic}`,
      size,
      task: { size, traffic },
    })),
  );
}

export function roundsOf(size, rounds) {
  return size >= LARGE ? Math.min(rounds, ROUNDS_OF_LARGE) : rounds;
}
