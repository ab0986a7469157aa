// The newest messages of the log that this process keeps: in order, numbered, found by their id.
// Invariant: what stands between two places that it knows is complete; a place it does not know is never guessed. Bounded by
// count and by bytes, of which the newest message may always be one.
import type { Delivery } from '../delivery.ts';

/** One message of the log. */
export interface LogEntry {
  /** Number in this process, one more than the one before it. */
  readonly sequence: number;
  /** Place in the log. */
  readonly id: string;
  readonly channel: string;
  /** Shared by all who get it. */
  readonly delivery: Delivery;
  /** Bytes it counts for. */
  readonly size: number;
  /** Given to those who were there when it was published, as the bus was away; those since `turn` have not got it.
   * undefined: nobody has. */
  readonly turn: number | undefined;
}

/** How much is kept. */
export interface RingBounds {
  readonly max: number;
  readonly maxBytes: number;
}

export class Ring {
  readonly #bounds: RingBounds;
  readonly #sequences = new Map<string, number>();
  /** By sequence modulo its length, which grows up to the bound. */
  #entries: LogEntry[] = [];
  /** Entries before it are dropped: an index into #entries. */
  #head = 0;
  #bytes = 0;
  /** Sequence of the newest entry that was dropped, or that stood there at first. */
  #floor = 0;
  /** Its id; undefined: not known, so nothing can be said of what follows it. */
  #floorId: string | undefined;

  constructor(bounds: RingBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#entries.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Sequence of the newest one. */
  get last(): number {
    return this.#floor + this.size;
  }

  /** Sequence after which all are here. */
  get floor(): number {
    return this.#floor;
  }

  /** Id of the newest one; undefined: nothing came yet, or since a gap. */
  get lastId(): string | undefined {
    return this.size === 0 ? this.#floorId : this.#entries.at(-1)!.id;
  }

  push(entry: LogEntry): void {
    this.#entries.push(entry);
    this.#sequences.set(entry.id, entry.sequence);
    this.#bytes += entry.size;
    const { max, maxBytes } = this.#bounds;
    while (this.size > max || (this.#bytes > maxBytes && this.size > 1)) this.#drop();
    // Amortised: each entry is moved at most once for each time the list has doubled.
    if (this.#head > 64 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Messages may be missing after the newest one: no place before this is known any longer. */
  clear(): void {
    this.#floor = this.last;
    this.#floorId = undefined;
    this.#entries = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#sequences.clear();
  }

  /** The sequence of an id; undefined: not known here. */
  sequenceOf(id: string): number | undefined {
    return id === this.#floorId ? this.#floor : this.#sequences.get(id);
  }

  /** The id of a sequence; undefined: not known here. */
  idOf(sequence: number): string | undefined {
    return sequence === this.#floor ? this.#floorId : this.at(sequence)?.id;
  }

  at(sequence: number): LogEntry | undefined {
    const index = sequence - this.#floor - 1;
    return index < 0 ? undefined : this.#entries[this.#head + index];
  }

  #drop(): void {
    const oldest = this.#entries[this.#head]!;
    // Lets go of it, though the list keeps its slot for a while.
    this.#entries[this.#head] = undefined as unknown as LogEntry;
    this.#head++;
    this.#bytes -= oldest.size;
    this.#sequences.delete(oldest.id);
    this.#floor = oldest.sequence;
    this.#floorId = oldest.id;
  }
}
