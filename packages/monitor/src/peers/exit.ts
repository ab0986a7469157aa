// The end of a thread that nobody has closed: process.exit() in it, or an error that nobody caught. One that is terminated from
// outside, or has no memory left, runs nothing any more.

const ends = new Set<() => void>();

/** Calls a function when this thread ends.
 * @param end  has to be synchronous
 * @returns takes it back */
export function onExit(end: () => void): () => void {
  if (ends.size === 0) process.on('exit', endAll);
  ends.add(end);
  return () => {
    ends.delete(end);
    if (ends.size === 0) process.off('exit', endAll);
  };
}

function endAll(): void {
  for (const end of ends) end();
}
