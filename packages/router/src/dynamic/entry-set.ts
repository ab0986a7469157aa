// The entries of a table, by number and by what they take.
// Invariant: no two entries have a key in common.
import { errors } from '../errors.ts';
import type { Entry } from './entry.ts';
import type { Place } from './place.ts';
import { placeOf } from './route.ts';
import type { Route } from './route.ts';

export class EntrySet {
  readonly #byId = new Map<number, Entry>();
  readonly #byKey = new Map<string, Entry>();

  get size(): number {
    return this.#byId.size;
  }

  /** In the order of their numbers, which is that of adding. */
  all(): readonly Entry[] {
    return [...this.#byId.values()];
  }

  /** The entry that takes just what stands at a place. */
  at({ paths }: Place): Entry | undefined {
    const entry = this.#byKey.get(paths[0]!.key);
    const isSame = entry?.place.paths.every(({ key }, i) => key === paths[i]?.key);
    return isSame === true && entry?.place.paths.length === paths.length ? entry : undefined;
  }

  /** @throws CATZ_ROUTER_DUPLICATE when an entry takes some of what a route at a place would take */
  assertFree(route: Route, { paths }: Place): void {
    for (const { key } of paths) {
      const other = this.#byKey.get(key);
      if (other === undefined) continue;
      const { method, url } = other.route;
      throw new errors.DUPLICATE(
        `${placeOf(route.method, route.url)} takes URLs that ${placeOf(method, url)} takes already`,
      );
    }
  }

  /** Puts an entry in, or in the place of the one with its number. */
  put(entry: Entry): void {
    this.#byId.set(entry.info.id, entry);
    for (const { key } of entry.place.paths) this.#byKey.set(key, entry);
  }

  remove(entry: Entry): void {
    this.#byId.delete(entry.info.id);
    for (const { key } of entry.place.paths) this.#byKey.delete(key);
  }
}
