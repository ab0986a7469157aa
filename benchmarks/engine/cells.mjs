// What the engine suite measures: one row per competitor and operation, in groups that become the tables.
// `unit` is what one sample counts; a cell's figure is the median of its samples.

const HOT = 512;
const MEGABYTE = 2 ** 20;

const READ_LABELS = {
  map: 'Map, reference',
  lru: 'lru-cache, reference',
  'lru-ttl': 'lru-cache with ttl, reference',
  near: 'catzilla near-cache',
  'near-ttl': 'catzilla near-cache with ttl',
  engine: 'catzilla engine, copying get',
  'engine-ttl': 'catzilla engine with ttl, copying get',
  machine: "catzilla engine, scope 'machine', copying get",
};

/** @returns the cells of a run; `quick` keeps those that ratios are made of */
export function engineCells({ quick }) {
  const cells = [
    ...hotReads(),
    ...freshReads(),
    ...turns(),
    ...presence(),
    ...writes(),
    ...uniform(),
  ];
  return quick ? cells.filter((cell) => cell.inQuick) : cells;
}

function hotReads() {
  const quick = new Set([
    'lru 100',
    'lru-ttl 100',
    'near 100',
    'near-ttl 100',
    'engine 100',
    'engine 1024',
    'machine 100',
    'machine 1024',
  ]);
  const cells = [];
  for (const [size, shown] of [
    [100, '100 B'],
    [1024, '1 KB'],
    [10_240, '10 KB'],
  ]) {
    const group = `get, ${HOT} hot keys, ${shown}`;
    const add = (competitor, operation, label, extra = {}) =>
      cells.push(
        read(
          { group, label, competitor, operation, size, ...extra },
          quick.has(`${competitor} ${size}`) && operation === 'get',
        ),
      );
    for (const competitor of Object.keys(READ_LABELS))
      add(competitor, 'get', READ_LABELS[competitor]);
    add('lru', 'get-copy', 'lru-cache, private copy (Buffer.from)');
    add('engine', 'getInto', 'catzilla engine, getInto');
    add('engine', 'lease', 'catzilla engine, lease and release (view)');
    add('engine', 'getMany', 'catzilla engine, getMany of 64 keys, per key');
    add('lmdb', 'get', 'lmdb get (msgpack)', { encoding: 'msgpack' });
    cells.push(
      read(
        { group, label: 'lmdb getBinary', competitor: 'lmdb', operation: 'getBinary', size },
        size === 1024,
      ),
    );
    add('lmdb', 'getBinaryFast', 'lmdb getBinaryFast (view)');
  }
  return cells;
}

function freshReads() {
  const group = `get, ${HOT} hot keys, 100 B, key string made for each call`;
  return Object.keys(READ_LABELS).map((competitor) =>
    read({
      group,
      label: READ_LABELS[competitor],
      competitor,
      operation: 'get',
      size: 100,
      fresh: true,
    }),
  );
}

/** Tight loops spare lru-cache its clock: with a ttl it reads the time once per turn of the event loop. Here it must. */
function turns() {
  const group = `get, ${HOT} hot keys, 100 B, a turn of the event loop every 16 gets (its cost included)`;
  return ['map', 'lru', 'lru-ttl', 'near', 'near-ttl'].map((competitor) =>
    read({ group, label: READ_LABELS[competitor], competitor, operation: 'get-turns', size: 100 }),
  );
}

function presence() {
  const has = `has, ${HOT} hot keys, 100 B`;
  const miss = `get of an absent key, ${HOT} keys, 100 B`;
  return [
    ...['map', 'lru', 'near', 'engine'].map((competitor) =>
      read({
        group: has,
        label: presenceLabel(competitor),
        competitor,
        operation: 'has',
        size: 100,
      }),
    ),
    read({
      group: has,
      label: 'lmdb doesExist',
      competitor: 'lmdb',
      operation: 'doesExist',
      size: 100,
    }),
    ...['map', 'lru', 'near', 'engine', 'lmdb'].map((competitor) =>
      read({
        group: miss,
        label: presenceLabel(competitor),
        competitor,
        operation: 'miss',
        size: 100,
      }),
    ),
  ];
}

