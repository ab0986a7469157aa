// What L1 is to the cache above it: envelopes with raw payloads, read without I/O, by name (names.ts).
// Invariant: a copy never outlives its envelope's physical expiry nor its stay in memory; a fill whose ticket is no longer
// good leaves what is there. Which of these hold across threads and processes is the engine's (engine-memory.ts).
import type { Cache } from '@catzilla/cache-core';
import type { Envelope } from '../envelope/envelope.ts';
import type { FillTicket } from '../load/host.ts';
import type { Item } from './item.ts';

/** How a store ended. 'late': the key was written or deleted, or a tag of it invalidated, since the ticket was taken.
 * 'refused': no room, or too large; nothing is there now. */
export type StoreOutcome = 'ok' | 'late' | 'refused' | 'off';

/** L1. */
export interface Memory {
  /** The engine; undefined where there is none. */
  readonly cache: Cache | undefined;
  /** Finds an entry, physical expiry aside. HOT */
  find(name: string): Item | undefined;
  /** The same, without counting, recency or keeping it decoded. */
  peek(name: string): Envelope | undefined;
  ticket(name: string): FillTicket;
  /** Whether nothing was written or deleted under the name since the ticket was taken. */
  isCurrent(name: string, ticket: FillTicket): boolean;
  /** @param ticket  undefined: overwrites */
  store(
    name: string,
    ns: string,
    envelope: Envelope,
    now: number,
    ticket: FillTicket | undefined,
  ): StoreOutcome;
  /** Also makes open tickets of the name late. */
  delete(name: string): void;
  invalidateTags(tags: readonly string[]): void;
  clearNamespace(ns: string): void;
  /** Entries evicted since the last call that may be demoted. */
  drainEvicted(): { readonly name: string; readonly bytes: Buffer }[];
  keys(): Iterable<string>;
  /** Place in the log of invalidations that a memory which outlives processes has heard of; undefined: none noted. */
  readonly outlives: boolean;
  note: string | undefined;
  close(): void;
}
