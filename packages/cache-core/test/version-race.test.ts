// A fill that was overtaken by an invalidation is not stored: no value older than a delete, or a clear, that has returned
// is ever read, over threads and over processes.
//
// One participant changes a source of truth and then invalidates; others take the version, read the source, and store
// what they miss. How they know what the source holds and which invalidations have returned: soak/board.mjs, which for
// processes is a file, so the engine under test has no part in it. The first half of its keys is the source, the second
// the least that a read may give.
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { openCache } from '../src/index.ts';
import { endProcesses, machineCache, startProcess, temporaryFolder } from './support/process.ts';
import { ended, nextMessage, startWorker } from './support/worker.ts';

const KEYS = 6;
const board = new URL('./soak/board.mjs', import.meta.url).href;
const random = new URL('./soak/random.mjs', import.meta.url).href;
const shape = { slots: 1, keys: KEYS * 2 };

interface BoardClass {
  inFile(path: string, shape: object): string;
  inMemory(shape: object): SharedArrayBuffer;
}

/** What a filler has seen. */
interface Seen {
  readonly stored: number;
  readonly refused: number;
  readonly reads: number;
  readonly wrong: readonly unknown[];
}

afterEach(endProcesses);

const imports = `
  const { Board } = await import(data.board);
  const random = (await import(data.random)).makeRandom(data.seed);
  const board = new Board(data.shape, data.place);
  const cache = openCache(data.name, data.options);
  const keys = Array.from({ length: data.shape.keys / 2 }, (_, key) => 'key' + key);`;

// Pauses of all lengths, so that fills end at any moment of an invalidation, and values live for a while.
const invalidator = `${imports}
  const { setImmediate } = await import('node:timers/promises');
  for (let version = 1; !isStopped(); version++) {
    const all = random(100) === 0;
    const changed = all ? keys.map((_, key) => key) : [random(keys.length)];
    for (const key of changed) board.publish(key, version);
    if (all) cache.clear();
    else if (random(2) === 0) cache.delete(keys[changed[0]]);
    else cache.deleteMany([keys[changed[0]]]);
    for (const key of changed) board.publish(keys.length + key, version);
    for (let pause = random(3) === 0 ? random(2_000) : 0; pause > 0; pause--) board.published(0);
    if (version % 64 === 0) await setImmediate();
  }
  cache.close();`;

const filler = `${imports}
  let [stored, refused, reads] = [0, 0, 0];
  const wrong = [];
  const latest = performance.now() + 200_000;
  while ((stored < data.fills || refused < data.fills / 200) && performance.now() < latest) {
    const key = random(keys.length);
    board.refresh();
    const least = board.published(keys.length + key);
    const version = cache.version(keys[key]);
    const bytes = cache.get(keys[key]);
    if (bytes !== undefined) {
      reads++;
      const found = bytes.readUInt32LE();
      if (found < least && wrong.length < 5) wrong.push([keys[key], found, least]);
      continue;
    }
    board.refresh();
    const value = Buffer.alloc(random(50) === 0 ? 20_000 : 4 + random(200));
    value.writeUInt32LE(board.published(key));
    if (cache.set(keys[key], value, { version })) stored++;
    else refused++;
  }
  send({ stored, refused, reads, wrong });
  cache.close();`;

async function boardOf(): Promise<BoardClass> {
  return ((await import(board)) as { Board: BoardClass }).Board;
}

function check(seen: readonly Seen[]): void {
  for (const { stored, refused, reads, wrong } of seen) {
    expect(wrong).toEqual([]);
    expect(stored).toBeGreaterThan(1000);
    expect(refused).toBeGreaterThan(4);
    expect(reads).toBeGreaterThan(100);
  }
}

it('stores no fill that a delete or clear of another thread has overtaken', async () => {
  const name = `version-race-${process.pid}`;
  const options = { maxBytes: 2 ** 20 };
  const cache = openCache(name, options);
  const place = (await boardOf()).inMemory(shape);
  const stop = new SharedArrayBuffer(4);
  const data = { name, options, place, shape, board, random, fills: 4000 };
  const writing = startWorker(
    `const isStopped = () => Atomics.load(new Int32Array(data.stop), 0) === 1;${invalidator}`,
    { ...data, stop, seed: 1 },
  );
  const fills = [2, 3].map((seed) =>
    startWorker(`const send = (seen) => port.postMessage(seen);${filler}`, { ...data, seed }),
  );
  const seen = (await Promise.all(fills.map(nextMessage))) as Seen[];
  Atomics.store(new Int32Array(stop), 0, 1);
  await Promise.all([writing, ...fills].map(ended));
  check(seen);
  const { version } = cache.stats().refused;
  expect(version).toBe(seen.reduce((sum, { refused }) => sum + refused, 0));
  cache.close();
});

it('stores no fill that a delete or clear of another process has overtaken', async (context) => {
  if (process.platform !== 'linux') context.skip("scope 'machine' is for Linux");
  const place = (await boardOf()).inFile(join(temporaryFolder(), 'board'), shape);
  const data = {
    ...machineCache({ maxBytes: 2 ** 20 }),
    place,
    shape,
    board,
    random,
    fills: 3000,
  };
  const writing = startProcess(
    `let stopped = false; process.on('message', () => (stopped = true));
       const isStopped = () => stopped; send('ready');${invalidator} process.disconnect();`,
    { ...data, seed: 1 },
  );
  await writing.next();
  const fills = [2, 3].map((seed) =>
    startProcess(`${filler} process.disconnect();`, { ...data, seed }),
  );
  const seen = (await Promise.all(fills.map((filling) => filling.next()))) as Seen[];
  writing.send('stop');
  expect(await Promise.all([writing, ...fills].map((one) => one.ended))).toEqual([0, 0, 0]);
  check(seen);
});
