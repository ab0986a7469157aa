// Hears when an AbortSignal fires, with one listener for all who watch the same: a request's signal may be given to any
// number of calls, and Node warns of a leak from the eleventh listener on.
// Invariant: a signal that nobody watches has no listener of ours.

type Watcher = () => void;

interface Watched {
  readonly watchers: Set<Watcher>;
  readonly listener: () => void;
}

const bySignal = new WeakMap<AbortSignal, Watched>();

/** Calls `watcher` once when the signal fires, before this tick ends; never for one that has fired already.
 * @returns ends the watch */
export function watchAbort(signal: AbortSignal, watcher: Watcher): () => void {
  const watched = bySignal.get(signal) ?? watch(signal);
  watched.watchers.add(watcher);
  return () => {
    watched.watchers.delete(watcher);
    if (watched.watchers.size > 0) return;
    signal.removeEventListener('abort', watched.listener);
    bySignal.delete(signal);
  };
}

function watch(signal: AbortSignal): Watched {
  const watchers = new Set<Watcher>();
  const listener = (): void => {
    bySignal.delete(signal);
    for (const watcher of watchers) watcher();
  };
  const watched = { watchers, listener };
  bySignal.set(signal, watched);
  signal.addEventListener('abort', listener, { once: true });
  return watched;
}
