// Where one subscriber stands in one stream, and whether it may have missed something there.
// Invariant: a gap is told before the first message after it. What was lost is judged by counting where the server counts
// (entries-added, Redis 7): lost is what was trimmed beyond what was seen, so a log that was trimmed up to the last
// message seen is no gap. Elsewhere the first entry kept must not lie after the last one seen.
// (XREAD from an id that is gone returns the rest without an error, and max-deleted-entry-id tells only of XDEL.)
import type { GapReason } from '../bus.ts';
import type { Subscriber } from '../subscriber.ts';
import { decode } from './envelope.ts';
import { compareIds, isEntryId, ORIGIN } from './position.ts';
import type { StreamInfo } from './position.ts';

/** An entry of a stream: id, and names and values by turns. */
export type StreamEntry = readonly [id: Buffer, fields: readonly unknown[]];

const NO_STREAM: StreamInfo = { length: 0, last: ORIGIN, first: undefined, added: 0 };

export class Cursor {
  readonly subscriber: Subscriber;
  readonly key: string;
  /** Id after which it reads; meaningless until it is placed. */
  position: string = ORIGIN;
  isPlaced = false;
  /** Whether it was compared with its stream since the connection was made. */
  isSynced = false;
  /** How many entries there ever were up to `position`; undefined: not known. */
  #count: number | undefined;
  /** What it must have read to be live. */
  #target = ORIGIN;

  constructor(subscriber: Subscriber, key: string) {
    this.subscriber = subscriber;
    this.key = key;
  }

  /** Compares it with its stream after a (re)connect, and places it if it is new.
   * @param info        undefined: there is no stream
   * @param isReplaced  another server answers than before */
  sync(info: StreamInfo | undefined, isReplaced: boolean): void {
    if (this.isPlaced) {
      const fault = this.#faultIn(info) ?? (isReplaced ? 'replaced' : undefined);
      if (fault !== undefined) this.#skip(isReplaced ? 'replaced' : fault, info);
    } else this.#place(info);
    this.#target = info?.last ?? ORIGIN;
    this.isSynced = true;
    this.#tellLive();
  }

  /** Judges entries that were read after `position` by what the stream is now, before any of them is delivered. */
  check(info: StreamInfo | undefined, entries: readonly StreamEntry[]): void {
    const fault = this.#faultIn(info, entries.length);
    if (fault !== undefined) this.#skip(fault, info);
    const first = entries[0]?.[0].toString('latin1');
    const last = entries.at(-1)?.[0].toString('latin1');
    // More may have been trimmed since they were read: then what lies before them cannot be counted.
    if (fault !== undefined && first !== undefined && first !== info?.first)
      this.#count = undefined;
    if (this.#count === undefined && last === info?.last && info?.added !== undefined) {
      this.#count = info.added - entries.length;
    }
  }

  /** Delivers entries that follow `position`. */
  take(entries: readonly StreamEntry[], isAll: boolean): void {
    const { subscriber } = this;
    let isForeign = false;
    for (const [idBytes, fields] of entries) {
      if (subscriber.isClosed) return;
      const position = idBytes.toString('latin1');
      this.position = position;
      if (this.#count !== undefined) this.#count++;
      const envelope = decode(fields);
      // One gap for all in a row.
      if (envelope === undefined && !isForeign) subscriber.tellGap('foreign');
      isForeign = envelope === undefined;
      if (envelope !== undefined) {
        subscriber.deliver({ topic: subscriber.topic, position, ...envelope });
      }
    }
    if (isAll) this.#target = this.position;
    this.#tellLive();
  }

  /** The connection is gone. */
  lose(): void {
    this.isSynced = false;
    this.subscriber.setLive(false);
  }

  #tellLive(): void {
    if (this.isSynced && compareIds(this.position, this.#target) >= 0) {
      this.subscriber.setLive(true);
    }
  }

  #place(info: StreamInfo | undefined): void {
    const { from } = this.subscriber;
    this.isPlaced = true;
    if (from === 'now') this.#jump(info?.last ?? ORIGIN, info);
    else if (from === 'start') this.#jump(ORIGIN, info);
    else if (isEntryId(from)) {
      this.position = from;
      this.#count = from === ORIGIN ? 0 : undefined;
      const fault = from === ORIGIN && info === undefined ? undefined : this.#faultIn(info);
      if (fault !== undefined) this.#skip(fault, info);
    } else this.#skip('replaced', info);
    this.subscriber.place(this.position);
  }

  // What is wrong with the stream, seen from `position` and `read` entries that followed it.
  #faultIn(info: StreamInfo | undefined, read = 0): GapReason | undefined {
    const isFresh = this.position === ORIGIN && this.#count === 0 && read === 0;
    if (info === undefined) return isFresh ? undefined : 'missing';
    if (compareIds(info.last, this.position) < 0) return 'missing';
    const { added, first, length, last } = info;
    const count = this.#count;
    if (added !== undefined && count !== undefined) {
      if (added < count + read) return 'missing';
      return added - length > count ? 'trimmed' : undefined;
    }
    if (first === undefined) return last === this.position ? undefined : 'trimmed';
    if (compareIds(first, this.position) > 0 && last !== this.position) return 'trimmed';
    // Counting can begin where the end is known.
    if (last === this.position) this.#count = added;
    return undefined;
  }

  // Tells a gap, and goes on with what the stream still holds of what was not seen.
  #skip(reason: GapReason, info: StreamInfo | undefined): void {
    this.subscriber.tellGap(reason);
    const isBeyond = info === undefined || compareIds(info.last, this.position) < 0;
    this.#jump(isBeyond ? (info?.last ?? ORIGIN) : this.position, info);
  }

  // Takes a position of which all that follows is there; of an empty stream the end, for nothing follows any other.
  #jump(wanted: string, info: StreamInfo | undefined): void {
    const { added, first, length, last } = info ?? NO_STREAM;
    const position = length === 0 ? last : wanted;
    this.position = position;
    if (position === last) this.#count = added;
    else if (added !== undefined && first !== undefined && compareIds(position, first) < 0) {
      this.#count = added - length;
    } else this.#count = undefined;
    if (this.subscriber.position !== undefined) this.subscriber.place(position);
  }
}
