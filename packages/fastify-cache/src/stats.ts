// Counters of one scope, and what users see of them.
// Invariant: plain numbers, added to where the thing happens, never derived; a reset is a new scope.
import type { ForwardReason } from './rfc/reasons.ts';

/** Why a response was not stored although it was judged, beyond the reasons of the RFC. */
export type PluginReason =
  | 'too-large'
  | 'inflight-limit'
  | 'incomplete'
  | 'purged-meanwhile'
  | 'backend'
  | 'skip'
  | 'too-many-tags'
  | 'refresh-refused'
  | 'superseded';

/** Counts of one scope since it was registered. */
export interface ResponseCacheStats {
  /** Answers from the cache, 304 included. */
  readonly hits: number;
  /** Hits that were not in memory, but in a tier below. */
  readonly below: number;
  /** Hits that were stale: refreshed behind, under overload, or accepted by the client. */
  readonly stale: number;
  /** Errors in whose place a stale response was sent. */
  readonly staleIfError: number;
  /** Stale responses that their handler has called current. */
  readonly revalidated: number;
  /** Refreshes behind stale answers, and those of them that failed or took too long. */
  readonly refreshes: number;
  readonly refreshErrors: number;
  /** ms that the handlers of all hits would have taken, by what they took when the responses were made. */
  readonly savedMs: number;
  /** Hits answered 304. */
  readonly notModified: number;
  /** Requests that went to their handler, in all and by reason (RFC 9211 2.2). */
  readonly misses: number;
  readonly forwarded: Readonly<Partial<Record<ForwardReason, number>>>;
  readonly stored: number;
  readonly notStored: number;
  /** Why not, by the word that stands as `detail` in Cache-Status. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Requests that waited for another's answer, and those of them that gave up waiting. */
  readonly collapsed: number;
  readonly timeouts: number;
  /** Calls of purge, purgePath and purgeTags, and responses in memory that the first two removed. */
  readonly purges: number;
  readonly purged: number;
  /** Unsafe requests that invalidated their URL (RFC 9111 4.4). */
  readonly invalidations: number;
  /** Bytes held by fills that have not ended. */
  readonly inflightBytes: number;
  /** Faults of the cache; each was answered as a miss. */
  readonly faults: number;
  /** Hits by the way they were sent. */
  readonly answers: { readonly raw: number; readonly head: number; readonly send: number };
}

/** Counts of one route, by its template. */
export interface RouteCacheStats {
  readonly method: string;
  readonly url: string;
  readonly hits: number;
  readonly misses: number;
  readonly stored: number;
  readonly notStored: number;
}

/** The live counts of one route. */
export interface RouteCounts {
  hits: number;
  misses: number;
  stored: number;
  notStored: number;
}

/** The live counters; the same names, writable. */
export class Counters {
  hits = 0;
  below = 0;
  stale = 0;
  staleIfError = 0;
  revalidated = 0;
  refreshes = 0;
  refreshErrors = 0;
  savedMs = 0;
  notModified = 0;
  misses = 0;
  forwarded: Partial<Record<ForwardReason, number>> = {};
  stored = 0;
  notStored = 0;
  reasons: Record<string, number> = {};
  collapsed = 0;
  timeouts = 0;
  purges = 0;
  purged = 0;
  invalidations = 0;
  inflightBytes = 0;
  faults = 0;
  raw = 0;
  head = 0;
  send = 0;

  /** Counts a request that goes to its handler. */
  forward(reason: ForwardReason): void {
    this.misses++;
    this.forwarded[reason] = (this.forwarded[reason] ?? 0) + 1;
  }

  /** Counts a response that was not stored. */
  refuse(reason: string): void {
    this.notStored++;
    this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
  }

  /** A copy for users. */
  snapshot(): ResponseCacheStats {
    const { raw, head, send, forwarded, reasons, ...counts } = this;
    return {
      ...counts,
      forwarded: { ...forwarded },
      reasons: { ...reasons },
      answers: { raw, head, send },
    };
  }
}
