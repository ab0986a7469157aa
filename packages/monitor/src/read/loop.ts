// The event loop and the heap of this thread.
// Cost, measured by benchmarks/monitor: the histogram of delays is filled by a timer in native code and runs no JavaScript; an
// observer of the garbage collector runs some for each collection, so it is there only while somebody reads, other than once
// a minute. Invariant: neither keeps the process alive.
import { getHeapStatistics } from 'node:v8';
import { monitorEventLoopDelay, performance, PerformanceObserver } from 'node:perf_hooks';
import { addable } from '../snapshot/merge.ts';
import type { LoopReading } from './reading.ts';

/** How often the loop's delay is sampled, ms. */
const RESOLUTION = 20;
/** An observer that nobody asked for so long is taken off, ms. */
const UNREAD = 300_000;

type Delay = LoopReading['delay'];

const NONE: Delay = Object.freeze({ p50Ms: 0, p99Ms: 0, maxMs: 0 });

/** Watches the loop of the thread it is made in. */
export class LoopWatch {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  // What watchers read in between counts for the minute too.
  #watched = performance.eventLoopUtilization();
  #minute = performance.eventLoopUtilization();
  #worst: Delay = NONE;
  #gc: PerformanceObserver | undefined;
  #gcRead = 0;
  #gcCount = 0;
  #gcMs = 0;

  constructor() {
    this.#delay.enable();
  }

  /** What is the case since the last reading of its kind, watched or not; of the delay without a watcher the worst in between; of the garbage collector since the first one that asked for it.
   * @param isWatched  somebody looks, so that the garbage collector is worth observing */
  read(isWatched: boolean): LoopReading {
    this.#turn(isWatched);
    const used = performance.eventLoopUtilization();
    const since = isWatched ? this.#watched : this.#minute;
    const { utilization } = performance.eventLoopUtilization(used, since);
    if (isWatched) this.#watched = used;
    else this.#minute = used;
    const heap = getHeapStatistics();
    const latest: Delay = {
      p50Ms: beyond(this.#delay.percentile(50)),
      p99Ms: beyond(this.#delay.percentile(99)),
      maxMs: this.#delay.count === 0 ? 0 : beyond(this.#delay.max),
    };
    this.#delay.reset();
    const worst = worseOf(this.#worst, latest);
    this.#worst = isWatched ? worst : NONE;
    const delay = isWatched ? latest : worst;
    return {
      delay,
      utilization: Number.isFinite(utilization) ? utilization : 0,
      gc: { count: this.#gcCount, totalMs: addable(this.#gcMs) },
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

function worseOf(a: Delay, b: Delay): Delay {
  return {
    p50Ms: Math.max(a.p50Ms, b.p50Ms),
    p99Ms: Math.max(a.p99Ms, b.p99Ms),
    maxMs: Math.max(a.maxMs, b.maxMs),
  };
}
