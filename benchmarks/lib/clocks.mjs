// CPU clocks. Wall time on a shared machine counts the neighbours' work, so ratios are made from CPU time.
import { readFileSync } from 'node:fs';

/** Name of what threadCpu() reads; printed with the results. */
export const threadClock =
  typeof process.threadCpuUsage === 'function'
    ? 'process.threadCpuUsage'
    : hasSchedstat()
      ? '/proc/thread-self/schedstat'
      : 'process.cpuUsage (all threads)';

/** CPU time of the calling thread so far, in ns. */
export const threadCpu =
  typeof process.threadCpuUsage === 'function'
    ? () => total(process.threadCpuUsage())
    : hasSchedstat()
      ? schedstat
      : processCpu;

/** CPU time of the whole process so far (garbage collector and compiler threads included), in ns. */
export function processCpu() {
  return total(process.cpuUsage());
}

/** Linux brings it up to date at each scheduler tick, every 4 ms or so, and when the times of the process are asked for. */
function schedstat() {
  process.cpuUsage();
  return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ', 1)[0]);
}

function total({ user, system }) {
  return (user + system) * 1000;
}

function hasSchedstat() {
  try {
    return schedstat() > 0;
  } catch {
    return false;
  }
}
