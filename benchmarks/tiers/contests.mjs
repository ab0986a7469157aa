// What the tiers suite measures. A contest is a list of cells that are asked in turns; cells of one group are one table,
// whose ratios are taken over the cell marked `isBase`. Cells of one task share a process.
import { SIZES } from './data.mjs';

const NAMES = {
  catzilla: 'catzilla',
  lru: 'lru-cache with ttl, get behind a promise, shared object',
  bentocache: 'bentocache, default (JSON, a copy for each read)',
  'bentocache-references': 'bentocache, serialize: false, shared object',
  cacheable: 'cacheable (structured clone, a copy for each read)',
  'cache-manager': 'cache-manager (Keyv, JSON, a copy for each read)',
  'async-cache-dedupe': 'async-cache-dedupe, shared object',
};
/** Values that do not all fit into the near-cache as it is by default (4 MiB): the row that is compared has room for them,
 * as the others have, and the default has a row of its own. */
const LARGE_NAMES = {
  'catzilla-wide': 'catzilla, near-cache with room for all',
  ...NAMES,
  catzilla: 'catzilla, default near-cache: a third of them fits',
};
const REMOTE_NAMES = {
  ioredis: 'ioredis, GET and JSON.parse',
  'ioredis-text': 'ioredis, GET alone',
  catzilla: 'catzilla, memory: false',
  bentocache: 'bentocache, L2 alone',
  cacheable: 'cacheable, @keyv/redis as primary',
  'cache-manager': 'cache-manager, @keyv/redis',
  'async-cache-dedupe': 'async-cache-dedupe, storage redis',
};
const MEMORY_KEYS = 1000;
/** Records that fit into the processor's caches, and 32 MB that do not. */
export const SMALL_DISK = 2000;
export const LARGE_DISK = 32_000;

export function makeContests(quick) {
  return [...memory(quick), ...remote(quick), many(quick), ...disk(quick)];
}

function memory(quick) {
  const timing = quick ? { warm: 60, window: 40 } : { warm: 120, window: 80 };
  return SIZES.filter(([size]) => !quick || size === 1024).map(([size, shown]) => ({
    id: `memory ${size}`,
    slices: 2,
    input: {},
    cells: ['get', 'getOrSet', 'getSync'].flatMap((operation) =>
      Object.entries(size > 1024 ? LARGE_NAMES : NAMES)
        .filter(([library]) => isOffered(library, operation))
        .map(([library, label]) => ({
          id: `${library} ${operation} ${size}`,
          group: `memory, hit by ${operation}, ${MEMORY_KEYS} objects of ${shown} JSON; ratio to catzilla`,
          label: operation === 'getSync' && library === 'lru' ? 'lru-cache with ttl' : label,
          isBase: library === oursFor(size),
          kind: 'tier-time',
          unit: 'ns',
          figureOf: 'threadNs',
          operation,
          task: {
            case: 'memory',
            library,
            size,
            count: MEMORY_KEYS,
            timing,
            isHeld: size <= 1024 || library !== 'catzilla',
          },
        })),
    ),
  }));
}

/** Ours, as it is compared at this size. */
export function oursFor(size) {
  return size > 1024 ? 'catzilla-wide' : 'catzilla';
}

function isOffered(library, operation) {
  if (operation === 'getSync') return library.startsWith('catzilla') || library === 'lru';
  return operation === 'get' || library !== 'lru';
}

function remote(quick) {
  return SIZES.filter(([size]) => size <= 1024).map(([size, shown]) => ({
    id: `remote ${size}`,
    redis: true,
    slices: quick ? 4 : 6,
    input: { calls: quick ? 150 : 300 },
    cells: Object.entries(REMOTE_NAMES).map(([library, label]) => ({
      id: `${library} remote get ${size}`,
      group: `Redis, get one after another, ${shown} JSON; ratio to GET and JSON.parse`,
      label,
      isBase: library === 'ioredis',
      kind: 'latency',
      unit: 'µs',
      figureOf: 'p50Us',
      operation: 'get',
      task: { case: 'remote', library, size },
    })),
  }));
}

function many(quick) {
  const rows = [
    ['catzilla', 'many', 'catzilla, getMany'],
    ['catzilla', 'concurrent', 'catzilla, 64 gets at once'],
    ['catzilla', 'single', 'catzilla, 64 gets one after another'],
    ['ioredis', 'many', 'ioredis, MGET and JSON.parse'],
    ['ioredis', 'single', 'ioredis, 64 GETs one after another'],
    ['ioredis', 'concurrent', 'ioredis, 64 GETs at once'],
    ['cacheable', 'many', 'cacheable, getMany'],
    ['cacheable', 'concurrent', 'cacheable, 64 gets at once'],
    ['cache-manager', 'many', 'cache-manager, mget'],
    ['cache-manager', 'concurrent', 'cache-manager, 64 gets at once'],
    ['bentocache', 'concurrent', 'bentocache, 64 gets at once (it has no getMany)'],
    ['async-cache-dedupe', 'concurrent', 'async-cache-dedupe, 64 gets at once (it has no getMany)'],
  ];
  return {
    id: 'many',
    redis: true,
    slices: quick ? 3 : 5,
    input: { batches: quick ? 12 : 24 },
    cells: rows.map(([library, operation, label]) => ({
      id: `${library} ${operation}`,
      group: 'Redis, 64 keys of 100 B JSON; ratio to 64 gets of catzilla one after another',
      label,
      isBase: library === 'catzilla' && operation === 'single',
      kind: 'keys',
      unit: '1/s',
      figureOf: 'keysPerS',
      operation,
      task: { case: 'remote', library, size: 100 },
    })),
  };
}

function disk(quick) {
  const rows = [
    ['lmdb', 'lmdb getBinary, same page size and flushes', 'lmdb put, same page size and flushes'],
    ['catzilla-lmdb', 'catzilla, memory: false', 'catzilla, set'],
    ['catzilla-fs', "catzilla, backend: 'fs'", "catzilla, set, backend: 'fs'"],
  ];
  const input = { calls: quick ? 3000 : 10_000, fileCalls: 1000, puts: 4000, filePuts: 200 };
  const cells = (operation, count, group, form) =>
    rows
      .filter(([library]) => count === SMALL_DISK || library !== 'catzilla-fs')
      .map(([library, read, put]) => ({
        id: `${library} disk ${operation} ${count}`,
        group,
        label: operation === 'get' ? read : put,
        isBase: library === 'lmdb',
        unit: 'µs',
        operation,
        task: { case: 'disk', library, size: 1024, count },
        ...form,
      }));
  const reads = (count) =>
    cells('get', count, `disk, ${count.toLocaleString('en')} records of 1 KB; ratio to lmdb`, {
      kind: 'latency',
      figureOf: 'p50Us',
    });
  const writes = cells('put', SMALL_DISK, 'disk, write of 1 KB, behind; ratio to lmdb', {
    kind: 'put',
    figureOf: 'threadUs',
  });
  const slices = quick ? 2 : 3;
  return [
    { id: 'disk', slices, input, cells: [...reads(SMALL_DISK), ...writes] },
    { id: 'disk, large', slices, input, cells: reads(LARGE_DISK) },
  ].filter(({ id }) => !quick || id === 'disk');
}
