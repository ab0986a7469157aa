import { randomUUID } from 'node:crypto';
import { BroadcastChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Peers } from '../../src/peers/peers.ts';
import type { PeerReading, ReadHow } from '../../src/peers/messages.ts';
import type { ThreadReading } from '../../src/read/reading.ts';
import { counted, countOf, foldCounts } from './counted.ts';

const QUICK: ReadHow = { isWatched: false, isFull: false };
const FULL: ReadHow = { isWatched: true, isFull: true };

let name: string;
let at = 0;

beforeEach(() => {
  name = randomUUID();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** One thread with a count of its own. */
class Thread {
  count = 0;
  asked: ReadHow[] = [];
  /** What a reading waits for. */
  gate: Promise<void> = Promise.resolve();
  readonly peers: Peers;
  readonly id: string;

  constructor(id: string, group = name) {
    this.id = id;
    this.peers = new Peers({ id, name: group, read: (how) => this.#read(how), fold: foldCounts });
    onTestFinished(() => this.peers.close());
  }

  async #read(how: ReadHow): Promise<PeerReading> {
    this.asked.push(how);
    await this.gate;
    const extra = how.isFull ? `extra of ${this.id}` : undefined;
    return counted(this.id, ++at, this.count, extra);
  }

  /** It hangs from now on; the function ends that. */
  hang(): () => void {
    let go = (): void => undefined;
    this.gate = new Promise((resolve) => (go = resolve));
    onTestFinished(() => go());
    return go;
  }
}

/** Counts by thread, as one of them gathers them. */
async function gathered(thread: Thread, how: ReadHow = QUICK) {
  const { here, others, gone, silent } = await thread.peers.gather(how);
  const counts = (readings: readonly PeerReading[]) =>
    Object.fromEntries(readings.map((one) => [one.thread.id, countOf(one)]));
  return { here: counts([here]), others: counts(others), gone: counts(gone), silent: [...silent] };
}

/** Threads that know each other. */
async function threads(...ids: readonly string[]): Promise<readonly Thread[]> {
  const all = ids.map((id) => new Thread(id));
  for (const one of all) {
    await vi.waitFor(async () => {
      const { others } = await gathered(one);
      expect(Object.keys(others)).toHaveLength(ids.length - 1);
    });
  }
  return all;
}

describe('threads of one name', () => {
  it('are all asked by whoever is asked', async () => {
    const [a, b, c] = (await threads('a', 'b', 'c')) as [Thread, Thread, Thread];
    a.count = 1;
    b.count = 2;
    c.count = 3;
    expect(await gathered(a)).toEqual({
      here: { a: 1 },
      others: { b: 2, c: 3 },
      gone: {},
      silent: [],
    });
    const { here, others } = await gathered(c);
    expect([here, others]).toEqual([{ c: 3 }, { a: 1, b: 2 }]);
  });

  it('that ask at the same time get one answer', async () => {
    const [a, b] = (await threads('a', 'b')) as [Thread, Thread];
    b.asked = [];
    const [first, second] = await Promise.all([a.peers.gather(FULL), a.peers.gather(QUICK)]);
    expect(second).toBe(first);
    expect(b.asked).toEqual([FULL]);
    const [quick, full] = await Promise.all([a.peers.gather(QUICK), a.peers.gather(FULL)]);
    expect(full).not.toBe(quick);
  });

  it('tell what they add only when they are asked for it, and it is not forgotten', async () => {
    const [a] = (await threads('a', 'b')) as [Thread, Thread];
    const full = await a.peers.gather(FULL);
    expect(full.others.map(({ extra }) => extra)).toEqual(['extra of b']);
    const quick = await a.peers.gather(QUICK);
    expect(quick.here.extra).toBeUndefined();
    expect(quick.others.map(({ extra }) => extra)).toEqual(['extra of b']);
  });

  it('do not tell what they add where there is nobody to add it to', async () => {
    const alone = new Thread('a');
    await alone.peers.gather(FULL);
    alone.asked = [];
    await alone.peers.gather(FULL);
    expect(alone.asked).toEqual([{ ...FULL, isFull: false }]);
  });

  it('know nothing of other names', async () => {
    const [a] = (await threads('a', 'b')) as [Thread, Thread];
    const other = new Thread('x', randomUUID());
    expect((await gathered(other)).others).toEqual({});
    expect(Object.keys((await gathered(a)).others)).toEqual(['b']);
  });

  it('without a name are alone, and wait for nobody', async () => {
    vi.useFakeTimers();
    const one = new Peers({
      id: 'a',
      name: undefined,
      read: async () => ({ thread: { id: 'a' } as ThreadReading, extra: undefined }),
      fold: foldCounts,
    });
    expect((await one.gather(QUICK)).others).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
    await one.close();
  });
});

describe('a thread that hangs', () => {
  it('is waited for no longer than the deadline, and what it said last stands', async () => {
    const [a, b] = (await threads('a', 'b')) as [Thread, Thread];
    b.count = 5;
    await gathered(a);
    b.count = 9;
    const go = b.hang();
    expect(await gathered(a)).toMatchObject({ others: { b: 5 }, silent: ['b'] });
    go();
    await vi.waitFor(async () =>
      expect(await gathered(a)).toMatchObject({ others: { b: 9 }, silent: [] }),
    );
  });

  it('for ten seconds is taken to be gone, keeps its counts, and is back when it speaks', async () => {
    const [a, b] = (await threads('a', 'b')) as [Thread, Thread];
    b.count = 5;
    await gathered(a);
    const go = b.hang();
    await gathered(a);
    const now = performance.now();
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now + 10_001);
    expect(await gathered(a)).toMatchObject({ others: {}, gone: { b: 5 }, silent: [] });
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    // Nobody waits for it any more: no timer has to pass.
    expect(await gathered(a)).toMatchObject({ others: {}, gone: { b: 5 } });
    vi.useRealTimers();
    clock.mockRestore();
    b.count = 6;
    go();
    await vi.waitFor(async () =>
      expect(await gathered(a)).toMatchObject({ others: { b: 6 }, gone: {} }),
    );
  });
});

describe('a thread that nobody asks', () => {
  it('hears of those who are silent from the questions of others', async () => {
    const [a, b, c] = (await threads('a', 'b', 'c')) as [Thread, Thread, Thread];
    b.count = 5;
    await gathered(c);
    b.hang();
    await gathered(c);
    const now = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => now + 10_001);
    await gathered(c);
    // Its own first question would have to be ten seconds ago.
    expect(await gathered(a)).toMatchObject({ gone: { b: 5 }, silent: [] });
  });

  it('and knows of nobody tells what it has counted to all when one comes', async () => {
    const busy = new BroadcastChannel(name);
    onTestFinished(() => busy.close());
    const heard: unknown[] = [];
    busy.onmessage = (event) => void heard.push((event as { readonly data: unknown }).data);
    const alone = new Thread('a');
    alone.count = 3;
    await gathered(alone);
    const told = { type: 'reading', reading: { thread: { id: 'a', count: 3 } } };
    expect(heard).not.toContainEqual(expect.objectContaining(told));
    const late = new Thread('late');
    expect((await gathered(late)).others).toEqual({ a: 3 });
    await vi.waitFor(() => {
      const first = heard.find((one) => (one as { type: string }).type === 'welcome');
      expect(heard[heard.indexOf(first) + 1]).toMatchObject(told);
    });
  });
});

describe('a thread that dies', () => {
  it('leaves what any thread has told of it, itself included', async () => {
    const [a, b] = (await threads('a', 'b')) as [Thread, Thread];
    b.count = 8;
    expect((await gathered(b)).here).toEqual({ b: 8 });
    b.hang();
    expect((await gathered(a)).others).toEqual({ b: 8 });
  });
});

describe('a thread that leaves', () => {
  it('says what it has counted, which stays', async () => {
    const [a, b] = (await threads('a', 'b')) as [Thread, Thread];
    b.count = 7;
    await b.peers.close();
    await vi.waitFor(async () =>
      expect(await gathered(a)).toMatchObject({ others: {}, gone: { b: 7 } }),
    );
  });

  it('while it is waited for is waited for no more', async () => {
    const [a, b] = (await threads('a', 'b')) as [Thread, Thread];
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const go = b.hang();
    const all = gathered(a);
    const closed = b.peers.close();
    go();
    await closed;
    expect((await all).others).toEqual({});
  });

  it('is told to those that come later', async () => {
    const [a, b] = (await threads('a', 'b')) as [Thread, Thread];
    b.count = 7;
    await b.peers.close();
    await vi.waitFor(async () => expect((await gathered(a)).gone).toEqual({ b: 7 }));
    a.count = 2;
    const c = new Thread('c');
    expect(await gathered(c)).toEqual({
      here: { c: 0 },
      others: { a: 2 },
      gone: { b: 7 },
      silent: [],
    });
  });

  it('asks nobody any more, and may be closed twice', async () => {
    const [a, b] = (await threads('a', 'b')) as [Thread, Thread];
    await a.peers.close();
    await a.peers.close();
    b.asked = [];
    await gathered(a);
    expect(b.asked).toEqual([]);
  });
});

describe('a thread that comes late', () => {
  it('knows all counts before its first answer', async () => {
    const [a, b] = (await threads('a', 'b')) as [Thread, Thread];
    a.count = 3;
    b.count = 4;
    const late = new Thread('late');
    expect((await gathered(late)).others).toEqual({ a: 3, b: 4 });
  });

  it('believes what is older than what it knows of nobody', async () => {
    const [a, b] = (await threads('a', 'b')) as [Thread, Thread];
    b.count = 4;
    await gathered(a);
    b.hang();
    const channel = new BroadcastChannel(name);
    const known = [counted('b', -1, 1), counted('c', -1, 2)].map((one) => ({
      reading: one,
      isGone: true,
      isFinal: false,
    }));
    const welcome = { known, departed: { ids: [], sum: undefined }, settlesIn: 9000 };
    channel.postMessage({ type: 'welcome', to: 'a', welcome });
    await vi.waitFor(async () => {
      expect(await gathered(a)).toMatchObject({ others: { b: 4 }, gone: { c: 2 } });
    });
    channel.close();
  });

  it('is told of one that hangs by the others', async () => {
    const [a, b] = (await threads('a', 'b')) as [Thread, Thread];
    b.count = 4;
    await gathered(a);
    b.hang();
    const late = new Thread('late');
    expect(await gathered(late)).toMatchObject({ others: { a: 0, b: 4 }, silent: ['b'] });
  });
});
