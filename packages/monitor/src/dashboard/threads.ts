// What the dashboards of the threads of one process tell one another: the tokens of their pages, and events. A page may have been
// given by another thread than the one that its action reaches.
// Invariant: tokens never leave the process; a thread knows those of threads that came before it and after it, also of one that
// has left, for its pages may still be open. Threads that listen at the same address are one application. The channel keeps no
// thread alive.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { BroadcastChannel } from 'node:worker_threads';
import type { EventRow } from './frame.ts';

/** Tokens that are known at most: of as many threads, since the process began. */
const MAX_TOKENS = 256;

type Message =
  | { readonly kind: 'hello' | 'tokens'; readonly tokens: readonly string[] }
  | { readonly kind: 'event'; readonly row: EventRow };

/** One thread among the others. */
export class Threads {
  /** What pages of this thread send back with actions. */
  readonly token: string = randomBytes(24).toString('base64url');
  readonly #known: Map<string, Buffer> = new Map();
  readonly #heard: (row: EventRow) => void;
  #channel: BroadcastChannel | undefined;

  /** @param heard  called with events of other threads */
  constructor(heard: (row: EventRow) => void) {
    this.#heard = heard;
    this.#learn([this.token]);
  }

  /** Finds the others.
   * @param name  the same in all threads of an application, and in no other application of the process */
  join(name: string): void {
    this.#channel?.close();
    this.#channel = new BroadcastChannel(`catzilla.monitor.dashboard:${name}`);
    this.#channel.unref();
    this.#channel.onmessage = ({ data }: { data: unknown }) => this.#hear(data as Message);
    this.#say({ kind: 'hello', tokens: [...this.#known.keys()] });
  }

  /** Whether a token was given by a page of this process. Takes equally long for whatever is wrong. */
  accepts(given: unknown): boolean {
    const digest = digestOf(typeof given === 'string' ? given : '');
    let isKnown = false;
    for (const known of this.#known.values()) {
      if (timingSafeEqual(known, digest)) isKnown = true;
    }
    return isKnown;
  }

  /** Tells the others of an event. */
  tell(row: EventRow): void {
    this.#say({ kind: 'event', row });
  }

  close(): void {
    this.#channel?.close();
    this.#channel = undefined;
  }

  #hear(message: Message): void {
    if (message.kind === 'event') return this.#heard(message.row);
    this.#learn(message.tokens);
    if (message.kind === 'hello') this.#say({ kind: 'tokens', tokens: [...this.#known.keys()] });
  }

  #learn(tokens: readonly string[]): void {
    for (const token of tokens) {
      if (this.#known.has(token)) continue;
      this.#known.set(token, digestOf(token));
      // The oldest goes, but never one's own, which is the first.
      if (this.#known.size > MAX_TOKENS) this.#known.delete([...this.#known.keys()][1]!);
    }
  }

  #say(message: Message): void {
    this.#channel?.postMessage(message);
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
