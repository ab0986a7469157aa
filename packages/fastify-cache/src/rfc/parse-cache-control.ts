// Cache-Control of requests and responses (RFC 9111 5.2) as one typed object.
// Invariant: where a field is malformed or contradicts itself, the strictest reading is taken.
import type { FieldValue } from './fields.ts';

/** Directives that were present. Durations are seconds, as in the field. An invalid duration is 0: what carries it is stale. */
export interface CacheControl {
  readonly maxAge?: number;
  readonly sMaxage?: number;
  readonly noStore: boolean;
  /** true: unqualified; a list: the lower-case fields that may not be stored. */
  readonly noCache: boolean | readonly string[];
  readonly private: boolean | readonly string[];
  readonly public: boolean;
  readonly mustRevalidate: boolean;
  readonly proxyRevalidate: boolean;
  readonly mustUnderstand: boolean;
  readonly noTransform: boolean;
  readonly immutable: boolean;
  readonly onlyIfCached: boolean;
  readonly staleWhileRevalidate?: number;
  readonly staleIfError?: number;
  /** Infinity: max-stale without an argument. */
  readonly maxStale?: number;
  /** Infinity: min-fresh that could not be read. */
  readonly minFresh?: number;
}

/** Reads the lines of a Cache-Control field; never throws. Absent = no directive. */
export function parseCacheControl(value: FieldValue): CacheControl {
  throw new Error('pending');
}
