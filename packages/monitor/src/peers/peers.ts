// The threads of a process that serve one application, and what each of them knows: whoever is asked asks all the others.
// Invariant: counts that were told once never go down. Of a thread that is busy, that has left or that has died, what it said
// last stands; one that comes late is told of those that were there before it. What was counted between the last reading and
// a crash is lost. Nothing here keeps the process alive.
import { BroadcastChannel } from 'node:worker_threads';
import type { ThreadReading } from '../read/reading.ts';

/** How long the others are waited for, ms. */
const DEADLINE = 200;
/** Who has been silent so long, ms, is taken to be gone, and waited for no more. */
const GONE = 10_000;

/** What the threads say to each other; both sides run the same release. */
type Message =
  | { readonly type: 'hello'; readonly reading: PeerReading }
  /** To who has said hello. */
  | { readonly type: 'welcome'; readonly to: string; readonly known: readonly Known[] }
  | { readonly type: 'ask'; readonly ask: string; readonly how: ReadHow }
  | { readonly type: 'reading'; readonly ask: string; readonly reading: PeerReading }
  | { readonly type: 'bye'; readonly reading: PeerReading };

/** What is read. */
export interface ReadHow {
  /** Somebody looks, other than what runs all the time. */
  readonly isWatched: boolean;
  /** With `extra`. */
  readonly isFull: boolean;
}

/** A reading, and what else a thread tells: plain data that this file does not look at; undefined where it was not asked for. */
export interface PeerReading {
  readonly thread: ThreadReading;
  readonly extra: unknown;
}

/** What is known of a thread. */
interface Known {
  readonly reading: PeerReading;
  readonly isGone: boolean;
}

/** What came together. */
export interface Gathered {
  /** This thread's first. */
  readonly here: PeerReading;
  /** Of threads that serve. Those in `silent` did not answer now. */
  readonly others: readonly PeerReading[];
  readonly silent: ReadonlySet<string>;
  /** The last of threads that serve no more. */
  readonly gone: readonly PeerReading[];
}

/** What this thread has with the others. */
export interface PeersOptions {
  readonly id: string;
  /** Threads with the same name share one application; undefined: there are no others. */
  readonly name: string | undefined;
  /** What this thread knows now; never rejects. */
  readonly read: (how: ReadHow) => Promise<PeerReading>;
}

interface Peer {
  reading: PeerReading;
  isGone: boolean;
  /** The last ask, until it has answered that. */
  awaited: string | undefined;
  /** Monotonic ms of the first ask since it has said anything. */
  silentSince: number | undefined;
}

