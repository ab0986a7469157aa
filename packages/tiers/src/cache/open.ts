// Opens a tiered cache: the tiers, what guards them, the bus, and the few timers they need. Synchronous: a server that is
// down, or a disk that is still being verified, is no error; reads are misses there until it is ready.
import { openCache } from '@catzilla/cache-core';
import type { Cache, CacheOptions } from '@catzilla/cache-core';
import { HybridClock } from '../clock/hybrid-clock.ts';
import { ValueFormat } from '../codecs/format.ts';
import { createGuard } from '../faults/create-guard.ts';
import { RecoveryQueue } from '../faults/recovery.ts';
import { WriteBehind } from '../faults/write-behind.ts';
import { EngineMemory } from '../memory/engine-memory.ts';
import type { Memory } from '../memory/memory.ts';
import { NoMemory } from '../memory/no-memory.ts';
import { Counters } from '../observe/counters.ts';
import { Events } from '../observe/events.ts';
import { StateLog } from '../observe/state-log.ts';
import { createTelemetry } from '../observe/telemetry.ts';
import type { Settings } from '../options.ts';
import { Epochs, namespaceEpochName } from '../tags/epochs.ts';
import { listen } from './listen.ts';
import type { Core, DiskSide, Opening, RemoteSide } from './core.ts';
import { startDemoting } from './demote.ts';
import { bringUpToDate } from './disk-replay.ts';
import { flushDisk } from './disk-side.ts';
import { applyClear } from './invalidate.ts';
import { sizeOfPending } from './pending.ts';
import type { Pending } from './pending.ts';
import { startClockSync, startRecovering, syncClock } from './recover.ts';
import { receiveExternal } from './receive.ts';
import { flushRemote } from './remote-side.ts';

const DEFAULT_MAX_VALUE = 16 * 1024 * 1024;
/** Room for evicted entries on their way down. */
const EVICTION_RING_BYTES = 4 * 1024 * 1024;

/** Opens what the settings say.
 * @throws what opening L1 throws, CATZ_TIERS_DISK_ACCESS, CATZ_TIERS_DEPENDENCY */
export function openCore(settings: Settings): Core {
  const { name, codec, codecs, compression } = settings;
  const clock = new HybridClock(settings.clock);
  const maxValueBytes = settings.maxValueBytes ?? DEFAULT_MAX_VALUE;
  const format = new ValueFormat({ codec, codecs, compression, maxValueBytes });
  const counters = new Counters();
  const core: Opening = {
    settings,
    name,
    clock,
    format,
    maxValueBytes,
    memory: openMemory(settings, format, counters),
    remote: undefined,
    disk: undefined,
    announcer: undefined,
    ownBus: undefined,
    epochs: new Epochs(settings.remote !== undefined),
    counters,
    events: new Events(),
    telemetry: createTelemetry(settings.telemetry),
    stateLog: new StateLog(settings.logger, name),
    views: new Map(),
    pending: new Set(),
    closing: new AbortController(),
    stops: [],
    longestLife: 0,
    gaps: 0,
    isClosed: false,
  };
  core.remote = openRemote(core);
  const bus = openBus(core);
  if (bus !== undefined) listen(core, bus);
  core.disk = openDisk(core);
  if (core.remote !== undefined) core.stops.push(startRecovering(core), startClockSync(core));
  if (isDemoting(settings)) core.stops.push(startDemoting(core));
  return core;
}

function openMemory(settings: Settings, format: ValueFormat, counters: Counters): Memory {
  const { memory, name, onRead } = settings;
  if (memory === false) return new NoMemory();
  const isOwned = !isCache(memory);
  const cache = isCache(memory) ? memory : openCache(`tiers.${name}`, withRing(memory, settings));
  // One that was given without a ring says so now, not when the first entry is evicted.
  if (isDemoting(settings)) cache.drainEvicted();
  const onCorrupt = (): void => {
    counters.memory.corrupt++;
  };
  return new EngineMemory({ cache, isOwned, name, format, onRead, onCorrupt });
}

function withRing(options: CacheOptions, settings: Settings): CacheOptions {
  const { minFrequency } = settings;
  if (!isDemoting(settings)) return options;
  return { evictionRing: { maxBytes: EVICTION_RING_BYTES, minFrequency }, ...options };
}

