// What is measured: one row per container in groups of an operation, which become the tables of the page.
export const LABELS = {
  hand: 'by hand',
  catzilla: 'catzilla, scope.get',
  'catzilla-list': 'catzilla, a list as inject takes it',
  'catzilla-close': 'catzilla, await scope.close()',
  'awilix-proxy': 'awilix, PROXY',
  'awilix-classic': 'awilix, CLASSIC',
  tsyringe: 'tsyringe, child container',
  'typed-inject': 'typed-inject, child injector',
  needle: 'needle-di, child container',
  'inversify-request': 'inversify, one get in request scope',
  'inversify-child': 'inversify, child container',
};
const GRAPH_LABELS = {
  hand: 'by hand, from a list',
  catzilla: 'catzilla',
  awilix: 'awilix, PROXY, strict',
  tsyringe: 'tsyringe',
  'typed-inject': 'typed-inject',
  needle: 'needle-di',
  inversify: 'inversify',
};
export const GRAPH_SIZE = 1000;

/** `without`: those for which the operation is none. */
const OPERATIONS = [
  {
    name: 'scope',
    group: 'a scope, five services over two singletons, five disposals',
    operation: 'scope',
  },
  {
    name: 'scope-async',
    group: 'the same, disposers that give promises',
    operation: 'scope',
    isAsync: true,
  },
  {
    name: 'empty',
    group: 'a scope of which nothing is asked',
    operation: 'empty',
    without: ['hand', 'catzilla-list', 'inversify-request'],
  },
  {
    name: 'get',
    group: 'one more get of a service that the scope has',
    operation: 'get',
    without: ['hand', 'catzilla-list', 'catzilla-close', 'inversify-request'],
  },
];
const QUICK = ['hand', 'catzilla', 'catzilla-list', 'awilix-proxy', 'awilix-classic'];

/** @returns [{ id, group, label, task }] */
export function scopeCells({ quick }) {
  const names = Object.keys(LABELS).filter((name) => !quick || QUICK.includes(name));
  return OPERATIONS.flatMap(({ name, group, operation, isAsync = false, without = [] }) =>
    names
      .filter((container) => !without.includes(container))
      .map((container) => ({
        id: `${container} ${name}`,
        group,
        label: LABELS[container],
        task: { container, operation, isAsync, timing: timingOf(quick) },
      })),
  );
}

/** @returns [{ id, group, label, task }] */
export function graphCells() {
  return Object.entries(GRAPH_LABELS).map(([container, label]) => ({
    id: `${container} graph`,
    group: `starting a graph of ${GRAPH_SIZE.toLocaleString('en')} singletons`,
    label,
    task: { container, size: GRAPH_SIZE },
  }));
}

/** ms */
function timingOf(quick) {
  return quick ? { warm: 150, window: 200 } : { warm: 600, window: 1000 };
}
