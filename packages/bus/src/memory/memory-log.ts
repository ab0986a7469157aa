// The log of a bus in memory: messages by topic, and cursors that walk along them.
// Invariant: a cursor is behind by at most what is kept; one that falls off the end is told a gap. Positions are
// `<origin>-<sequence>`, one sequence for all topics, so a position of another log, or of a topic that was dropped since, is
// known as such. Cursors are run from the event loop, never inside `append`. Who gets what they read is left to their owners.
import type { GapReason } from '../bus.ts';
import { newOrigin } from '../origin.ts';
import { TopicLog } from './topic-log.ts';
import type { Entry } from './topic-log.ts';

/** How much is kept. */
export interface LogBounds {
  /** Messages of a topic. */
  maxLen: number;
  /** Bytes of a topic. */
  maxBytes: number;
  readonly maxTopics: number;
}

/** Messages that may be missing, up to the place. */
export interface Loss {
  readonly reason: GapReason;
  readonly sequence: number;
}

/** One topic. */
interface Topic {
  readonly log: TopicLog;
  readonly cursors: Set<Cursor>;
}

/** Before everything: of a position that is not of this log. */
const UNKNOWN = -1;

export class MemoryLog {
  readonly origin: string = newOrigin();
  readonly #bounds: LogBounds;
  readonly #topics = new Map<string, Topic>();
  /** Topics with something to read. */
  readonly #pending = new Set<Topic>();
  #sequence = 0;
  /** Sequence when a topic was last dropped: a new one cannot know what lay before. */
  #dropped = 0;
  #turn: NodeJS.Immediate | undefined;

  constructor(bounds: LogBounds) {
    this.#bounds = { ...bounds };
  }

  /** Messages and bytes kept, over all topics. Cost: O(topics). */
  get size(): { readonly topics: number; readonly messages: number; readonly bytes: number } {
    let messages = 0;
    let bytes = 0;
    for (const { log } of this.#topics.values()) {
      messages += log.size;
      bytes += log.bytes;
    }
    return { topics: this.#topics.size, messages, bytes };
  }

  /** @param origin   of the bus that appends it
   * @param payload  bytes that nobody writes to
   * @returns its sequence */
  append(topic: string, origin: string, payload: Buffer, id: string | undefined): number {
    const entry = this.#topicOf(topic);
    const sequence = ++this.#sequence;
    const position = this.positionOf(sequence);
    entry.log.push(sequence, { topic, position, origin, payload, id });
    this.#schedule(entry);
    return sequence;
  }

  /** A reader of a topic.
   * @param from     as of `subscribe`
   * @param advance  called in the turns of the event loop in which there may be something to read; true: call it again */
  cursor(topic: string, from: string, advance: () => boolean): Cursor {
    const entry = this.#topicOf(topic);
    const { log, cursors } = entry;
    let sequence = log.last;
    if (from === 'start') sequence = log.floor;
    else if (from !== 'now') sequence = this.#sequenceOf(from) ?? UNKNOWN;
    const cursor = new Cursor(log, sequence, advance, () => cursors.delete(cursor));
    cursors.add(cursor);
    this.#schedule(entry);
    return cursor;
  }

  positionOf(sequence: number): string {
    return `${this.origin}-${sequence}`;
  }

  /** Keeps at least so much from now on. */
  widen(maxLen: number, maxBytes: number): void {
    this.#bounds.maxLen = Math.max(this.#bounds.maxLen, maxLen);
    this.#bounds.maxBytes = Math.max(this.#bounds.maxBytes, maxBytes);
  }

  /** Forgets everything; no cursor is run any more. */
  close(): void {
    if (this.#turn !== undefined) clearImmediate(this.#turn);
    this.#topics.clear();
    this.#pending.clear();
  }

  // The sequence of a position of this log; undefined for another's.
  #sequenceOf(position: string): number | undefined {
    const [, origin, digits] = /^(.*)-(\d{1,15})$/.exec(position) ?? [];
    const sequence = Number(digits);
    return origin === this.origin && sequence <= this.#sequence ? sequence : undefined;
  }

  #topicOf(topic: string): Topic {
    const known = this.#topics.get(topic);
    if (known !== undefined) {
      if (this.#topics.size < this.#bounds.maxTopics) return known;
      // Only a full map needs to know which topic was used last.
      this.#topics.delete(topic);
      this.#topics.set(topic, known);
      return known;
    }
    if (this.#topics.size >= this.#bounds.maxTopics) this.#dropOldest();
    const entry = { log: new TopicLog(this.#bounds, this.#dropped), cursors: new Set<Cursor>() };
    this.#topics.set(topic, entry);
    return entry;
  }

  #dropOldest(): void {
    for (const [topic, { cursors }] of this.#topics) {
      if (cursors.size > 0) continue;
      this.#topics.delete(topic);
      this.#dropped = this.#sequence;
      return;
    }
  }

  #schedule(entry: Topic): void {
    this.#pending.add(entry);
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      const pending = [...this.#pending];
      this.#pending.clear();
      for (const one of pending) {
        for (const cursor of one.cursors) if (cursor.advance()) this.#schedule(one);
      }
    });
  }
}

/** Where one reader of a topic is. */
export class Cursor {
  /** Runs its owner. */
  readonly advance: () => boolean;
  readonly #log: TopicLog;
  readonly #onClose: () => void;
  #sequence: number;
  #isLive = false;

  constructor(log: TopicLog, sequence: number, advance: () => boolean, onClose: () => void) {
    this.#log = log;
    this.#sequence = sequence;
    this.advance = advance;
    this.#onClose = onClose;
  }

  /** After which it reads on; undefined: it was given a place of another log, which the first loss will tell. */
  get sequence(): number | undefined {
    return this.#sequence === UNKNOWN ? undefined : this.#sequence;
  }

  /** The next message, or that some are lost before it; undefined: it has caught up. */
  next(): Entry | Loss | undefined {
    const { floor } = this.#log;
    if (this.#sequence < floor) {
      const reason = this.#reason();
      this.#sequence = floor;
      return { reason, sequence: floor };
    }
    const entry = this.#log.next(this.#sequence);
    if (entry === undefined) this.#isLive = true;
    else this.#sequence = entry.sequence;
    return entry;
  }

  close(): void {
    this.#onClose();
  }

  #reason(): GapReason {
    if (this.#sequence === UNKNOWN) return 'replaced';
    return this.#isLive ? 'overflow' : 'trimmed';
  }
}