function presenceLabel(competitor) {
  return {
    map: 'Map',
    lru: 'lru-cache',
    near: 'catzilla, default near-cache',
    engine: 'catzilla, nearCache: false',
    lmdb: 'lmdb get (binary)',
  }[competitor];
}

function writes() {
  const cells = [];
  for (const [size, shown] of [
    [100, '100 B'],
    [1024, '1 KB'],
    [10_240, '10 KB'],
  ]) {
    const group = `set, ${HOT} hot keys, ${shown}`;
    const small = size <= 1024;
    cells.push(
      write({ group, label: 'Map, reference', competitor: 'map', operation: 'set', size }),
      write({ group, label: 'lru-cache, reference', competitor: 'lru', operation: 'set', size }),
      write(
        {
          group,
          label: 'lru-cache, copied Buffer',
          competitor: 'lru',
          operation: 'set-copy',
          size,
        },
        small,
      ),
      write({ group, label: 'catzilla', competitor: 'near', operation: 'set', size }, small),
      write({ group, label: 'catzilla with ttl', competitor: 'near-ttl', operation: 'set', size }),
      write({
        group,
        label: "catzilla, scope 'machine'",
        competitor: 'machine',
        operation: 'set',
        size,
      }),
      write({
        group,
        label: 'catzilla, setMany of 64 entries, per entry',
        competitor: 'near',
        operation: 'set-many',
        size,
      }),
      write({
        group,
        label: 'lmdb put (batched, all threads in CPU)',
        competitor: 'lmdb',
        operation: 'put',
        size,
      }),
    );
  }
  const group = `set, ${HOT} hot keys, 100 B, key string made for each call`;
  cells.push(
    write({
      group,
      label: 'lru-cache, copied Buffer',
      competitor: 'lru',
      operation: 'set-copy',
      size: 100,
      fresh: true,
    }),
    write({
      group,
      label: 'catzilla',
      competitor: 'near',
      operation: 'set',
      size: 100,
      fresh: true,
    }),
  );
  return cells;
}

/** 100 MB of 1 KB values, visited uniformly: what the processor's caches do not hold. No target. */
function uniform() {
  const size = 1024;
  const count = Math.floor((100 * MEGABYTE) / size);
  const group = 'get, uniform over 100 MB of 1 KB values';
  const gets = [
    ['map', 'get', READ_LABELS.map],
    ['lru', 'get', READ_LABELS.lru],
    ['near', 'get', 'catzilla, default near-cache'],
    ['engine', 'get', READ_LABELS.engine],
    ['lmdb', 'getBinary', 'lmdb getBinary'],
    ['lmdb', 'getBinaryFast', 'lmdb getBinaryFast (view)'],
  ].map(([competitor, operation, label]) =>
    read({ group, label, competitor, operation, size, count, spread: true }),
  );
  const overwrite = 'set, uniform over 100 MB of 1 KB values';
  const sets = [
    ['lru', 'set-copy', 'lru-cache, copied Buffer'],
    ['near', 'set', 'catzilla'],
    ['lmdb', 'put', 'lmdb put (batched, all threads in CPU)'],
  ].map(([competitor, operation, label]) =>
    write({ group: overwrite, label, competitor, operation, size, count, spread: true }),
  );
  return [...gets, ...sets];
}

function read(task, inQuick = false) {
  return cell('get.mjs', task, inQuick);
}

function write(task, inQuick = false) {
  return cell('set.mjs', task, inQuick);
}

function cell(file, { group, label, ...task }, inQuick) {
  const id = [
    task.competitor,
    task.operation,
    task.encoding,
    task.size,
    task.fresh && 'fresh',
    task.spread && 'uniform',
  ]
    .filter(Boolean)
    .join(' ');
  return { id, group, label, file, inQuick, task: { count: HOT, ...task } };
}
