// Makes variants that are asked for often as small as they get, one at a time, while there is little else to do.
// Invariant: nothing waits for it; a failure leaves the variant as it is. It holds no timer and ends with what it has begun.
import { performance } from 'node:perf_hooks';
import type { EventLoopUtilization } from 'node:perf_hooks';
import type { FileRecord } from '../file/record.ts';
import type { Counters } from '../stats.ts';
import type { Variant, Variants } from './variants.ts';

// A thread busier than that has better things to do.
const BUSY = 0.7;

export class Recompressor {
  readonly #rule: { readonly afterHits: number; readonly maxBytes: number };
  readonly #variants: Variants;
  readonly #counters: Counters;
  #running: Promise<void> | undefined;
  #since: EventLoopUtilization = performance.eventLoopUtilization();
  #closed = false;

  constructor(
    rule: { readonly afterHits: number; readonly maxBytes: number },
    variants: Variants,
    counters: Counters,
  ) {
    this.#rule = rule;
    this.#variants = variants;
    this.#counters = counters;
  }

  /** After an answer with a variant: begins with it when its time has come.
   * @param read  gives the file's bytes
   * @param warn  told what went wrong */
  consider(
    record: FileRecord,
    variant: Variant,
    read: () => Promise<Buffer>,
    warn: (error: unknown) => void,
  ): void {
    const { coding, effort, hits } = variant;
    if (coding === 'identity' || effort === 'best' || hits < this.#rule.afterHits) return;
    if (record.size > this.#rule.maxBytes || this.#running !== undefined || this.#closed) return;
    const load = performance.eventLoopUtilization(this.#since).utilization;
    this.#since = performance.eventLoopUtilization();
    if (load > BUSY) return;
    this.#running = this.#variants
      .variant(record, coding, 'best', read)
      .then(() => void this.#counters.recompressed++)
      .catch(warn)
      .finally(() => (this.#running = undefined));
  }

  /** Ends with what is being made. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }
}
