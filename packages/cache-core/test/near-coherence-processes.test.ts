// A value once replaced or removed in one process is never served again from the near-cache of another.
//
// How the reader knows what has returned: the writer publishes a version after each call, by pwrite to a second file,
// and the reader takes its bound by pread before each read (soak/board.mjs). Both are calls into the kernel on the same
// page, so a read that starts after the publishing has returned sees it; the engine under test has no part in it. A
// message per operation would order as well, but costs as much as a hundred operations. Writer and reader run freely
// beside each other, the writer with pauses of all lengths, so that copies get hot, and are outdated at any moment.
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { endProcesses, machineCache, startProcess, temporaryFolder } from './support/process.ts';

const OPERATIONS = 1_000_000;
const board = new URL('./soak/board.mjs', import.meta.url).href;
const random = new URL('./soak/random.mjs', import.meta.url).href;

afterEach(endProcesses);

const imports = `
  const { Board } = await import(data.board);
  const random = (await import(data.random)).makeRandom(data.seed);
  const board = new Board(data.shape, data.place);
  const cache = openCache(data.name, data.options);
  const keys = Array.from({ length: data.shape.keys }, (_, key) => 'key' + key);`;

// Even keys carry the tag. Every call that changes or removes a key raises its version.
const writer = `${imports}
  const { setImmediate } = await import('node:timers/promises');
  let isStopped = false;
  process.on('message', () => (isStopped = true));
  send('ready');
  const versions = keys.map(() => 0);
  const all = keys.map((_, key) => key);
  const even = all.filter((key) => key % 2 === 0);
  let operations = 0;
  while (!isStopped) {
    for (let i = 0; i < 256; i++, operations++) {
      const kind = random(100);
      const changed = kind < 90 ? [random(keys.length)] : kind < 97 ? even : all;
      for (const key of changed) versions[key]++;
      const [key] = changed;
      if (kind < 75) {
        const value = Buffer.alloc(8 + random(1000), versions[key] & 255);
        value.writeUInt32LE(versions[key]);
        cache.set(keys[key], value, key % 2 === 0 ? { tags: ['even'] } : undefined);
      } else if (kind < 90) cache.delete(keys[key]);
      else if (kind < 97) cache.invalidateTag('even');
      else cache.clear();
      if (changed.length === 1) board.publish(key, versions[key]);
      else board.raise(0, new Map(changed.map((key) => [key, versions[key]])));
      for (let pause = random(4) === 0 ? random(3_000) : 0; pause > 0; pause--) board.published(0);
    }
    board.report(0, { operations });
    await setImmediate();
  }
  cache.close();
  process.disconnect();`;

const reader = `${imports}
  const ways = [
    (key) => cache.get(key),
    (key) => cache.getRecord(key)?.bytes,
    (key) => cache.peek(key),
    (key) => cache.getMany([key])[0],
  ];
  let reads = 0;
  const wrong = [];
  const seen = () => {
    const { nearHits, near } = cache.stats();
    const writes = board.counter(0, 'operations');
    return { operations: reads + writes, writes, nearHits, refreshes: near.refreshes, wrong };
  };
  const isEnough = ({ operations, writes, nearHits, refreshes }) =>
    operations >= data.operations && writes >= data.operations / 20 && nearHits >= data.operations / 20 && refreshes >= 500;
  const latest = performance.now() + 200_000;
  while (!isEnough(seen()) && performance.now() < latest) {
    for (let i = 0; i < 500; i++) {
      const key = random(keys.length);
      const read = ways[random(ways.length)];
      for (let again = 1 + random(16); again > 0; again--, reads++) {
        board.refresh();
        const lowest = board.lowest(key);
        const bytes = read(keys[key]);
        if (bytes === undefined) continue;
        const version = bytes.readUInt32LE();
        if (version >= lowest && bytes[bytes.length - 1] === (bytes.length > 8 ? version & 255 : bytes[7])) continue;
        if (wrong.length < 5) wrong.push([String(read), keys[key], version, lowest]);
      }
    }
  }
  send(seen());
  cache.close();
  process.disconnect();`;

it('never serves a value that another process has replaced or removed, in a million operations', async (context) => {
  if (process.platform !== 'linux') context.skip("scope 'machine' is for Linux");
  const shape = { slots: 1, keys: 8 };
  const place = join(temporaryFolder(), 'board');
  const { Board } = (await import(board)) as {
    Board: { inFile(path: string, shape: object): void };
  };
  Board.inFile(place, shape);
  const data = {
    ...machineCache({ maxBytes: 2 ** 20 }),
    shape,
    place,
    board,
    random,
    operations: OPERATIONS,
  };
  const writing = startProcess(writer, { ...data, seed: 1 });
  await writing.next();
  const reading = startProcess(reader, { ...data, seed: 2 });
  const seen = (await reading.next()) as Record<'operations' | 'nearHits' | 'refreshes', number> & {
    wrong: unknown[];
  };
  writing.send('stop');
  expect(await Promise.all([writing.ended, reading.ended])).toEqual([0, 0]);
  expect(seen.wrong).toEqual([]);
  expect(seen.operations).toBeGreaterThanOrEqual(OPERATIONS);
  expect(seen.nearHits).toBeGreaterThan(OPERATIONS / 20);
  expect(seen.refreshes).toBeGreaterThan(400);
});
