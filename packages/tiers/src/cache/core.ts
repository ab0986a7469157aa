// What all namespaces of one tiered cache share: its tiers with what guards them, its clock, epochs, format and counters.
// It holds parts and state and does nothing by itself: reading is read.ts, writing write.ts, removing remove.ts,
// invalidating invalidate.ts; how it comes to be is open.ts, how it ends close.ts.
import type { Bus } from '@catzilla/bus';
import type { HybridClock } from '../clock/hybrid-clock.ts';
import type { ValueFormat } from '../codecs/format.ts';
import type { DiskStore } from '../disk/disk-store.ts';
import type { Guard } from '../faults/guard.ts';
import type { RecoveryQueue } from '../faults/recovery.ts';
import type { WriteBehind } from '../faults/write-behind.ts';
import type { Announcer } from '../invalidation/announcer.ts';
import type { Memory } from '../memory/memory.ts';
import type { Counters } from '../observe/counters.ts';
import type { Events } from '../observe/events.ts';
import type { LatencySample } from '../observe/latency-sample.ts';
import type { StateLog } from '../observe/state-log.ts';
import type { Telemetry } from '../observe/telemetry.ts';
import type { Settings, WriteMode } from '../options.ts';
import type { RemoteStore } from '../remote/remote-tier.ts';
import type { Epochs } from '../tags/epochs.ts';
import type { Dropped } from './dropped.ts';
import type { Pending } from './pending.ts';
import type { View } from './view.ts';

/** L2 with what stands around it. */
export interface RemoteSide {
  readonly store: RemoteStore;
  readonly guard: Guard;
  readonly mode: WriteMode;
  readonly queue: WriteBehind<Pending>;
  /** What the server must still be told: removals and epochs it could not take. */
  readonly recovery: RecoveryQueue;
  /** Resolves when it was first reached, or could not be; never rejects. */
  readonly connected: Promise<void>;
  /** As users see it: of the connection, and of what is asked over it. */
  readonly state: string;
}

/** L3 with what stands around it. */
export interface DiskSide {
  readonly store: DiskStore;
  readonly guard: Guard;
  readonly mode: WriteMode;
  readonly queue: WriteBehind<Pending>;
  /** Resolves when it may be read; never rejects. */
  readonly ready: Promise<void>;
  /** Names whose last write it did not get. */
  readonly dropped: Dropped;
  /** Whether what it holds has heard of every invalidation: false while the log is replayed onto it. */
  isLive: boolean;
  /** Whether it holds what must not be read, and could not yet be emptied. */
  mustBeEmptied: boolean;
}

/** Parts that are put in while a core is opened. */
export type Opening = { -readonly [K in keyof Core]: Core[K] };

/** The shared state of one tiered cache. */
export interface Core {
  readonly settings: Settings;
  readonly name: string;
  readonly clock: HybridClock;
  readonly format: ValueFormat;
  readonly maxValueBytes: number;
  readonly memory: Memory;
  readonly remote: RemoteSide | undefined;
  readonly disk: DiskSide | undefined;
  readonly announcer: Announcer | undefined;
  readonly epochs: Epochs;
  readonly counters: Counters;
  /** Of look-ups in memory. */
  readonly lookUps: LatencySample;
  readonly events: Events;
  readonly telemetry: Telemetry;
  readonly stateLog: StateLog;
  /** Namespaces in use, by name. */
  readonly views: Map<string, View>;
  /** Work that close waits for. */
  readonly pending: Set<Promise<unknown>>;
  readonly closing: AbortController;
  /** What ends timers and listeners. */
  readonly stops: (() => void)[];
  /** The bus, if it was made here. */
  readonly ownBus: Bus | undefined;
  /** Times at which messages of others may have been missed. */
  gaps: number;
  isClosed: boolean;
}

/** Keeps what must end before close. The promise must not reject. */
export function track(core: Core, work: Promise<unknown>): void {
  core.pending.add(work);
  const settle = (): void => {
    core.pending.delete(work);
  };
  work.then(settle, settle);
}
