// Memory that is really there, as the system counts it. Linux tells it for each mapping, so a cache's own memory can be
// held to its bound exactly, whatever the heaps of V8 and malloc do beside it.
import { readFileSync } from 'node:fs';

/** Resident memory of this process in bytes. */
export function residentBytes() {
  return process.memoryUsage.rss();
}

/** Resident bytes of the anonymous mappings that are as large as a cache which reserves so much; undefined on systems
 * that do not tell. The kernel may have joined a neighbour of some MiB to it. */
export function arenaBytes(reserveBytes) {
  if (process.platform !== 'linux') return undefined;
  let resident = 0;
  let isArena = false;
  for (const line of readFileSync('/proc/self/smaps', 'latin1').split('\n')) {
    const range = /^([0-9a-f]+)-([0-9a-f]+) rw-p 0+ 00:00 0/.exec(line);
    if (range !== null) {
      const size = parseInt(range[2], 16) - parseInt(range[1], 16);
      isArena = size >= reserveBytes && size < reserveBytes * 1.5;
    } else if (/^[0-9a-f]+-/.test(line)) isArena = false;
    else if (isArena && line.startsWith('Rss:')) resident += Number(/\d+/.exec(line)) * 1024;
  }
  return resident;
}

export function mebibytes(bytes) {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
