// What a thread knows of the others: of each that may speak again its last reading, and of those that have left no more than
// their sum. Whatever thread is asked knows the same, but for what is under way.
//
// Why none is missing and none is there twice: a channel gives each word to all that have opened it, in the order of whoever
// speaks. A thread says hello as soon as it has opened the channel: it hears itself of all that comes after its hello, and every
// welcome tells of all that came before, as it stood when the hello was heard. So a thread that has left is in the welcome, by
// itself or in a sum, or its last word is still to come; both, where it left between the two.
//
// Invariants:
// - A thread is known by itself or in a sum, never in both. Of what is in a sum nothing is heard any more.
// - What is known of a thread never gets older: of two readings the newer stands, and behind its last word there is none.
// - Nothing is added up before this thread is settled: was welcomed by one that is, or has been there for so long that whoever
//   has not answered is gone. Until then a welcome may come that holds the same thread.
// - Who is silent is gone, and is back when it speaks; so its reading is kept. Only when it has been gone for ten minutes is it
//   added up as one that has left. Should it speak even then, what it has counted since is known to itself alone.
import { Departed } from './departed.ts';
import type { Fold } from './departed.ts';
import { latest } from './messages.ts';
import type { Known, PeerReading, Welcome } from './messages.ts';

/** Who has been silent so long, ms, is taken to be gone, and waited for no more. */
const GONE = 10_000;
/** Who has been gone so long, ms, is taken to be dead. */
const DEAD = 600_000;

/** What is known of a thread that may speak again. Times are monotonic ms of this thread. */
export interface Peer {
  reading: PeerReading;
  isFinal: boolean;
  /** Others had heard its last word before this thread came. */
  wasTold: boolean;
  goneSince: number | undefined;
  /** The last ask, until it has answered that. */
  awaited: string | undefined;
  /** The first ask since it has said anything. */
  silentSince: number | undefined;
}

/** What one thread knows of all others. */
export class Knowledge {
  readonly #id: string;
  readonly #peers = new Map<string, Peer>();
  readonly #departed: Departed;
  /** Threads that ended before anything was known of them: a welcome may bring what they had counted. */
  readonly #ended = new Set<string>();
  #settlesAt: number;

  /** @param id    of this thread
   * @param fold  adds up those that have left */
  constructor(id: string, fold: Fold) {
    this.#id = id;
    this.#departed = new Departed(fold);
    this.#settlesAt = performance.now() + GONE;
  }

  /** Whether this thread is the only one that ever was. */
  get isAlone(): boolean {
    return this.#peers.size === 0 && this.#departed.sums().length === 0;
  }

  /** Whether this thread has heard of all that others know. */
  get isSettled(): boolean {
    return performance.now() >= this.#settlesAt;
  }

  /** Those that serve, by id. */
  serving(): [string, Peer][] {
    return [...this.#peers].filter(([, peer]) => isServing(peer));
  }

  /** What is known of those that serve no more: all that were added up, and those that may not be yet. */
  gone(): PeerReading[] {
    const gone = [...this.#peers.values()].filter((peer) => !isServing(peer));
    return [...this.#departed.sums(), ...gone.map(({ reading }) => reading)];
  }

  /** A thread has told its reading.
   * @param ask  what it answers, whoever asked */
  hear(reading: PeerReading, ask: string): void {
    const { id } = reading.thread;
    if (this.#isOver(id)) return;
    const peer = this.#peers.get(id);
    if (peer === undefined) {
      this.#peers.set(id, peerOf(reading));
      return;
    }
    if (peer.isFinal) return;
    peer.reading = latest(peer.reading, reading);
    peer.goneSince = undefined;
    peer.silentSince = undefined;
    if (peer.awaited === ask) peer.awaited = undefined;
  }

  /** A thread has said its last.
   * @param last  undefined: it said no more than that */
  end(id: string, last?: PeerReading): void {
    if (this.#isOver(id)) return;
    if (last !== undefined) this.hear(last, '');
    const peer = this.#peers.get(id);
    if (peer === undefined) this.#ended.add(id);
    else peer.isFinal = true;
    this.#fold();
  }

  /** Somebody asks all. Those who were asked before and are silent since may be gone.
   * @param isOwn  this thread waits for the answers */
  expect(ask: string, isOwn: boolean): void {
    const now = performance.now();
    for (const [, peer] of this.serving()) {
      peer.silentSince ??= now;
      if (isOwn) peer.awaited = ask;
    }
  }

  /** Who has been silent for long is gone, and in the end it is dead. */
  giveUp(): void {
    const now = performance.now();
    for (const [, peer] of this.serving()) {
      if (peer.silentSince !== undefined && now - peer.silentSince > GONE) peer.goneSince = now;
    }
    this.#fold();
  }

  /** All of it, for a thread that has said hello.
   * @param own  the last reading of this thread; undefined: there was none */
  tell(own: PeerReading | undefined): Welcome {
    const others = Array.from(this.#peers.values(), (peer) => ({
      reading: peer.reading,
      isGone: peer.goneSince !== undefined,
      isFinal: peer.isFinal,
    }));
    const here = own === undefined ? [] : [{ reading: own, isGone: false, isFinal: false }];
    return {
      known: [...here, ...others],
      departed: this.#departed.tell(),
      settlesIn: Math.max(0, this.#settlesAt - performance.now()),
    };
  }

  /** What another thread knows. */
  learn({ known, departed, settlesIn }: Welcome): void {
    // Who could have told more has been silent as long for the other.
    this.#settlesAt = Math.min(this.#settlesAt, performance.now() + settlesIn);
    this.#departed.join(departed);
    for (const [id, peer] of this.#peers) {
      if (!this.#departed.has(id)) continue;
      peer.isFinal = true;
      this.#peers.delete(id);
    }
    for (const one of known) this.#learnOf(one);
    this.#fold();
  }

  #learnOf({ reading, isGone, isFinal }: Known): void {
    const { id } = reading.thread;
    if (this.#isOver(id)) return;
    let peer = this.#peers.get(id);
    if (peer === undefined) {
      peer = peerOf(reading);
      if (isGone) peer.goneSince = performance.now();
      this.#peers.set(id, peer);
    } else if (reading.thread.at > peer.reading.thread.at) {
      peer.reading = latest(peer.reading, reading);
    }
    if (peer.isFinal) return;
    peer.wasTold = isFinal;
    peer.isFinal = isFinal || this.#ended.has(id);
  }

  // Added up by every thread for itself, of the same readings.
  #fold(): void {
    if (!this.isSettled) return;
    this.#ended.clear();
    const now = performance.now();
    for (const [id, peer] of this.#peers) {
      const isDead = peer.goneSince !== undefined && now - peer.goneSince > DEAD;
      if (!peer.isFinal && !isDead) continue;
      peer.isFinal = true;
      this.#peers.delete(id);
      this.#departed.add(peer.reading, peer.wasTold);
    }
  }

  /** Whether nothing that is said of it is news. */
  #isOver(id: string): boolean {
    return id === this.#id || this.#departed.has(id);
  }
}

/** Whether it may still be asked. */
export function isServing({ isFinal, goneSince }: Peer): boolean {
  return !isFinal && goneSince === undefined;
}

function peerOf(reading: PeerReading): Peer {
  const times = { goneSince: undefined, awaited: undefined, silentSince: undefined };
  return { reading, isFinal: false, wasTold: false, ...times };
}
