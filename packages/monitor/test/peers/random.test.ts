// Threads that come, leave, crash, hang and come back in any order, against a model that counts by itself.
// Invariants: who has heard of all knows the exact sum; nobody ever knows more than was counted, nor less than it knew.
// CATZ_PEERS_RUNS and CATZ_PEERS_SEED run more of them, and others.
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ReadHow } from '../../src/peers/messages.ts';
import { Peers } from '../../src/peers/peers.ts';
import { counted, foldCounts, total } from './counted.ts';
import type { FakeChannel } from './network.ts';
import { lastOpened, slowly } from './network.ts';

vi.mock('node:worker_threads', async (original) => ({
  ...(await original<object>()),
  BroadcastChannel: (await import('./network.ts')).FakeChannel,
}));

const SEED = Number(process.env['CATZ_PEERS_SEED'] ?? 20_261_126);
const RUNS = Number(process.env['CATZ_PEERS_RUNS'] ?? 100);
const HOW: ReadHow = { isWatched: false, isFull: true };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Thread {
  readonly id: string;
  readonly peers: Peers;
  readonly channel: FakeChannel;
  count: number;
  /** What others have to know of it for ever; undefined: it runs. */
  left: number | undefined;
  isBlocked: boolean;
  /** It has heard of all that was before it. */
  isOld: boolean;
  knew: number;
}

class World {
  readonly threads: Thread[] = [];
  #at = 0;
  readonly #pick: (below: number) => number;

  constructor(pick: (below: number) => number) {
    this.#pick = pick;
  }

