// Asking the server for the epochs of tags and namespaces that this process has not heard of, for entries read from below.
// Invariant: of an entry of the remote tier it is known when its tags were last invalidated, or it is not given: the server
// that answered for the entry and not for its tags would else bring back what was invalidated before this process came.
import { FLAG } from '../envelope/envelope.ts';
import type { Envelope } from '../envelope/envelope.ts';
import { FAILED } from '../faults/guard.ts';
import { tagEpochName } from '../tags/epochs.ts';
import type { Core, RemoteSide } from './core.ts';
import type { View } from './view.ts';

const NONE: ReadonlySet<string> = new Set();

/** Learns the epochs that entries are judged by, all in one batch, within what is left of the caller's budget. Never
 * rejects.
 * @param began  of the call, monotonic ms
 * @returns names that could not be learned in time; no promise when all are known, as nearly always. HOT: benchmarks/tiers */
export function learnEpochs(
  core: Core,
  remote: RemoteSide,
  view: View,
  envelopes: readonly Envelope[],
  began: number,
): Promise<ReadonlySet<string>> | undefined {
  const now = core.clock.mono();
  let unknown: Set<string> | undefined;
  const note = (name: string): void => {
    if (core.epochs.isUnknown(name, now)) (unknown ??= new Set()).add(name);
  };
  view.epochNames.forEach(note);
  for (const { tags } of envelopes) for (const tag of tags) note(tagEpochName(tag));
  if (unknown === undefined) return undefined;
  return askFor(core, remote, unknown, core.settings.deadline.remote - (now - began));
}

async function askFor(
  core: Core,
  remote: RemoteSide,
  names: ReadonlySet<string>,
  left: number,
): Promise<ReadonlySet<string>> {
  const ask = (): Promise<void> => readAndLearn(core, remote, [...names]);
  const got = await remote.guard.read(ask, Math.max(1, left));
  return got === FAILED ? names : NONE;
}

/** Whether an entry cannot be judged, since its epochs were not learned. */
export function isDoubtful(
  view: View,
  { flags, tags }: Envelope,
  unlearned: ReadonlySet<string>,
): boolean {
  if (unlearned.size === 0 || (flags & FLAG.tombstone) !== 0) return false;
  return (
    view.epochNames.some((name) => unlearned.has(name)) ||
    tags.some((tag) => unlearned.has(tagEpochName(tag)))
  );
}

// Also what comes too late for this caller is learned: the next one need not ask.
async function readAndLearn(
  core: Core,
  { store }: RemoteSide,
  names: readonly string[],
): Promise<void> {
  const { announcer, clock, epochs, gaps, settings } = core;
  const isLive = announcer?.isLive === true;
  const got = await store.readEpochs(names);
  // Later changes are heard of, unless some may have been missed meanwhile.
  const until = isLive && core.gaps === gaps ? Infinity : clock.mono() + settings.tagTtl;
  for (const [i, [hard, soft]] of got.entries()) {
    epochs.learn(names[i] as string, hard, soft, until);
  }
}