function isDemoting({ write, remote, disk }: Settings): boolean {
  const isRemote = remote !== undefined && write.remote === 'victim';
  return isRemote || (disk !== undefined && write.disk === 'victim');
}

function openRemote(core: Opening): RemoteSide | undefined {
  const { settings, clock } = core;
  if (settings.remote === undefined) return undefined;
  const first = firstConnection();
  const store = settings.remote.open({
    name: core.name,
    now: () => clock.now(),
    onState(state) {
      // Stamps made before the clocks agree could lie seconds beside those of others.
      if (state === 'ready') void syncClock(core).then(first.end);
      else if (state !== 'connecting') first.end();
      tellState(core, 'remote', state, core.remote?.guard.lastError);
    },
    onExternal: (changed) => receiveExternal(core, changed),
  });
  if (store.state !== 'connecting') first.end();
  const guard = createGuard({
    deadline: settings.deadline.remote,
    maxInFlight: settings.maxInFlight,
    // The first calls of a process would find no connection yet.
    connecting: () => (first.hasEnded ? undefined : first.promise),
    faultOf: (error) => store.faultOf(error),
    ping: () => store.ping(),
    probeWrite: () => store.probeWrite(),
    reset: () => store.reset(),
    mono: () => clock.mono(),
    now: () => clock.now(),
    onChange: () => {
      const isClosed = guard.breaker.read === 'closed' && guard.breaker.write === 'closed';
      tellState(core, 'remote', isClosed ? store.state : 'down', guard.lastError);
    },
  });
  const recovery = new RecoveryQueue({
    epochOf: namespaceEpochName,
    onOverflow: (ns, kind, stamp) => {
      if (kind === 'hard') applyClear(core, ns, stamp);
    },
  });
  const queue = new WriteBehind<Pending>({
    sizeOf: sizeOfPending,
    flush: (batch) => flushRemote(core, batch),
  });
  return { store, guard, queue, recovery, mode: settings.write.remote, connected: first.promise };
}

interface FirstConnection {
  readonly promise: Promise<void>;
  hasEnded: boolean;
  readonly end: () => void;
}

function firstConnection(): FirstConnection {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((give) => {
    resolve = give;
  });
  const first: FirstConnection = {
    promise,
    hasEnded: false,
    end() {
      first.hasEnded = true;
      resolve();
    },
  };
  return first;
}

function openDisk(core: Opening): DiskSide | undefined {
  const { settings, clock } = core;
  if (settings.disk === undefined) return undefined;
  const store = settings.disk.open({
    name: core.name,
    onState: (state) => tellState(core, 'disk', state, store.lastError),
  });
  const mustWork = async (): Promise<void> => {
    if (store.state !== 'ready') throw new Error(store.lastError ?? `the disk is ${store.state}`);
  };
  const guard = createGuard({
    deadline: settings.deadline.disk,
    faultOf: () => (store.state === 'full' ? 'write' : 'down'),
    ping: mustWork,
    // A full disk is tried again by a real write; there is none that could be taken back.
    probeWrite: async () => {
      if (store.state !== 'full') await mustWork();
    },
    reset: () => undefined,
    mono: () => clock.mono(),
    now: () => clock.now(),
    onChange: () => tellState(core, 'disk', store.state, store.lastError),
  });
  let opened: Promise<void> = Promise.resolve();
  const disk: DiskSide = {
    store,
    guard,
    queue: new WriteBehind<Pending>({
      sizeOf: sizeOfPending,
      flush: (batch) => flushDisk(core, disk, batch),
    }),
    mode: settings.write.disk,
    get ready() {
      return opened;
    },
    isLive: false,
  };
  core.disk = disk;
  opened = bringUpToDate(core, disk);
  return disk;
}

function openBus(core: Opening): Core['ownBus'] {
  const { bus, remote } = core.settings;
  if (bus === false) return undefined;
  if (bus !== 'auto') return bus;
  core.ownBus = remote?.openBus?.();
  return core.ownBus;
}

function tellState(
  core: Opening,
  tier: 'remote' | 'disk',
  state: string,
  lastError: string | undefined,
): void {
  const event = { tier, state, lastError };
  if (core.stateLog.tell(event)) core.events.emit('state', event);
}

function isCache(value: Cache | CacheOptions): value is Cache {
  return typeof (value as Partial<Cache>).getRecord === 'function';
}
