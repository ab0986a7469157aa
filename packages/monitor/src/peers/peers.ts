// The threads of a process that serve one application: whoever is asked asks all the others.
// Invariant: counts that were told once never go down. Of a thread that is busy, that has left or that has died, what it said
// last stands; one that comes late is told of those that were there before it. What was counted between the last reading and
// a crash is lost. Nothing here keeps the process alive. What is kept of each thread, and for how long: knowledge.ts.
import { BroadcastChannel } from 'node:worker_threads';
import type { Fold } from './departed.ts';
import { onExit } from './exit.ts';
import { isServing, Knowledge } from './knowledge.ts';
import type { Peer } from './knowledge.ts';
import { latest } from './messages.ts';
import type { Message, PeerReading, ReadHow } from './messages.ts';

/** How long the others are waited for, ms. */
const DEADLINE = 200;

/** What came together. */
export interface Gathered {
  /** This thread's first. */
  readonly here: PeerReading;
  /** Of threads that serve. Those in `silent` did not answer now. */
  readonly others: readonly PeerReading[];
  readonly silent: ReadonlySet<string>;
  /** Of threads that serve no more: however many there were, they are few. */
  readonly gone: readonly PeerReading[];
}

/** What this thread has with the others. */
export interface PeersOptions {
  readonly id: string;
  /** Threads with the same name share one application; undefined: there are no others. */
  readonly name: string | undefined;
  /** What this thread knows now; never rejects. */
  readonly read: (how: ReadHow) => Promise<PeerReading>;
  /** Adds up threads that have left; never throws. */
  readonly fold: Fold;
}

/** The other threads. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #channel: BroadcastChannel | undefined;
  readonly #knowledge: Knowledge;
  readonly #waiting = new Set<() => void>();
  #joined: Promise<void> | undefined;
  /** The last reading of this thread, whoever asked. */
  #own: PeerReading | undefined;
  #isOwnTold = false;
  #asks = 0;
  #isClosed = false;
  #gathering: { readonly how: ReadHow; readonly ends: Promise<Gathered> } | undefined;
  #offExit: (() => void) | undefined;

  constructor(options: PeersOptions) {
    const { id, name, fold } = options;
    this.#options = options;
    this.#knowledge = new Knowledge(id, fold);
    if (name === undefined) return;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = (event) => {
      void this.#hear((event as { readonly data: Message }).data);
    };
    this.#channel.unref();
    // As soon as the channel is open: see knowledge.ts.
    this.#send({ type: 'hello', id });
    this.#offExit = onExit(() => this.#send({ type: 'end', id }));
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
    const reading = await this.#read(LAST);
    this.#send({ type: 'bye', reading });
    this.#isClosed = true;
    this.#offExit?.();
    this.#channel.close();
    for (const wake of this.#waiting) wake();
  }

  async #join(): Promise<void> {
    await Promise.all([this.#tell('', LAST), this.#until(() => this.#knowledge.isSettled)]);
  }

  async #gather(how: ReadHow): Promise<Gathered> {
    await this.#joined;
    const known = this.#knowledge;
    const ask = `${this.#options.id} ${++this.#asks}`;
    known.expect(ask, true);
    const asked = known.serving().map(([, peer]) => peer);
    if (asked.length > 0) this.#send({ type: 'ask', ask, how });
    // Alone, nobody adds up what is told besides.
    const isFull = how.isFull && !known.isAlone;
    const [here] = await Promise.all([
      // What is told of this thread now has to stand when it has crashed.
      asked.length > 0 ? this.#tell('', { ...how, isFull }) : this.#read({ ...how, isFull }),
      this.#until(() => asked.every(hasAnswered)),
    ]);
    known.giveUp();
    const serving = known.serving();
    return {
      here,
      others: serving.map(([, { reading }]) => reading),
      silent: new Set(serving.filter(([, peer]) => !hasAnswered(peer)).map(([id]) => id)),
      gone: known.gone(),
    };
  }

  async #hear(message: Message): Promise<void> {
    const known = this.#knowledge;
    if (message.type === 'ask') {
      // A thread that nobody asks hears of the silent all the same.
      known.giveUp();
      known.expect(message.ask, false);
      await this.#tell(message.ask, message.how);
      return;
    }
    if (message.type === 'hello') {
      // At once: what comes behind the hello the other hears itself.
      const welcome = known.tell(this.#own);
      this.#send({ type: 'welcome', to: message.id, welcome });
      // What one knows all have to know, also those that were too busy to be heard of when this thread was alone.
      if (this.#own !== undefined && !this.#isOwnTold) this.#say('', this.#own);
      return;
    }
    if (message.type === 'welcome') {
      if (message.to === this.#options.id) known.learn(message.welcome);
    } else if (message.type === 'reading') known.hear(message.reading, message.ask);
    else if (message.type === 'bye') known.end(message.reading.thread.id, message.reading);
    else known.end(message.id);
    for (const wake of this.#waiting) wake();
  }

  /** Tells all what this thread knows. */
  async #tell(ask: string, how: ReadHow): Promise<PeerReading> {
    const reading = await this.#read(how);
    this.#say(ask, reading);
    return reading;
  }

  #say(ask: string, reading: PeerReading): void {
    this.#isOwnTold = true;
    this.#send({ type: 'reading', ask, reading });
  }

  async #read(how: ReadHow): Promise<PeerReading> {
    const reading = await this.#options.read(how);
    this.#own = this.#own === undefined ? reading : latest(this.#own, reading);
    this.#isOwnTold = false;
    return reading;
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

/** Whether it is waited for no more. */
function hasAnswered(peer: Peer): boolean {
  return !isServing(peer) || peer.awaited === undefined;
}

function covers(a: ReadHow, b: ReadHow): boolean {
  return (a.isWatched || !b.isWatched) && (a.isFull || !b.isFull);
}