/** The other threads. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #channel: BroadcastChannel | undefined;
  readonly #peers = new Map<string, Peer>();
  readonly #waiting = new Set<() => void>();
  #joined: Promise<void> | undefined;
  #asks = 0;
  #isClosed = false;
  #gathering: { readonly how: ReadHow; readonly ends: Promise<Gathered> } | undefined;

  constructor(options: PeersOptions) {
    this.#options = options;
    if (options.name === undefined) return;
    this.#channel = new BroadcastChannel(options.name);
    this.#channel.onmessage = (event) => {
      void this.#hear((event as { readonly data: Message }).data);
    };
    this.#channel.unref();
    this.#joined = this.#join();
  }

  /** Asks all. Those who ask at the same time get one answer. Never rejects. */
  async gather(how: ReadHow): Promise<Gathered> {
    const under = this.#gathering;
    if (under !== undefined && covers(under.how, how)) return under.ends;
    const ends = this.#gather(how);
    const gathering = { how, ends };
    this.#gathering = gathering;
    try {
      return await ends;
    } finally {
      if (this.#gathering === gathering) this.#gathering = undefined;
    }
  }

  /** Says good-bye, with what this thread has counted. */
  async close(): Promise<void> {
    if (this.#channel === undefined) return;
    this.#send({ type: 'bye', reading: await this.#options.read(LAST) });
    this.#isClosed = true;
    this.#channel.close();
    for (const wake of this.#waiting) wake();
  }

  async #join(): Promise<void> {
    this.#send({ type: 'hello', reading: await this.#options.read(LAST) });
    await this.#until(() => this.#peers.size > 0);
  }

  async #gather(how: ReadHow): Promise<Gathered> {
    await this.#joined;
    const asked = [...this.#peers.values()].filter(({ isGone }) => !isGone);
    const now = performance.now();
    const ask = `${this.#options.id} ${++this.#asks}`;
    for (const peer of asked) {
      peer.awaited = ask;
      peer.silentSince ??= now;
    }
    if (asked.length > 0) this.#send({ type: 'ask', ask, how });
    // Alone, nobody adds up what is told besides.
    const isFull = how.isFull && this.#peers.size > 0;
    const hasAnswered = (peer: Peer): boolean => peer.isGone || peer.awaited === undefined;
    const [here] = await Promise.all([
      this.#readHere({ ...how, isFull }, asked.length > 0),
      this.#until(() => asked.every(hasAnswered)),
    ]);
    this.#giveUp();
    const all = [...this.#peers.entries()];
    const serving = all.filter(([, { isGone }]) => !isGone);
    return {
      here,
      others: serving.map(([, { reading }]) => reading),
      silent: new Set(serving.filter(([, peer]) => !hasAnswered(peer)).map(([id]) => id)),
      gone: all.filter(([, { isGone }]) => isGone).map(([, { reading }]) => reading),
    };
  }

  // What is told of this thread now has to stand when it has crashed.
  async #readHere(how: ReadHow, isTold: boolean): Promise<PeerReading> {
    const reading = await this.#options.read(how);
    if (isTold) this.#send({ type: 'reading', ask: '', reading });
    return reading;
  }

  async #hear(message: Message): Promise<void> {
    const { id, read } = this.#options;
    if (message.type === 'reading') return this.#know(message.reading, false, message.ask);
    if (message.type === 'bye') return this.#know(message.reading, true);
    if (message.type === 'ask') {
      const { ask, how } = message;
      return this.#send({ type: 'reading', ask, reading: await read(how) });
    }
    if (message.type === 'hello') {
      const own: Known = { reading: await read(LAST), isGone: false };
      const others = Array.from(this.#peers.values(), ({ reading, isGone }) => ({
        reading,
        isGone,
      }));
      this.#send({ type: 'welcome', to: message.reading.thread.id, known: [own, ...others] });
      this.#know(message.reading, false);
      return;
    }
    if (message.to !== id) return;
    for (const { reading, isGone } of message.known) {
      const known = this.#peers.get(reading.thread.id);
      if (known === undefined || known.reading.thread.at < reading.thread.at) {
        this.#know(reading, isGone);
      }
    }
  }

  /** @param ask  what it is an answer to, whoever asked */
  #know(reading: PeerReading, isGone: boolean, ask?: string): void {
    const { id } = reading.thread;
    if (id === this.#options.id) return;
    const known = this.#peers.get(id);
    const awaited = isGone || ask === known?.awaited ? undefined : known?.awaited;
    // What it added when it was asked for that is not forgotten for one that was not.
    const extra = reading.extra ?? known?.reading.extra;
    const peer = { reading: { ...reading, extra }, isGone, awaited, silentSince: undefined };
    if (known === undefined) this.#peers.set(id, peer);
    else Object.assign(known, peer);
    for (const wake of this.#waiting) wake();
  }

  // One that was only busy for so long is back as soon as it says something.
  #giveUp(): void {
    const now = performance.now();
    for (const peer of this.#peers.values()) {
      if (peer.silentSince !== undefined && now - peer.silentSince > GONE) peer.isGone = true;
    }
  }

  /** Waits until it is so, or the deadline is over, or this is closed. */
  async #until(isSo: () => boolean): Promise<void> {
    if (isSo()) return;
    let wake = (): void => undefined;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      wake = () => {
        if (isSo() || this.#isClosed) resolve();
      };
      timer = setTimeout(resolve, DEADLINE).unref();
      this.#waiting.add(wake);
    });
    clearTimeout(timer);
    this.#waiting.delete(wake);
  }

  #send(message: Message): void {
    if (!this.#isClosed) this.#channel?.postMessage(message);
  }
}

const LAST: ReadHow = Object.freeze({ isWatched: false, isFull: true });

function covers(a: ReadHow, b: ReadHow): boolean {
  return (a.isWatched || !b.isWatched) && (a.isFull || !b.isFull);
}
