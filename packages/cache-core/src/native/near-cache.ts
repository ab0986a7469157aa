// Near-cache: copies of the hottest values of one handle, found without a native call.
// Invariant: an entry is used only while the engine's generation word it was read under is unchanged
// (every write to the key, in any thread or process, changes it before it returns), its time is not over, and, if it has
// tags, no tag at all was invalidated since.
// Values live in chunks of their own, filled in order. Over a limit, the oldest chunk goes with all
// its entries: no small view keeps a large chunk of other values alive for long.
import type { NearRecord } from '../cache.ts';
import type { NearLimits } from '../options.ts';
import {
  WORD_GENERATION,
  WORD_NEAR_OFFSET,
  WORD_PASS_OVER,
  WORD_SIZE,
  WORD_SLOT,
  WORD_TAG_EPOCH,
  WORD_TAGGED,
} from './addon.ts';
import type { Words } from './addon.ts';
import { NEVER } from './cached-clock.ts';
import type { CachedClock } from './cached-clock.ts';
import { allocateChunk, view } from './view.ts';

const CHUNK_BYTES = 64 * 1024;
/** What the native side may put into a chunk; larger values get memory of their own. */
const LARGEST_IN_CHUNK = 16 * 1024;
/** A near-cache keeps at least so many chunks, so that dropping one is not dropping all. */
const CHUNKS = 8;
// Admission costs more than a native call, and pays only when a copy is used several times. A full near-cache is judged
// after every JUDGED_AFTER admissions: with less than WORTHWHILE near hits for each hot read that had to go to the
// engine, PASSED_OVER such reads go by for each one that is admitted. Invariant: that slows the churn but hardly
// changes the share of near hits, so the same test ends it, and a hot set always gets in. Near hits are those of the
// isolate, which are counted anyway: a near hit costs nothing more.
const JUDGED_AFTER = 64;
const WORTHWHILE = 4;
const PASSED_OVER = 7;

// What ends an entry beside writes to its key, as one small integer: the commonest case costs one comparison.
const BY_WRITES = 0;
const BY_TIME = 1;
/** By its tags, and perhaps by time. */
const BY_TAGS = 2;

/** The parts of the engine's memory a near-cache works with. */
export interface ArenaViews {
  /** Generation words, signed: small integers for V8. The last two are the tag epoch, low word first. */
  readonly generations: Int32Array;
  /** Set to 1 when a copy was used: recency for the engine's eviction. */
  readonly visited: Uint8Array;
  /** One double: near hits of this isolate. */
  readonly hits: Float64Array;
}

/** A value with the generation it was read under. */
// Fields are declared only: V8 then lays them out as the constructor sets them, small integers as such, and what every
// hit reads stands first.
export class NearEntry implements NearRecord {
  declare readonly bytes: Buffer;
  declare readonly slot: number;
  declare readonly generation: number;
  declare readonly ends: number;
  declare readonly size: number;
  declare readonly deadline: number;
  declare readonly tagEpoch: number;
  declare readonly expiresAt: number;
  declare readonly chunk: NearChunk | undefined;
  declare aux: unknown;

  constructor(
    bytes: Buffer,
    expiresAt: number,
    deadline: number,
    slot: number,
    generation: number,
    ends: number,
    tagEpoch: number,
    chunk: NearChunk | undefined,
  ) {
    this.bytes = bytes;
    this.slot = slot;
    this.generation = generation;
    this.ends = ends;
    this.size = bytes.length;
    this.deadline = deadline;
    this.tagEpoch = tagEpoch;
    this.expiresAt = expiresAt;
    this.chunk = chunk;
    this.aux = undefined;
  }
}

interface NearChunk {
  readonly bytes: Buffer;
  readonly size: number; // what bytes.length was: it is 0 after a transfer
  readonly keys: string[];
}

