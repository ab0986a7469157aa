// Threads that leave, one after another, over real channels.
import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { ReadHow } from '../../src/peers/messages.ts';
import { Peers } from '../../src/peers/peers.ts';
import { addRemains, remainsOf } from '../../src/snapshot/remains.ts';
import { reading, route } from '../snapshot/reading.ts';

const QUICK: ReadHow = { isWatched: false, isFull: false };
let at = 0;

/** A thread whose routes were asked for so often. */
function join(name: string, id: string, counts: Readonly<Record<string, number>> = {}): Peers {
  const routes = Object.entries(counts).map(([url, count]) => route(url, count));
  const peers = new Peers({
    id,
    name,
    read: async () => ({
      thread: reading({ id, at: ++at, http: { inFlight: 1, routes } }),
      extra: undefined,
    }),
    fold: (sum, { thread }) => ({
      thread: sum === undefined ? remainsOf(thread) : addRemains(sum.thread, thread),
      extra: undefined,
    }),
  });
  onTestFinished(() => peers.close());
  return peers;
}

/** How often each route was asked for, and how much is kept to know that. */
async function known(peers: Peers) {
  const { here, others, gone } = await peers.gather(QUICK);
  const counts: Record<string, number> = {};
  for (const { thread } of [here, ...others, ...gone]) {
    for (const one of thread.http.routes) {
      counts[one.route] = (counts[one.route] ?? 0) + one.requests;
    }
  }
  return { counts, kept: gone.length, bytes: JSON.stringify(gone).length };
}

it(
  'fifty that come and leave in a row take no more room than one, and none of their counts is lost',
  { timeout: 60_000 },
  async () => {
    const name = randomUUID();
    const first = join(name, 'first', { '/a': 1 });
    // The first of all knows that it is that when nobody has told it more for ten seconds.
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 10_000);
    onTestFinished(() => clock.mockRestore());
    const sizes: number[] = [];
    let requests = 1;
    for (let i = 1; i <= 50; i++) {
      // In another order in each, and one that the others do not have at all.
      const routes = i % 2 === 0 ? { '/a': i, '/b': 1 } : { '/b': 1, '/a': i, '/c': 1 };
      const one = join(name, `t${i}`, routes);
      await one.gather(QUICK);
      await one.close();
      requests += i;
      await vi.waitFor(async () => {
        const { counts, kept, bytes } = await known(first);
        expect(counts).toEqual({ '/a': requests, '/b': i, '/c': Math.ceil(i / 2) });
        expect(kept).toBe(1);
        sizes[i] = bytes;
      });
    }
    // Figures have more digits.
    expect(sizes[50]! - sizes[2]!).toBeLessThan(100);
    const last = join(name, 'last');
    const { counts, kept } = await known(last);
    expect(counts).toEqual({ '/a': requests, '/b': 50, '/c': 25 });
    expect(kept).toBe(1);
  },
);

it('all that serve are relieved in turn, as by a reload, again and again', async () => {
  const name = randomUUID();
  const count = { '/a': 1 };
  let serving = ['a0', 'b0', 'c0'].map((id) => join(name, id, count));
  for (let turn = 1; turn <= 4; turn++) {
    const next: Peers[] = [];
    for (const [i, old] of serving.entries()) {
      const one = join(name, `${'abc'[i]}${turn}`, count);
      await one.gather(QUICK);
      await old.close();
      next.push(one);
    }
    serving = next;
    for (const one of serving) {
      await vi.waitFor(async () => {
        expect((await known(one)).counts).toEqual({ '/a': 3 + 3 * turn });
      });
    }
  }
});

it.each(['exit', 'throw'])(
  'one that ends by %s is gone at once, with what it has told',
  async (how) => {
    const name = randomUUID();
    const first = join(name, 'first');
    const worker = new Worker(new URL('./thread.mjs', import.meta.url), {
      workerData: { name, how },
    });
    onTestFinished(async () => void (await worker.terminate()));
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.on('error', () => undefined);
    await vi.waitFor(async () => expect((await known(first)).counts).toEqual({ '/thread': 3 }), {
      timeout: 30_000,
    });
    worker.postMessage('end');
    await ended;
    await vi.waitFor(async () => {
      const { others, gone, silent } = await first.gather(QUICK);
      expect(others).toEqual([]);
      expect(gone).toHaveLength(1);
      expect([...silent]).toEqual([]);
    });
    expect((await known(first)).counts).toEqual({ '/thread': 3 });
  },
  60_000,
);
