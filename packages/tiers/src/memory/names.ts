// How keys of namespaces share one engine, one Redis and one folder without meeting: the name of a key in memory and on
// disk, and back. Invariant: distinct (namespace, key) have distinct names; a root key is its own name, so that looking one
// up costs no string.

/** Parts a nested namespace's name is joined with; a plain name never contains it. */
export const NESTING = '/';
const MARK = '\0';

/** The name of a key.
 * @param ns  '' for the root, else names joined by NESTING, none of which contains '\0' */
export function joinName(ns: string, key: string): string {
  // A root key that begins like a namespaced one is marked with the empty namespace.
  if (ns === '') return key.startsWith(MARK) ? `${MARK}${MARK}${key}` : key;
  return `${MARK}${ns}${MARK}${key}`;
}

/** Namespace and key of a name. */
export function splitName(name: string): readonly [ns: string, key: string] {
  if (!name.startsWith(MARK)) return ['', name];
  const end = name.indexOf(MARK, 1);
  return [name.slice(1, end), name.slice(end + 1)];
}

/** The namespaces an entry of `ns` belongs to, from the root to itself. */
export function namespaceChain(ns: string): string[] {
  if (ns === '') return [''];
  const parts = ns.split(NESTING);
  return ['', ...parts.map((_, i) => parts.slice(0, i + 1).join(NESTING))];
}

/** Names of one namespace's keys, remembered: V8 then finds the flat, hashed string by the caller's own key. Bounded:
 * begins anew when full. HOT: benchmarks/tiers */
export class NameCache {
  readonly #ns: string;
  readonly #limit: number;
  #names = new Map<string, string>();

  constructor(ns: string, limit = 8192) {
    this.#ns = ns;
    this.#limit = limit;
  }

  /** The name of a key. */
  of(key: string): string {
    if (this.#ns === '' && key.charCodeAt(0) !== 0) return key;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    if (this.#names.size >= this.#limit) this.#names = new Map();
    const name = joinName(this.#ns, key);
    this.#names.set(key, name);
    return name;
  }
}