/** The near-cache of one handle. Without arena views, or with limits `false`, it is always empty. */
export class NearCache {
  readonly #entries = new Map<string, NearEntry>();
  readonly #generations: Int32Array;
  readonly #tagSlot: number;
  readonly #visited: Uint8Array;
  readonly #hits: Float64Array;
  readonly #clock: CachedClock;
  readonly #words: Words;
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  readonly #keysPerChunk: number;
  readonly #chunkBytes: number;
  #chunks: NearChunk[] = [];
  #current: NearChunk = { bytes: Buffer.alloc(0), size: 0, keys: [] };
  #admitted = 0;
  #bytes = 0;
  #isFull = false; // something was dropped to make room
  #passOver = 0;
  #untilJudged = JUDGED_AFTER;
  #hitsBefore = 0;
  /** Entries found outdated. */
  refreshes = 0;
  /** Largest value it takes. */
  readonly maxEntryBytes: number;
  /** Largest value the native side may put into the current chunk. */
  readonly largestInChunk: number;

  constructor(views: ArenaViews, limits: NearLimits, clock: CachedClock, words: Words) {
    this.#generations = views.generations;
    this.#tagSlot = views.generations.length - 2;
    this.#visited = views.visited;
    this.#hits = views.hits;
    this.#clock = clock;
    this.#words = words;
    this.#maxEntries = limits.maxEntries;
    this.#maxBytes = limits.maxBytes;
    this.#keysPerChunk = Math.max(1, Math.floor(limits.maxEntries / CHUNKS));
    this.#chunkBytes = Math.min(CHUNK_BYTES, Math.floor(limits.maxBytes / CHUNKS / 8) * 8);
    this.maxEntryBytes = Math.min(limits.maxEntryBytes, Math.floor(limits.maxBytes / CHUNKS));
    this.largestInChunk = Math.min(this.maxEntryBytes, LARGEST_IN_CHUNK, this.#chunkBytes);
  }

  /** The entry of a key, counted as a hit; undefined when absent or outdated. */
  // HOT: benchmarks/engine
  use(key: string): NearEntry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (!this.#isCurrent(entry)) {
      this.#entries.delete(key);
      this.refreshes++;
      return undefined;
    }
    this.#hits[0]! += 1;
    const visited = this.#visited;
    if (visited[entry.slot] === 0) visited[entry.slot] = 1; // a blind store would bounce the line
    return entry;
  }

