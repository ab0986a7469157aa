// The delay of the event loop, measured while somebody needs it.
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** ms between two looks of the monitor, which its figures contain. */
const RESOLUTION = 20;

/** A running measurement. */
export interface LoopDelay {
  /** p99 in ms since it was last read. */
  read(): number;
  close(): void;
}

/** Begins to measure. */
export function watchLoopDelay(): LoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  histogram.enable();
  return {
    read() {
      // In nanoseconds.
      const p99 = histogram.percentile(99) / 1e6;
      histogram.reset();
      return Math.max(0, p99 - RESOLUTION);
    },
    close: () => void histogram.disable(),
  };
}
