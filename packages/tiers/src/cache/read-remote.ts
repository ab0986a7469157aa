// Reading L2. Never rejects: a tier that fails has said nothing.
import type { Envelope, EnvelopeFault } from '../envelope/envelope.ts';
import { FAILED } from '../faults/guard.ts';
import { joinName } from '../memory/names.ts';
import { countFault, decide, GONE } from './answer.ts';
import type { Answer } from './answer.ts';
import { track } from './core.ts';
import type { Core, RemoteSide } from './core.ts';
import { isDoubtful, learnEpochs } from './learn-epochs.ts';
import type { View } from './view.ts';

const NONE: ReadonlySet<string> = new Set();

/** Reads one key. HOT: benchmarks/tiers */
export async function readRemote(
  core: Core,
  remote: RemoteSide,
  view: View,
  key: string,
): Promise<Answer> {
  const { guard, store, recovery, queue } = remote;
  const counters = core.counters.remote;
  // What waits to be written, or removed, there is newer than what is there, even if it is dead by now.
  const waiting = queue.peek(joinName(view.ns, key));
  if (waiting?.envelope !== undefined) {
    return decide(core, view, waiting.envelope, 'remote') ?? GONE;
  }
  if (recovery.hides(view.ns, key)) return GONE;
  const began = core.clock.mono();
  const bytes = await core.telemetry.span('remote.get', {}, () =>
    guard.read(() => store.get(view.ns, key)),
  );
  if (bytes === FAILED) return undefined;
  if (bytes === undefined) {
    counters.misses++;
    return undefined;
  }
  const unpacked = core.format.unpack(bytes);
  const envelope = unpacked instanceof Promise ? await unpacked : unpacked;
  if (typeof envelope === 'string') return refuse(core, view, key, bytes, envelope);
  const learning = learnEpochs(core, remote, view, [envelope], began);
  if (learning !== undefined && isDoubtful(view, envelope, await learning)) {
    counters.misses++;
    return undefined;
  }
  return decide(core, view, envelope, 'remote');
}

/** Reads keys in one round trip. HOT: benchmarks/tiers */
export async function readManyRemote(
  core: Core,
  remote: RemoteSide,
  view: View,
  keys: readonly string[],
): Promise<Answer[]> {
  const { guard, store, recovery, queue } = remote;
  const began = core.clock.mono();
  const answers: Answer[] = keys.map((key) => {
    const waiting = queue.peek(joinName(view.ns, key));
    if (waiting?.envelope !== undefined) {
      return decide(core, view, waiting.envelope, 'remote') ?? GONE;
    }
    return recovery.hides(view.ns, key) ? GONE : undefined;
  });
  const asked = keys.flatMap((_, i) => (answers[i] === undefined ? [i] : []));
  if (asked.length === 0) return answers;
  const got = await core.telemetry.span('remote.getMany', {}, () =>
    guard.read(() =>
      store.getMany(
        view.ns,
        asked.map((i) => keys[i] as string),
      ),
    ),
  );
  if (got === FAILED) return answers;
  const unpacked = got.map((bytes) =>
    Buffer.isBuffer(bytes) ? core.format.unpack(bytes) : undefined,
  );
  // One promise for each key would cost more than what is done for it.
  const envelopes = unpacked.some((one) => one instanceof Promise)
    ? await Promise.all(unpacked.map(async (one) => one))
    : (unpacked as (Envelope | EnvelopeFault | undefined)[]);
  const readable = envelopes.filter((one) => one !== undefined && typeof one !== 'string');
  const learning = learnEpochs(core, remote, view, readable, began);
  const unlearned = learning === undefined ? NONE : await learning;
  for (const [place, i] of asked.entries()) {
    const envelope = envelopes[place];
    const key = keys[i] as string;
    if (envelope === undefined) {
      if (got[place] === undefined) core.counters.remote.misses++;
    } else if (typeof envelope === 'string') {
      answers[i] = refuse(core, view, key, got[place] as Buffer, envelope);
    } else if (isDoubtful(view, envelope, unlearned)) core.counters.remote.misses++;
    else answers[i] = decide(core, view, envelope, 'remote');
  }
  return answers;
}

function refuse(
  core: Core,
  view: View,
  key: string,
  bytes: Buffer,
  fault: EnvelopeFault,
): undefined {
  const { guard, store } = core.remote as RemoteSide;
  core.counters.remote.misses++;
  countFault(core, view, key, 'remote', fault);
  if (fault !== 'corrupt') return undefined;
  track(
    core,
    guard.write(() => store.discard(view.ns, key, bytes)),
  );
  return undefined;
}
