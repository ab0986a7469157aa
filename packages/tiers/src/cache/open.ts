// Opens a tiered cache: the tiers, what guards them, the bus, and the few timers they need. Synchronous: a server that is
// down, or a disk that is still being verified, is no error; reads are misses there until it is ready.
import { HybridClock } from '../clock/hybrid-clock.ts';
import { ValueFormat } from '../codecs/format.ts';
import { Counters } from '../observe/counters.ts';
import { Events } from '../observe/events.ts';
import { LatencySample } from '../observe/latency-sample.ts';
import { StateLog } from '../observe/state-log.ts';
import { createTelemetry } from '../observe/telemetry.ts';
import type { Settings } from '../options.ts';
import { Epochs } from '../tags/epochs.ts';
import type { Core, Opening } from './core.ts';
import { startDemoting } from './demote.ts';
import { listen } from './listen.ts';
import { openDisk } from './open-disk.ts';
import { isDemoting, openMemory } from './open-memory.ts';
import { openRemote } from './open-remote.ts';
import { startClockSync, startRecovering } from './recover.ts';

const DEFAULT_MAX_VALUE = 16 * 1024 * 1024;

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
    lookUps: new LatencySample(),
    events: new Events(),
    telemetry: createTelemetry(settings.telemetry),
    stateLog: new StateLog(settings.logger, name),
    views: new Map(),
    pending: new Set(),
    closing: new AbortController(),
    stops: [],
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

function openBus(core: Opening): Core['ownBus'] {
  const { bus, remote, deadline } = core.settings;
  if (bus === false) return undefined;
  if (bus !== 'auto') return bus;
  // A bus waits a millisecond at least.
  core.ownBus = remote?.openBus?.(Math.max(1, deadline.remote));
  return core.ownBus;
}
