// What any DiskStore must do, as tests for any runner that has `describe` and `it`. Assertions are node:assert's.
import assert from 'node:assert/strict';
import type { DiskRecord, DiskState, DiskStore } from '../disk/disk-store.ts';

/** The runner's functions: those of vitest, jest, mocha or node:test. */
export interface DiskRunner {
  readonly describe: (title: string, body: () => void) => unknown;
  readonly it: (title: string, body: () => Promise<void>) => unknown;
}

/** How the contract comes by stores. */
export interface DiskSubject {
  /** Opens a store over what earlier stores with the same `place` left.
   * @param place  a name of its own for each test */
  open(place: string, onState: (state: DiskState) => void): DiskStore;
  /** Bytes it must be able to hold; at least 1 MiB. */
  readonly capacity: number;
}

/** Declares the tests.
 * @param name    of the implementation
 * @example diskContract('lmdb', subject, { describe, it }) */
export function diskContract(name: string, subject: DiskSubject, runner: DiskRunner): void {
  const { describe, it } = runner;
  let places = 0;
  const test = (title: string, body: (context: Context) => Promise<void>): unknown =>
    it(title, async () => {
      const context = new Context(subject, `place-${places++}`);
      try {
        await body(context);
      } finally {
        await context.end();
      }
    });

  describe(`the disk contract, kept by ${name}`, () => {
    test('gives what was written, to the byte', async (context) => {
      const store = await context.open();
      const batch = [record('a', 'one'), record('b', ''), record('c', Buffer.alloc(70_000, 7))];
      await store.putMany(batch);
      for (const { id, bytes } of batch) await expectBytes(store, id, bytes);
      assert.equal(await store.get('d'), undefined);
    });
    test('keeps a record of no bytes apart from none', async (context) => {
      const store = await context.open();
      await store.putMany([record('a', 'one')]);
      await store.putMany([record('a', '')]);
      assert.equal((await store.get('a'))?.length, 0);
    });
    test('gives the newest record of an id, within a batch and over batches', async (context) => {
      const store = await context.open();
      await store.putMany([record('a', '1'), record('b', '1'), record('a', '2')]);
      await expectBytes(store, 'a', Buffer.from('2'));
      const batches = Array.from({ length: 20 }, (_, i) => store.putMany([record('a', `3.${i}`)]));
      await Promise.all(batches);
      await expectBytes(store, 'a', Buffer.from('3.19'));
      await expectBytes(store, 'b', Buffer.from('1'));
    });
    test('tells ids apart that are long, alike, or not ASCII', async (context) => {
      const store = await context.open();
      const all = ['é', 'e\u0301', 'Ã©', '😀', ' ', '\u0001', 'a/../b', 'A', 'x'.repeat(9000)];
      for (const length of [510, 511, 1023, 1024, 1025, 1978, 1979, 4026, 4027, 8999]) {
        all.push('y'.repeat(length), `${'y'.repeat(length - 1)}z`, 'é'.repeat(length >> 1));
      }
      const ids = [...new Set(all)];
      await store.putMany(ids.map((id) => record(id, `of ${id}`)));
      for (const id of ids) await expectBytes(store, id, Buffer.from(`of ${id}`));
      assert.deepEqual(await collect(store, ''), ids.toSorted());
    });
    test('gives bytes that are the reader’s own', async (context) => {
      const store = await context.open();
      await store.putMany([record('a', 'mine'), record('b', 'else')]);
      (await store.get('a'))?.fill(0);
      const bytes = await store.get('a');
      await store.get('b');
      assert.equal(bytes?.toString(), 'mine');
    });
    test('finds ids by prefix, each once', async (context) => {
      const store = await context.open();
      const ids = Array.from({ length: 700 }, (_, i) => `${i % 2 === 0 ? 'even' : 'odd'}:${i}`);
      const long = `even:${'x'.repeat(3000)}`;
      await store.putMany([...ids, long].map((id) => record(id, '1')));
      await store.putMany(ids.slice(0, 100).map((id) => record(id, '2')));
      const even = [...ids.filter((id) => id.startsWith('even')), long];
      assert.deepEqual(await collect(store, 'even:'), even.toSorted());
      assert.deepEqual(
        await collect(store, 'even:10'),
        ids.filter((id) => id.startsWith('even:10')).toSorted(),
      );
      assert.deepEqual(await collect(store, 'none'), []);
      assert.equal((await collect(store, '')).length, 701);
    });
    test('finds what it held when it is opened again', async (context) => {
      const store = await context.open();
      await store.putMany([record('a', 'one'), record('é', 'two')]);
      store.note = 'place 7';
      await store.close();
      const again = await context.open();
      await expectBytes(again, 'a', Buffer.from('one'));
      await expectBytes(again, 'é', Buffer.from('two'));
      assert.equal(again.note, 'place 7');
      await again.putMany([record('a', 'three')]);
      await expectBytes(again, 'a', Buffer.from('three'));
    });
    test('stores the note with a batch', async (context) => {
      const store = await context.open();
      assert.equal(store.note, undefined);
      store.note = '1-1';
      await store.putMany([record('a', 'one')]);
      assert.equal(store.note, '1-1');
      await store.close();
      assert.equal((await context.open()).note, '1-1');
    });
    test('drops everything on clear, also for those that open it later', async (context) => {
      const store = await context.open();
      await store.putMany([record('a', 'one'), record('b', 'two')]);
      await store.clear();
      assert.equal(await store.get('a'), undefined);
      assert.deepEqual(await collect(store, ''), []);
      await store.putMany([record('b', 'three')]);
      await store.close();
      const again = await context.open();
      assert.equal(await again.get('a'), undefined);
      await expectBytes(again, 'b', Buffer.from('three'));
    });
    test('orders clear among the writes around it', async (context) => {
      const store = await context.open();
      const before = store.putMany([record('a', 'one')]);
      const clear = store.clear();
      const after = store.putMany([record('b', 'two')]);
      assert.equal(await store.get('a'), undefined);
      await Promise.all([before, clear, after]);
      assert.equal(await store.get('a'), undefined);
      await expectBytes(store, 'b', Buffer.from('two'));
    });
    test('finds nothing damaged in what it wrote', async (context) => {
      const store = await context.open();
      const ids = Array.from({ length: 700 }, (_, i) => `id ${i}`);
      await store.putMany(ids.map((id) => record(id, id)));
      const verdict = await store.verify();
      assert.deepEqual([verdict.records, verdict.damaged], [700, 0]);
      assert.ok(verdict.bytes > 0 && store.bytes() > 0);
    });
    test('takes an empty batch', async (context) => {
      const store = await context.open();
      await store.putMany([]);
      assert.equal(store.state, 'ready');
    });
    test('writes what is under way before it is closed', async (context) => {
      const store = await context.open();
      const writes = [1, 2, 3].map((i) => store.putMany([record('a', String(i))]));
      await store.close();
      await Promise.all(writes);
      await expectBytes(await context.open(), 'a', Buffer.from('3'));
    });
    test('reads as empty and refuses writes once closed, however often', async (context) => {
      const states: DiskState[] = [];
      const store = await context.open((state) => states.push(state));
      await store.putMany([record('a', 'one')]);
      await Promise.all([store.close(), store.close()]);
      await store.close();
      assert.equal(store.state, 'closed');
      assert.deepEqual(
        states.filter((state) => state === 'closed'),
        ['closed'],
      );
      assert.equal(await store.get('a'), undefined);
      await assert.rejects(store.putMany([record('a', 'two')]));
    });
    test('keeps the newest when there is more than it holds', async (context) => {
      const store = await context.open();
      const bytes = Buffer.alloc(8192, 1);
      const count = Math.ceil((subject.capacity / bytes.length) * 1.5);
      for (let i = 0; i < count; i += 32) {
        const batch = Array.from({ length: 32 }, (_, j) => record(`id ${i + j}`, bytes));
        await store.putMany(batch);
        await expectBytes(store, `id ${i + 31}`, bytes);
        assert.ok(store.bytes() <= subject.capacity, `${store.bytes()} bytes`);
      }
      assert.equal(await store.get('id 0'), undefined);
    });
  });
}

/** Opens stores in one place, and closes them. */
class Context {
  readonly #subject: DiskSubject;
  readonly #place: string;
  readonly #stores: DiskStore[] = [];

  constructor(subject: DiskSubject, place: string) {
    this.#subject = subject;
    this.#place = place;
  }

  async open(onState: (state: DiskState) => void = () => undefined): Promise<DiskStore> {
    const store = this.#subject.open(this.#place, onState);
    this.#stores.push(store);
    await store.ready;
    assert.equal(store.state, 'ready');
    return store;
  }

  async end(): Promise<void> {
    for (const store of this.#stores) await store.close();
  }
}

function record(id: string, bytes: string | Buffer): DiskRecord {
  return { id, bytes: Buffer.from(bytes) };
}

async function expectBytes(store: DiskStore, id: string, bytes: Uint8Array): Promise<void> {
  const found = await store.get(id);
  assert.ok(found !== undefined, `no record of ${id.slice(0, 40)} (${id.length})`);
  assert.ok(Buffer.compare(found, bytes) === 0, `other bytes for ${id.slice(0, 40)}`);
}

async function collect(store: DiskStore, prefix: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const id of store.scan(prefix)) ids.push(id);
  return ids.toSorted();
}
