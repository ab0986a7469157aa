// Reading L3. Never rejects: a tier that fails has said nothing.
import type { Envelope, EnvelopeFault } from '../envelope/envelope.ts';
import { FAILED } from '../faults/guard.ts';
import type { Failed } from '../faults/guard.ts';
import { joinName } from '../memory/names.ts';
import { countFault, decide, GONE } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Core, DiskSide } from './core.ts';
import { learnEpochs } from './learn-epochs.ts';
import { pendingRemoval } from './pending.ts';
import type { View } from './view.ts';

type DiskBytes = Buffer | Failed | undefined;

/** Reads one key. A promise only where one is needed, as below. HOT: benchmarks/tiers */
export function readDisk(
  core: Core,
  disk: DiskSide,
  view: View,
  key: string,
): Answer | Promise<Answer> {
  const name = joinName(view.ns, key);
  const waiting = disk.queue.peek(name);
  if (waiting !== undefined) {
    return waiting.envelope === undefined ? GONE : decide(core, view, waiting.envelope, 'disk');
  }
  // Not yet told of all invalidations: what it holds may be dead.
  if (!disk.isLive || disk.mustBeEmptied || disk.dropped.has(name)) return undefined;
  const bytes = readDiskBytes(core, disk, name);
  if (!(bytes instanceof Promise)) return answerOf(core, disk, view, key, bytes);
  return bytes.then((late) => answerOf(core, disk, view, key, late));
}

function answerOf(
  core: Core,
  disk: DiskSide,
  view: View,
  key: string,
  bytes: DiskBytes,
): Answer | Promise<Answer> {
  if (bytes === FAILED) return undefined;
  if (bytes === undefined || bytes.length === 0) {
    core.counters.disk.misses++;
    return undefined;
  }
  const envelope = core.format.unpack(bytes);
  if (!(envelope instanceof Promise)) return judgeDisk(core, disk, view, key, envelope);
  return envelope.then((late) => judgeDisk(core, disk, view, key, late));
}

function judgeDisk(
  core: Core,
  disk: DiskSide,
  view: View,
  key: string,
  envelope: Envelope | EnvelopeFault,
): Answer | Promise<Answer> {
  if (typeof envelope === 'string') {
    countFault(core, view, key, 'disk', envelope);
    if (envelope === 'corrupt') removeFromDisk(core, disk, view, key);
    return undefined;
  }
  const { remote, announcer } = core;
  if (remote === undefined) return decide(core, view, envelope, 'disk');
  // Without a bus nobody told it what others have removed: good enough in place of an error, not more; in memory as well.
  const expiresAt = Math.min(envelope.expiresAt, core.clock.now());
  const judged = announcer === undefined ? { ...envelope, expiresAt } : envelope;
  const learning = learnEpochs(core, remote, view, [envelope], core.clock.mono());
  if (learning === undefined) return decide(core, view, judged, 'disk');
  return learning.then(() => decide(core, view, judged, 'disk'));
}

/** Bytes under a name. A promise only where the store or a span needs one: a hot read of lmdb takes about a microsecond, and
 * a promise with the turn of the microtask queue that its await takes is a good part of that. */
export function readDiskBytes(
  { telemetry }: Core,
  { store, guard }: DiskSide,
  name: string,
): DiskBytes | Promise<DiskBytes> {
  const read = (): DiskBytes | Promise<DiskBytes> => guard.readNow(() => store.get(name));
  return telemetry.isActive ? telemetry.span('disk.get', {}, async () => read()) : read();
}

function removeFromDisk(core: Core, disk: DiskSide, view: View, key: string): void {
  disk.queue.put(joinName(view.ns, key), pendingRemoval(view.ns, key, core.clock.stamp()));
}
