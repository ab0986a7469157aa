// Leases of one handle: views of the arena, pinned until they are released.
// Invariant: a lease is released once. One that is collected without release stays pinned, since a part of its bytes
// may still wait in a socket's queue; it is counted, and warned about once. The isolate's end releases what is left.
import type { Buffer } from 'node:buffer';
import type { Lease } from '../cache.ts';
import { WORD_LEASE, WORD_REGION, WORD_SIZE } from './addon.ts';
import type { NativeHandle, Words } from './addon.ts';
import { view } from './view.ts';

/** What a forgotten lease leaves behind. It must not hold the lease. */
interface Forgotten {
  readonly native: NativeHandle;
  readonly id: number;
}

let hasWarned = false;

const forgotten = new FinalizationRegistry<Forgotten>(({ native, id }) => {
  const isPinned = native.leak(id) === 1;
  if (!isPinned || hasWarned) return;
  hasWarned = true;
  process.emitWarning(
    'a lease was collected without release(): its memory stays pinned until the thread ends',
    { code: 'CATZ_WARN_CACHE_LEASE_LEAKED' },
  );
});

/** Makes leases of what native code has pinned. */
export class Leases {
  readonly #native: NativeHandle;
  readonly #words: Words;
  readonly #regions: ArrayBuffer[] = [];

  constructor(native: NativeHandle, words: Words) {
    this.#native = native;
    this.#words = words;
  }

  /** The lease that the last native call has taken; undefined where the arena cannot be seen: it is released again. */
  pinned(): Lease | undefined {
    const { ints, expiresAt } = this.#words;
    const id = ints[WORD_LEASE]!;
    const region = this.#region(ints[WORD_REGION]!);
    if (region !== undefined) {
      const bytes = view(region, expiresAt[0]!, ints[WORD_SIZE]!);
      return new NativeLease(bytes, false, id, this.#native);
    }
    this.#native.release(id);
    return undefined;
  }

  /** A private copy in place of a lease. */
  copy(bytes: Buffer): Lease {
    return new NativeLease(bytes, true, this.#native.leaseCopy(), this.#native);
  }

  #region(number: number): ArrayBuffer | undefined {
    const known = this.#regions[number];
    if (known !== undefined && known.byteLength > 0) return known;
    const region = this.#native.region(number);
    if (typeof region === 'number') return undefined;
    this.#regions[number] = region;
    return region;
  }
}

class NativeLease implements Lease {
  readonly bytes: Buffer;
  readonly copied: boolean;
  readonly #native: NativeHandle;
  #id: number;

  constructor(bytes: Buffer, copied: boolean, id: number, native: NativeHandle) {
    this.bytes = bytes;
    this.copied = copied;
    this.#id = id;
    this.#native = native;
    forgotten.register(this, { native, id }, this);
  }

  release(): void {
    if (this.#id === 0) return;
    this.#native.release(this.#id);
    this.#id = 0;
    forgotten.unregister(this);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
