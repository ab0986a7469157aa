// CPU clocks. Wall time on a shared machine counts the neighbours' work, so ratios are made from CPU time.
import { readFileSync } from 'node:fs';

/** Name of what threadCpu() reads; printed with the results. */
export const threadClock =
  typeof process.threadCpuUsage === 'function'
    ? 'process.threadCpuUsage'
    : hasSchedstat()
      ? '/proc/thread-self/schedstat'
      : 'process.cpuUsage (all threads)';

/** CPU time of the calling thread so far, in ns. schedstat may lag by one scheduler tick: use windows of 100 ms and more. */
export const threadCpu =
  typeof process.threadCpuUsage === 'function'
    ? () => total(process.threadCpuUsage())
    : hasSchedstat()
      ? () => Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ', 1)[0])
      : processCpu;

/** CPU time of the whole process so far (garbage collector and compiler threads included), in ns. */
export function processCpu() {
  return total(process.cpuUsage());
}

function total({ user, system }) {
  return (user + system) * 1000;
}

function hasSchedstat() {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ', 1)[0]) > 0;
  } catch {
    return false;
  }
}
