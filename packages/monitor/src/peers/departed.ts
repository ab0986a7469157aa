// What threads have counted that serve no more, as sums: the thousandth takes no more room than the first, and costs a reader
// nothing. There are two: of those that left since this thread came, which it has heard of itself, and of those before, which it
// was told of. Invariant: a thread is in one of them, once. Nothing can be taken out of a sum, so of what is in one nothing that
// is heard later counts, and a sum gives way only to one that holds all of it.
import type { DepartedSum, PeerReading } from './messages.ts';

/** Adds what remains of two; of one alone, its remains. */
export type Fold = (a: PeerReading | undefined, b: PeerReading) => PeerReading;

/** Ids that are kept, of some 50 bytes each. They tell a late word, and two sums apart: of that many ago nobody speaks any more. */
const MAX_IDS = 10_000;

interface Sum {
  ids: Set<string>;
  of: PeerReading | undefined;
}

/** The threads that have left. */
export class Departed {
  readonly #fold: Fold;
  readonly #before: Sum = { ids: new Set(), of: undefined };
  readonly #since: Sum = { ids: new Set(), of: undefined };

  constructor(fold: Fold) {
    this.#fold = fold;
  }

  has(id: string): boolean {
    return this.#since.ids.has(id) || this.#before.ids.has(id);
  }

  /** What they have counted. */
  sums(): PeerReading[] {
    return [this.#before.of, this.#since.of].filter((sum) => sum !== undefined);
  }

  /** Adds the last that is known of a thread.
   * @param wasTold  it left before this thread came */
  add(last: PeerReading, wasTold: boolean): void {
    this.#add(wasTold ? this.#before : this.#since, [last.thread.id], last);
  }

  /** As it is told to others: as one. */
  tell(): DepartedSum {
    const ids = [...this.#before.ids, ...this.#since.ids];
    const [sum, more] = this.sums();
    return { ids, sum: sum !== undefined && more !== undefined ? this.#fold(sum, more) : sum };
  }

  /** Takes what another thread tells of those that left before this one came. Of sums that have threads in common the one stands
   * that holds the other, for what is in a sum cannot be told apart again. */
  join({ ids, sum }: DepartedSum): void {
    if (sum === undefined || ids.some((id) => this.#since.ids.has(id))) return;
    const before = this.#before;
    const common = ids.filter((id) => before.ids.has(id)).length;
    if (common === 0) return this.#add(before, ids, sum);
    if (common < before.ids.size || common === ids.length) return;
    before.ids = new Set(ids);
    before.of = sum;
  }

  #add(to: Sum, ids: readonly string[], reading: PeerReading): void {
    to.of = this.#fold(to.of, reading);
    for (const id of ids) to.ids.add(id);
    for (const id of to.ids) {
      if (to.ids.size <= MAX_IDS) break;
      to.ids.delete(id);
    }
  }
}