  join(): void {
    const id = `t${this.threads.length}`;
    // Of each something is missed.
    const state = { count: 1, left: undefined, isBlocked: false, isOld: false, knew: 0 };
    const read = async () => counted(id, ++this.#at, state.count);
    const peers = new Peers({ id, name: 'any', read, fold: foldCounts });
    this.threads.push(Object.assign(state, { id, peers, channel: lastOpened() }));
  }

  /** One comes when another has said its last to it, and to the rest before they hear of who comes. It is welcomed then: were all
   * others blocked for ten seconds from that instant on, it could not tell which of them the other is counted in. */
  async relieve(thread: Thread): Promise<void> {
    slowly(() => this.join());
    const channel = lastOpened();
    await this.leave(thread);
    channel.release();
    await this.quiet();
  }

  running(): Thread[] {
    return this.threads.filter(({ left, isBlocked }) => left === undefined && !isBlocked);
  }

  /** Where all who know of something end at once, nobody knows it any more. */
  isNeeded(thread: Thread): boolean {
    return !this.running().some((other) => other !== thread && other.isOld);
  }

  async leave(thread: Thread): Promise<void> {
    thread.count++;
    await thread.peers.close();
    thread.left = thread.count;
  }

  end(thread: Thread): void {
    thread.channel.postMessage({ type: 'end', id: thread.id });
    this.crash(thread);
  }

  crash(thread: Thread): void {
    thread.channel.close();
    thread.left = thread.channel.said;
  }

  async deliver({ channel }: Thread, words: number): Promise<void> {
    for (let i = 0; i < words && channel.queue.length > 0; i++) channel.deliver();
    await turn();
  }

  /** Lets all words through to all that run, in any order. */
  async quiet(): Promise<void> {
    for (;;) {
      const busy = this.running().filter(({ channel }) => channel.queue.length > 0);
      if (busy.length === 0) break;
      const thread = busy[this.#pick(busy.length)]!;
      await this.deliver(thread, 1 + this.#pick(3));
    }
    const areAllHeard = this.threads.every(({ isBlocked }) => !isBlocked);
    if (areAllHeard || this.running().some(({ isOld }) => isOld)) {
      for (const thread of this.running()) thread.isOld = true;
    }
  }

  async gather(thread: Thread): Promise<number> {
    let known: number | undefined;
    const gathered = thread.peers.gather(HOW).then(({ here, others, gone }) => {
      known = total([here, ...others, ...gone]);
    });
    for (let i = 0; i < 3 && known === undefined; i++) {
      await turn();
      await this.quiet();
      vi.advanceTimersByTime(200);
      await turn();
    }
    await gathered;
    return known!;
  }

  /** Asks a thread, and holds what it says against what was counted. */
  async check(thread: Thread): Promise<void> {
    const known = await this.gather(thread);
    const counts = this.threads.reduce((sum, { count }) => sum + count, 0);
    expect(known, 'nothing is counted twice').toBeLessThanOrEqual(counts);
    expect(known, 'no count goes down').toBeGreaterThanOrEqual(thread.knew);
    thread.knew = known;
    await this.quiet();
    if (!thread.isOld) return;
    thread.knew = await this.gather(thread);
    expect(thread.knew, `${thread.id} knows all`).toBe(this.#told());
  }

  async pass(ms: number): Promise<void> {
    vi.advanceTimersByTime(ms);
    await turn();
  }

  #told(): number {
    const told = ({ count, left, isBlocked, channel }: Thread): number =>
      left ?? (isBlocked ? channel.said : count);
    return this.threads.reduce((sum, thread) => sum + told(thread), 0);
  }
}

const WHAT = {
  join: 4,
  count: 3,
  leave: 3,
  relieve: 1,
  end: 1,
  crash: 1,
  block: 2,
  unblock: 2,
  deliver: 6,
  quiet: 1,
  check: 2,
  pass: 2,
  years: 1,
};
const operations = fc.array(
  fc.record({
    what: fc.oneof(
      ...Object.entries(WHAT).map(([what, weight]) => ({ weight, arbitrary: fc.constant(what) })),
    ),
    who: fc.nat(99),
    much: fc.integer({ min: 1, max: 11 }),
  }),
  { minLength: 30, maxLength: 50, size: 'max' },
);

it(
  `random threads know what was counted, each once (seed ${SEED})`,
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(operations, fc.array(fc.nat(99), { minLength: 7 }), async (all, picks) => {
        let picked = 0;
        const world = new World((below) => picks[picked++ % picks.length]! % below);
        for (let i = 0; i < 3; i++) world.join();
        await world.quiet();
        for (const { what, who, much } of all) await act(world, what, who, much);

        for (const thread of world.threads) thread.isBlocked = false;
        await world.quiet();
        // Those that crashed without a word are silent, then gone, and at last dead.
        for (const ms of [11_000, 11_000, 601_000, 0]) {
          await world.pass(ms);
          for (const thread of world.running()) await world.check(thread);
        }
        for (const { peers } of world.running()) {
          const asked = peers.gather(HOW);
          await turn();
          await world.quiet();
          expect((await asked).gone.length, 'kept of all that left').toBeLessThanOrEqual(2);
        }
        for (const thread of world.running()) await thread.peers.close();
      }),
      // Shrinking ends early enough for the seed and the path to be printed.
      { numRuns: RUNS, seed: SEED, interruptAfterTimeLimit: 60_000 },
    );
  },
);

async function act(world: World, what: string, who: number, much: number): Promise<void> {
  const running = world.running();
  const blocked = world.threads.filter(({ isBlocked }) => isBlocked);
  const one = running[who % Math.max(1, running.length)];
  if (what === 'join' && running.length < 6) world.join();
  else if (what === 'quiet') await world.quiet();
  else if (what === 'pass') await world.pass(much * 1000);
  else if (what === 'years' && blocked.length === 0) {
    await world.quiet();
    await world.pass(601_000);
  } else if (what === 'unblock') {
    const back = blocked[who % Math.max(1, blocked.length)];
    if (back !== undefined) back.isBlocked = false;
  } else if (one === undefined) return;
  else if (what === 'count') one.count += much;
  else if (what === 'check') await world.check(one);
  else if (what === 'deliver') await world.deliver(one, much);
  else if (what === 'block') one.isBlocked = true;
  else if (world.isNeeded(one)) return;
  else if (what === 'leave') await world.leave(one);
  else if (what === 'relieve') await world.relieve(one);
  else if (what === 'end') world.end(one);
  else if (what === 'crash') world.crash(one);
}
