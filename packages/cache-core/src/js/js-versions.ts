// Versions of keys for the JavaScript backend: counters in a small table, by a hash of the key.
// Invariant: a version is the sum of the key's counter and of one for all, and neither ever falls; so each write of the
// key, and each clear, gives it a version it never had. Keys that share a counter share a version.
// Nobody is there to compare with before the first version was asked for, so counting begins with it.

/** A power of two. */
const COUNTERS = 4096;

/** The versions of one store. */
export class JsVersions {
  #counters: Float64Array | undefined;
  #ofAll = 0;

  /** A safe integer of at least 0. */
  of(key: string): number {
    this.#counters ??= new Float64Array(COUNTERS);
    return this.#counters[place(key)]! + this.#ofAll;
  }

  /** The key was written or removed. */
  change(key: string): void {
    if (this.#counters !== undefined) this.#counters[place(key)]! += 1;
  }

  changeAll(): void {
    this.#ofAll++;
  }
}

// FNV-1a (Fowler, Noll, Vo) over the units, each of which is a byte.
function place(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 16)) & (COUNTERS - 1);
}
