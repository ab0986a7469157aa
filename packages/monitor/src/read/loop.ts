// The event loop and the heap of this thread.
// Cost, measured by benchmarks/monitor: the histogram of delays is filled by a timer in native code and runs no JavaScript; an
// observer of the garbage collector runs some for each collection, so it is there only while somebody reads, other than once
// a minute. Invariant: neither keeps the process alive.
import { getHeapStatistics } from 'node:v8';
import { monitorEventLoopDelay, performance, PerformanceObserver } from 'node:perf_hooks';
import type { LoopReading } from './reading.ts';

/** How often the loop's delay is sampled, ms. */
const RESOLUTION = 20;
/** An observer that nobody asked for so long is taken off, ms. */
const UNREAD = 300_000;

/** Watches the loop of the thread it is made in. */
export class LoopWatch {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  #used = performance.eventLoopUtilization();
  #gc: PerformanceObserver | undefined;
  #gcRead = 0;
  #gcCount = 0;
  #gcMs = 0;

  constructor() {
    this.#delay.enable();
  }

  /** What is the case since the last reading; of the garbage collector since the first one that asked for it.
   * @param isWatched  somebody looks, so that the garbage collector is worth observing */
  read(isWatched: boolean): LoopReading {
    this.#turn(isWatched);
    const used = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(used, this.#used);
    this.#used = used;
    const heap = getHeapStatistics();
    const delay = {
      p50Ms: beyond(this.#delay.percentile(50)),
      p99Ms: beyond(this.#delay.percentile(99)),
      maxMs: this.#delay.count === 0 ? 0 : beyond(this.#delay.max),
    };
    this.#delay.reset();
    return {
      delay,
      utilization: Number.isFinite(utilization) ? utilization : 0,
      gc: { count: this.#gcCount, totalMs: this.#gcMs },
      heapUsedBytes: heap.used_heap_size,
      heapTotalBytes: heap.total_heap_size,
      externalBytes: heap.external_memory,
    };
  }

  /** Ends all of it. */
  close(): void {
    this.#delay.disable();
    this.#gc?.disconnect();
    this.#gc = undefined;
  }

  #turn(isWatched: boolean): void {
    const now = performance.now();
    if (isWatched) {
      this.#gcRead = now;
      this.#gc ??= this.#observe();
    } else if (this.#gc !== undefined && now - this.#gcRead > UNREAD) {
      this.#gc.disconnect();
      this.#gc = undefined;
    }
  }

  #observe(): PerformanceObserver {
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        this.#gcCount++;
        this.#gcMs += duration;
      }
    });
    observer.observe({ entryTypes: ['gc'] });
    return observer;
  }
}

// The samples are nanoseconds from one tick of its timer to the next.
function beyond(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION);
}
