// A BroadcastChannel whose words come when a test lets them: to each thread in the order in which they were said, and to a thread
// that is blocked not at all, as with the real one.
import type { Message, PeerReading } from '../../src/peers/messages.ts';
import { countOf } from './counted.ts';

const open = new Set<FakeChannel>();

let isSlow = false;

/** Channels that are opened meanwhile hear what is said, and say nothing themselves before they are released. */
export function slowly(open: () => void): void {
  isSlow = true;
  open();
  isSlow = false;
}

/** The channel that was opened last. */
export function lastOpened(): FakeChannel {
  return [...open].at(-1)!;
}

export class FakeChannel {
  onmessage: ((event: { readonly data: unknown }) => void) | undefined;
  /** What was not let through yet. */
  readonly queue: unknown[] = [];
  /** The largest count that its thread has told of itself to anybody. */
  said = 0;
  readonly #name: string;
  #isHeld = false;
  readonly #held: Message[] = [];

  constructor(name: string) {
    this.#name = name;
    open.add(this);
    this.#isHeld = isSlow;
  }

  postMessage(message: Message): void {
    if (!open.has(this)) return;
    if (this.#isHeld) return void this.#held.push(message);
    const others = [...open].filter((one) => one !== this && one.#name === this.#name);
    for (const other of others) other.queue.push(structuredClone(message));
    if (others.length > 0) this.said = Math.max(this.said, countOf(ownReading(message)));
  }

  /** Says what it was too slow to say. */
  release(): void {
    this.#isHeld = false;
    for (const message of this.#held.splice(0)) this.postMessage(message);
  }

  /** Lets one word through. */
  deliver(): void {
    this.onmessage?.({ data: this.queue.shift() });
  }

  unref(): void {}

  close(): void {
    open.delete(this);
    this.queue.length = 0;
  }
}

function ownReading(message: Message): PeerReading | undefined {
  if (message.type === 'reading' || message.type === 'bye') return message.reading;
  // Of all that is known the teller's own stands first.
  return message.type === 'welcome' ? message.welcome.known[0]?.reading : undefined;
}
