// Which query parameters count for the key, and the removal of those that do not from what the handler sees.
// Invariant: a parameter that is not in the key never reaches the handler's request.query.

/** A compiled query policy; undefined stands for 'exact': the raw query as it came. */
export interface QueryPolicy {
  /** The part of a raw query (without `?`) that counts, in key order. */
  canonical(rawQuery: string): string;
  /** Deletes from a parsed query whatever `canonical` left out. Call it before validation: schema defaults are added later. */
  prune(query: Record<string, unknown>, rawQuery: string): void;
}

/** Options of a query policy: names, exact or ending in `*`; `ignore` and `allow` exclude each other. */
export interface QueryOptions {
  readonly sort?: boolean;
  readonly ignore?: readonly string[];
  readonly allow?: readonly string[];
}

/** Compiles validated options; undefined for 'exact'. */
export function compileQuery(options: 'exact' | QueryOptions): QueryPolicy | undefined {
  throw new Error('pending');
}