  /** The entry of a key without counting. */
  find(key: string): NearEntry | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && this.#isCurrent(entry) ? entry : undefined;
  }

  /** The chunk that the native side fills; its memory may have been transferred away by a user. */
  get chunk(): Buffer {
    return this.#current.bytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Bytes of all chunks. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A record outside the near-cache, of what the last native call has found. */
  record(bytes: Buffer): NearEntry {
    return this.#entry(bytes, undefined);
  }

  /** Takes up the value that the last native call has put into the current chunk. */
  admit(key: string): NearEntry {
    const { ints } = this.#words;
    const chunk = this.#current;
    const bytes = view(chunk.bytes.buffer, ints[WORD_NEAR_OFFSET]!, ints[WORD_SIZE]!);
    return this.#add(key, this.#entry(bytes, chunk), chunk);
  }

  /** Takes up a value with memory of its own, when it is not too large and its turn; a record outside otherwise. */
  admitLarge(key: string, bytes: Buffer): NearEntry {
    if (bytes.length > this.maxEntryBytes || this.#passesOver()) return this.record(bytes);
    this.#makeRoom(bytes.length, 1);
    const chunk: NearChunk = { bytes, size: bytes.length, keys: [] };
    this.#chunks.push(chunk);
    this.#bytes += bytes.length;
    return this.#add(key, this.#entry(bytes, chunk), chunk);
  }

  /** Whether the current chunk holds as many values as it may. */
  get isChunkFull(): boolean {
    return this.#current.keys.length >= this.#keysPerChunk;
  }

  /** Begins a new chunk, and drops the oldest ones for it.
   * @returns its memory */
  renewChunk(): Buffer {
    this.#makeRoom(this.#chunkBytes, this.#keysPerChunk);
    this.#current = {
      bytes: allocateChunk(this.#chunkBytes),
      size: this.#chunkBytes,
      keys: [],
    };
    this.#chunks.push(this.#current);
    this.#bytes += this.#chunkBytes;
    return this.#current.bytes;
  }

  /** Forgets everything; the chunks' memory goes when nobody holds a view of it. */
  clear(): void {
    this.#entries.clear();
    this.#chunks = [];
    this.#current = { bytes: Buffer.alloc(0), size: 0, keys: [] };
    this.#admitted = 0;
    this.#bytes = 0;
    this.#isFull = false;
    this.#passOver = 0;
    this.#words.ints[WORD_PASS_OVER] = 0;
  }

  // HOT: benchmarks/engine
  // A plain load of the generation word, not Atomics.load, which is a call: V8 never reuses an
  // earlier load of array buffer memory, since another thread may write it. near-coherence.test.ts would tell.
  // The length differs when a user has transferred the bytes away: then they are no longer the value.
  #isCurrent(entry: NearEntry): boolean {
    return (
      this.#generations[entry.slot] === entry.generation &&
      (entry.ends === BY_WRITES || this.#isInTime(entry)) &&
      entry.bytes.length === entry.size
    );
  }

  #isInTime(entry: NearEntry): boolean {
    return (
      (entry.ends === BY_TIME || this.#generations[this.#tagSlot] === entry.tagEpoch) &&
      (entry.deadline === NEVER || this.#clock.isBefore(entry.deadline, entry.expiresAt))
    );
  }

  #entry(bytes: Buffer, chunk: NearChunk | undefined): NearEntry {
    const { ints, expiresAt } = this.#words;
    const expiry = expiresAt[0]!;
    const deadline = this.#clock.deadline(expiry);
    return new NearEntry(
      bytes,
      expiry,
      deadline,
      ints[WORD_SLOT]!,
      ints[WORD_GENERATION]!,
      ints[WORD_TAGGED] === 1 ? BY_TAGS : deadline === NEVER ? BY_WRITES : BY_TIME,
      ints[WORD_TAG_EPOCH]!,
      chunk,
    );
  }

  #add(key: string, entry: NearEntry, chunk: NearChunk): NearEntry {
    chunk.keys.push(key);
    this.#admitted++;
    this.#entries.set(key, entry);
    if (--this.#untilJudged <= 0) this.#judge();
    this.#words.ints[WORD_PASS_OVER] = this.#passOver;
    return entry;
  }

  #judge(): void {
    const hits = this.#hits[0]! - this.#hitsBefore;
    const hotReads = JUDGED_AFTER * (this.#passOver + 1);
    this.#passOver = this.#isFull && hits < hotReads * WORTHWHILE ? PASSED_OVER : 0;
    this.#hitsBefore += hits;
    this.#untilJudged = JUDGED_AFTER;
  }

  // Large values come here without native code having counted.
  #passesOver(): boolean {
    const { ints } = this.#words;
    if (ints[WORD_PASS_OVER] === 0) return false;
    ints[WORD_PASS_OVER]!--;
    return true;
  }

  #makeRoom(bytes: number, keys: number): void {
    while (
      this.#chunks.length > 0 &&
      (this.#bytes + bytes > this.#maxBytes || this.#admitted + keys > this.#maxEntries)
    ) {
      this.#dropOldest();
    }
  }

  // A key may stand in several chunks, one for each time it was read anew: only its last one counts.
  #dropOldest(): void {
    const chunk = this.#chunks.shift()!;
    this.#isFull = true;
    for (const key of chunk.keys) {
      if (this.#entries.get(key)?.chunk === chunk) this.#entries.delete(key);
    }
    this.#admitted -= chunk.keys.length;
    if (chunk !== this.#current) {
      this.#bytes -= chunk.size;
      return;
    }
    // The native side still fills it: its values are forgotten, the chunk goes on as the youngest. It takes an eighth
    // of the limits at most, so whoever makes room comes to an end.
    chunk.keys.length = 0;
    this.#chunks.push(chunk);
  }
}
