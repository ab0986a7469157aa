// What a cache tells of itself: counts and states. Nothing here waits longer than a tier's deadline, or fails.
import type { Health, TierHealth } from '../health.ts';
import type { StatsSources } from '../observe/counters.ts';
import type { Stats } from '../stats.ts';
import type { Core } from './core.ts';

const OFF: TierHealth = Object.freeze({
  state: 'off',
  backend: 'none',
  breaker: undefined,
  latency: undefined,
  lastError: undefined,
  since: undefined,
});
/** States in which a tier does its work. */
const WORKING: ReadonlySet<string> = new Set(['off', 'ready', 'ok', 'live']);

/** Counts since the cache was made, or they were reset. */
export function statsOf(core: Core): Stats {
  return core.counters.snapshot(sourcesOf(core));
}

/** Counts from 0 again. */
export function resetStats(core: Core): void {
  core.counters.reset(sourcesOf(core));
  core.lookUps.reset();
  core.remote?.guard.resetCounts();
  core.disk?.guard.resetCounts();
}

/** State of every part.
 * @param probe  asks each tier now */
export async function healthOf(core: Core, probe: boolean): Promise<Health> {
  const { remote, disk, announcer } = core;
  if (probe) await Promise.all([remote?.guard.probe(), disk?.guard.probe()]);
  const memory = memoryHealth(core);
  const bus = announcer && { ...announcer.bus.health(), gaps: core.gaps };
  const remoteHealth = remote === undefined ? OFF : remoteHealthOf(core);
  const diskHealth = disk === undefined ? OFF : diskHealthOf(core);
  const states = [remoteHealth.state, diskHealth.state, bus?.state ?? 'off'];
  const isWell = states.every((state) => WORKING.has(state));
  return {
    status: memory.state === 'down' ? 'down' : isWell ? 'ok' : 'degraded',
    name: core.name,
    memory,
    remote: remoteHealth,
    disk: { ...diskHealth, bytes: disk?.store.bytes() ?? 0, maxBytes: disk?.store.maxBytes ?? 0 },
    bus,
    queues: {
      writeBehind: (remote?.queue.size ?? 0) + (disk?.queue.size ?? 0),
      recovery: (remote?.recovery.size ?? 0) + (announcer?.backlog ?? 0),
    },
    compression: core.format.compressionName,
    codec: core.format.codecName,
  };
}

/** Waits for tiers and bus, `timeout` ms at most. */
export async function readyWithin(core: Core, timeout: number): Promise<Health> {
  const waits: Promise<unknown>[] = [];
  if (core.remote !== undefined) waits.push(core.remote.connected);
  if (core.disk !== undefined) waits.push(core.disk.ready);
  if (core.announcer !== undefined) waits.push(core.announcer.ready);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeout);
  });
  await Promise.race([Promise.all(waits), late]);
  clearTimeout(timer);
  return healthOf(core, false);
}

function memoryHealth(core: Core): TierHealth {
  const { cache } = core.memory;
  if (cache === undefined) return OFF;
  try {
    return { ...OFF, state: 'ok', backend: cache.stats().backend };
  } catch (error) {
    const lastError = error instanceof Error ? error.message : String(error);
    return { ...OFF, state: 'down', backend: 'closed', lastError };
  }
}

function remoteHealthOf(core: Core): TierHealth {
  const { state, store, guard } = core.remote as NonNullable<Core['remote']>;
  return {
    state,
    backend: store.backend,
    breaker: guard.breaker,
    latency: guard.latency,
    lastError: store.lastError ?? guard.lastError,
    since: guard.since,
  };
}

function diskHealthOf(core: Core): TierHealth {
  const { store, guard, isLive, mustBeEmptied } = core.disk as NonNullable<Core['disk']>;
  return {
    state: store.state === 'ready' && (!isLive || mustBeEmptied) ? 'syncing' : store.state,
    backend: store.backend,
    breaker: guard.breaker,
    latency: guard.latency,
    lastError: store.lastError ?? guard.lastError,
    since: guard.since,
  };
}

function sourcesOf(core: Core): StatsSources {
  const { memory, remote, disk } = core;
  return {
    // Where there is no memory, nothing was looked up in it.
    memory: memory.cache && core.lookUps.latency,
    remote: remote?.guard,
    disk: disk && {
      faults: disk.guard.faults,
      latency: disk.guard.latency,
      bytes: disk.store.bytes(),
    },
    queued: (remote?.queue.size ?? 0) + (disk?.queue.size ?? 0),
    dropped: (remote?.queue.dropped ?? 0) + (disk?.queue.dropped ?? 0),
    busGaps: core.gaps,
    listenerErrors: core.events.listenerErrors,
  };
}
