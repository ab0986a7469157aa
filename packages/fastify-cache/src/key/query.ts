// Which query parameters count for the key, and the removal of those that do not from what the handler sees.
// Invariant: a parameter that is not in the key never reaches the handler's request.query.

/** A compiled query policy; undefined stands for 'exact': the raw query as it came. */
export interface QueryPolicy {
  /** The part of a raw query (without `?`) that counts, in key order; pairs stay encoded as they came. */
  canonical(rawQuery: string): string;
  /** Deletes from a parsed query whatever `canonical` left out. Call it before validation: what schema defaults add later
   * stays, and a default replaces what was deleted, as if the client had not sent it. */
  prune(query: Record<string, unknown>, rawQuery: string): void;
}

/** Options of a query policy: names, exact or ending in `*`; `ignore` and `allow` exclude each other. A name also stands for
 * its bracket forms: `filter` for `filter[a]`. */
export interface QueryOptions {
  /** Parameters in any order share an entry; the order of equal names is kept. Default: false. */
  readonly sort?: boolean;
  /** These do not count and are removed from `request.query`. Default: none. */
  readonly ignore?: readonly string[];
  /** Only these count, all others are removed. Default: all. */
  readonly allow?: readonly string[];
}

interface Pair {
  readonly name: string;
  readonly text: string;
}

/** Compiles validated options; undefined for 'exact' and for options that change nothing. */
export function compileQuery(options: 'exact' | QueryOptions): QueryPolicy | undefined {
  if (options === 'exact') return undefined;
  const { sort = false, ignore = [], allow } = options;
  if (!sort && ignore.length === 0 && allow === undefined) return undefined;
  const ignored = nameMatcher(ignore);
  const allowed = allow === undefined ? () => true : nameMatcher(allow);
  const counts = ({ name }: Pair): boolean => allowed(name) && !ignored(name);

  return Object.freeze({
    canonical(rawQuery: string): string {
      const pairs = split(rawQuery).filter(counts);
      // Array sort is stable: `a=1&a=2` is another list than `a=2&a=1`.
      if (sort) pairs.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
      return pairs.map(({ text }) => text).join('&');
    },
    prune(query: Record<string, unknown>, rawQuery: string): void {
      const pairs = split(rawQuery);
      const dropped = pairs.filter((pair) => !counts(pair));
      if (dropped.length === 0) return;
      const kept = pairs.filter(counts);
      for (const key of Object.keys(query)) {
        const isKept = kept.some(({ name }) => stemsFrom(key, name));
        if (!isKept || dropped.some(({ name }) => stemsFrom(key, name))) delete query[key];
      }
    },
  });
}

function split(rawQuery: string): Pair[] {
  const pairs: Pair[] = [];
  for (const text of rawQuery.split('&')) {
    if (text === '') continue;
    const equals = text.indexOf('=');
    pairs.push({ name: decodeName(equals === -1 ? text : text.slice(0, equals)), text });
  }
  return pairs;
}

// As query parsers do, so that `%75tm_source` is utm_source; what cannot be decoded stands for itself.
function decodeName(raw: string): string {
  const name = raw.includes('+') ? raw.replaceAll('+', ' ') : raw;
  if (!name.includes('%')) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

// Parsers make `a` of `a[b]` (qs) and of `a.b` (qs with allowDots), or keep the name as it is.
function stemsFrom(key: string, name: string): boolean {
  return (
    name === key || (name.startsWith(key) && (name[key.length] === '[' || name[key.length] === '.'))
  );
}

function nameMatcher(patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.endsWith('*')));
  const prefixes = patterns
    .filter((pattern) => pattern.endsWith('*'))
    .map((pattern) => pattern.slice(0, -1));
  return (name) => {
    const bracket = name.indexOf('[');
    const stem = bracket > 0 ? name.slice(0, bracket) : name;
    return exact.has(stem) || prefixes.some((prefix) => stem.startsWith(prefix));
  };
}
