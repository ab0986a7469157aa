// L1 on the engine of cache-core, shared by threads and, with scope 'machine', by processes. Entries carry their tags, and
// one tag for each namespace they are in, so the engine itself refuses what was invalidated, whoever invalidated it.
// Invariant: decoded once per version of a record, kept beside it; bytes of the engine are never written.
import { createHash } from 'node:crypto';
import type { Cache, NearRecord } from '@catzilla/cache-core';
import type { ValueFormat } from '../codecs/format.ts';
import { readEnvelope } from '../envelope/decode.ts';
import { encodeEnvelope } from '../envelope/encode.ts';
import type { Envelope } from '../envelope/envelope.ts';
import type { FillTicket } from '../load/host.ts';
import { makeItem } from './item.ts';
import type { Item, OnRead } from './item.ts';
import type { Memory, StoreOutcome } from './memory.ts';
import { namespaceChain, NESTING } from './names.ts';

/** Settings of an L1. */
export interface EngineMemorySettings {
  readonly cache: Cache;
  /** Whether `close` closes it, and `clearNamespace('')` may empty it. */
  readonly isOwned: boolean;
  /** Name of the tiered cache: part of the tags that stand for namespaces. */
  readonly name: string;
  readonly format: ValueFormat;
  readonly onRead: OnRead;
  /** Told of bytes that are no envelope. */
  readonly onCorrupt: (name: string) => void;
}

// Memory is not checked: what could damage it could damage the program.
const UNVERIFIED = Object.freeze({ verify: false });
const UNCHECKED = Object.freeze({ checksum: false });
/** Longest name of a namespace that is a tag as it is; longer ones are hashed. */
const MAX_PLAIN_TAG = 80;

/** L1 on cache-core. */
export class EngineMemory implements Memory {
  readonly cache: Cache;
  readonly outlives: boolean;
  readonly #settings: EngineMemorySettings;
  /** No name of a key: no namespace is called so. */
  readonly #noteKey: string;
  readonly #namespaceTags = new Map<string, readonly string[]>();

  constructor(settings: EngineMemorySettings) {
    this.cache = settings.cache;
    this.#settings = settings;
    this.#noteKey = `\0${NESTING}\0${settings.name}`;
    this.outlives = settings.cache.stats().scope === 'machine';
  }

  // HOT: benchmarks/tiers
  find(name: string): Item | undefined {
    const record = this.cache.getRecord(name);
    if (record === undefined) return undefined;
    return record.aux === undefined ? this.#decode(name, record) : (record.aux as Item);
  }

  peek(name: string): Envelope | undefined {
    const bytes = this.cache.peek(name);
    if (bytes === undefined) return undefined;
    const envelope = readEnvelope(bytes, UNVERIFIED);
    return typeof envelope === 'string' ? undefined : envelope;
  }

  ticket(name: string): FillTicket {
    return {
      version: this.cache.version(name),
      epoch: this.cache.epoch(),
    };
  }

  isCurrent(name: string, ticket: FillTicket): boolean {
    return this.cache.version(name) === ticket.version;
  }

  store(
    name: string,
    ns: string,
    envelope: Envelope,
    now: number,
    ticket: FillTicket | undefined,
  ): StoreOutcome {
    const { memoryTtl, graceUntil } = envelope;
    const left = graceUntil - now;
    const ttl = memoryTtl < left ? memoryTtl : left;
    if (!(ttl > 0)) {
      if (ticket === undefined) this.delete(name);
      return 'refused';
    }
    const { payload } = envelope;
    const bytes = encodeEnvelope(envelope, payload, payload.length, UNCHECKED);
    const tags = this.#tagsOf(ns, envelope.tags);
    const isStored = this.cache.set(
      name,
      bytes,
      ticket === undefined
        ? { ttl, tags }
        : { ttl, tags, since: ticket.epoch, version: ticket.version },
    );
    if (isStored) return 'ok';
    return ticket === undefined || this.isCurrent(name, ticket) ? 'refused' : 'late';
  }

  delete(name: string): void {
    this.cache.delete(name);
  }

  invalidateTags(tags: readonly string[]): void {
    this.cache.invalidateTag(tags);
  }

  clearNamespace(ns: string): void {
    if (ns === '' && this.#settings.isOwned) this.cache.clear();
    else this.cache.invalidateTag(this.#tagOf(ns));
  }

  drainEvicted(): { readonly name: string; readonly bytes: Buffer }[] {
    const evicted: { name: string; bytes: Buffer }[] = [];
    for (const { key, bytes, version } of this.cache.drainEvicted()) {
      // What was written or deleted since is not worth keeping.
      if (typeof key !== 'string' || this.cache.version(key) !== version) continue;
      evicted.push({ name: key, bytes });
    }
    return evicted;
  }

  *keys(): Iterable<string> {
    for (const key of this.cache.keys()) {
      if (typeof key === 'string' && key !== this.#noteKey) yield key;
    }
  }

  get note(): string | undefined {
    return this.cache.peek(this.#noteKey)?.toString('utf8');
  }

  set note(position: string | undefined) {
    if (position === undefined) this.cache.delete(this.#noteKey);
    else this.cache.set(this.#noteKey, position);
  }

  close(): void {
    if (this.#settings.isOwned) this.cache.close();
  }

  #decode(name: string, record: NearRecord): Item | undefined {
    const envelope = readEnvelope(record.bytes, UNVERIFIED);
    if (typeof envelope === 'string') return this.#dropped(name, envelope === 'corrupt');
    try {
      const item = makeItem(envelope, this.#settings.format, this.#settings.onRead);
      record.aux = item;
      return item;
    } catch {
      return this.#dropped(name, true); // a codec's own bytes that it cannot read: counted, and a miss
    }
  }

  #dropped(name: string, isCorrupt: boolean): undefined {
    this.#settings.onCorrupt(name);
    if (isCorrupt) this.cache.delete(name);
    return undefined;
  }

  #tagsOf(ns: string, tags: readonly string[]): readonly string[] | undefined {
    const own = this.#namespaceTagsOf(ns);
    if (own.length === 0) return tags.length === 0 ? undefined : tags;
    return tags.length === 0 ? own : [...own, ...tags];
  }

  // The root needs a tag only in a cache that others use as well: one of our own is emptied as a whole.
  #namespaceTagsOf(ns: string): readonly string[] {
    let tags = this.#namespaceTags.get(ns);
    if (tags === undefined) {
      const chain = namespaceChain(ns);
      tags = (this.#settings.isOwned ? chain.slice(1) : chain).map((outer) => this.#tagOf(outer));
      this.#namespaceTags.set(ns, tags);
    }
    return tags;
  }

  #tagOf(ns: string): string {
    const plain = `${this.#settings.name}:${ns}`;
    const short =
      plain.length <= MAX_PLAIN_TAG
        ? plain
        : createHash('sha256').update(plain).digest('base64url');
    return `\0n:${short}`;
  }
}
