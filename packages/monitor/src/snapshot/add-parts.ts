// Parts of readings added, as each part wants it: what all threads share is taken once, from the first; of states and quantiles the
// worst stands. Invariant: nothing that is given is changed, and what is added may be added to again.
import type { EngineReading, TasksReading } from '../read/reading.ts';
import { addCounts, addFields, mergeBy, worse, worseState } from './merge.ts';
import type { RealtimeSnapshot, StaticSnapshot, TierSnapshot } from './snapshot.ts';

/** Engines by name. */
export function addEngines(engines: readonly EngineReading[]): EngineReading[] {
  return mergeBy(engines, ({ name }) => name, addEngine);
}

function addEngine(a: EngineReading, b: EngineReading): EngineReading {
  if (a.isShared && b.isShared) return a;
  return { ...addFields(a, b), segmentBytes: Math.max(a.segmentBytes, b.segmentBytes) };
}

/** Tiers by cache. */
export function addTiers(tiers: readonly TierSnapshot[]): TierSnapshot[] {
  return mergeBy(tiers, ({ cache, tier }) => `${tier} ${cache}`, addTier);
}

function addTier(a: TierSnapshot, b: TierSnapshot): TierSnapshot {
  return {
    ...addFields(a, b),
    state: worseState(a.state, b.state),
    p50Ms: worse(a.p50Ms, b.p50Ms),
    p99Ms: worse(a.p99Ms, b.p99Ms),
  };
}

/** Queues and tasks by name. */
export function addTasks(a: TasksReading, b: TasksReading): TasksReading {
  const isShared = a.isShared && b.isShared;
  const queues = isShared && a.queues.length > 0 ? a.queues : [...a.queues, ...b.queues];
  return {
    isShared,
    backend: a.backend,
    state: worseState(a.state, b.state),
    queues: mergeBy(
      queues,
      ({ queue }) => queue,
      (one, other) => ({
        ...addFields(one, other),
        priorities: addCounts(one.priorities, other.priorities),
        paused: one.paused || other.paused,
      }),
    ),
    tasks: mergeBy(
      [...a.tasks, ...b.tasks],
      ({ task, queue }) => `${queue} ${task}`,
      (one, other) => ({
        ...addFields(one, other),
        p50Ms: worse(one.p50Ms, other.p50Ms),
        p99Ms: worse(one.p99Ms, other.p99Ms),
      }),
    ),
  };
}

/** Each thread publishes and delivers for itself. A channel that several threads have is one: how many they are together nobody
 * knows, at least as many as one has. */
export function addRealtime(a: RealtimeSnapshot, b: RealtimeSnapshot): RealtimeSnapshot {
  return {
    ...addFields(a, b),
    state: worseState(a.state, b.state),
    channels: Math.max(a.channels, b.channels),
  };
}

/** Each thread knows the same files. */
export function addFiles(a: StaticSnapshot, b: StaticSnapshot): StaticSnapshot {
  return { ...addFields(a, b), files: Math.max(a.files, b.files) };
}

/** What readings have of one part; undefined: none has it. */
export function reduceParts<R, T>(
  readings: readonly R[],
  partOf: (reading: R) => T | undefined,
  add: (a: T, b: T) => T,
): T | undefined {
  let sum: T | undefined;
  for (const reading of readings) {
    const part = partOf(reading);
    if (part !== undefined) sum = sum === undefined ? part : add(sum, part);
  }
  return sum;
}
