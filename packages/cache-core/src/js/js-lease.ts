// Leases of the JavaScript backend. V8 owns the values, so there is nothing to pin: each is a private copy.
// Invariant: a lease leaves `open` once, by release or, forgotten, with the garbage collector, which counts as leaked.
import { Buffer } from 'node:buffer';
import type { Lease } from '../cache.ts';

/** Leases of one store. `copied` and `leaked` are events since the last reset. */
export class LeaseCounts {
  open = 0;
  copied = 0;
  leaked = 0;
}

const forgotten = new FinalizationRegistry<LeaseCounts>((counts) => {
  counts.open--;
  counts.leaked++;
});

/** A copy of a value, counted until it is released. */
export class JsLease implements Lease {
  readonly bytes: Buffer;
  readonly copied = true;
  #counts: LeaseCounts | undefined;

  constructor(value: Buffer, counts: LeaseCounts) {
    this.bytes = Buffer.from(value);
    this.#counts = counts;
    counts.open++;
    counts.copied++;
    forgotten.register(this, counts, this);
  }

  release(): void {
    if (this.#counts === undefined) return;
    this.#counts.open--;
    this.#counts = undefined;
    forgotten.unregister(this);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
