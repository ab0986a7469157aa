// Invalidating by tag and emptying namespaces: one epoch raised, in this process, at the remote tier, on disk, and told to
// the others; however many entries it makes invalid. No function rejects.
import { FAILED } from '../faults/guard.ts';
import { namespaceEpochName, tagEpochName } from '../tags/epochs.ts';
import type { WriteResult, WriteStatus } from '../tiered-cache.ts';
import { track } from './core.ts';
import type { Core } from './core.ts';
import { clearDisk } from './clear-disk.ts';
import { noteEpochs } from './disk-side.ts';
import { resultOf } from './job.ts';
import { EPOCH_LIFE } from './remote-life.ts';
import type { View } from './view.ts';

/** How often a sweep that is waited for is asked whether the server still answers, ms. */
const LOOK_EVERY = 500;

/** Makes every entry with one of the tags invalid. */
export async function invalidateTags(
  core: Core,
  tags: readonly string[],
  isSoft: boolean,
): Promise<WriteResult> {
  const { announcer, counters, events, memory } = core;
  const stamp = core.clock.removalStamp();
  applyTags(core, tags, isSoft, stamp);
  counters.invalidations++;
  const names = tags.map(tagEpochName);
  const kind = isSoft ? 'soft' : 'hard';
  const toDisk = noteEpochs(core, names, kind, stamp);
  const remote = await raiseRemote(core, names, kind, stamp);
  const bus = announcer === undefined ? 'off' : await announcer.tags(tags, isSoft, stamp);
  if (events.has('invalidate')) events.emit('invalidate', { tags, soft: isSoft });
  return resultOf(memory.cache === undefined ? 'off' : 'ok', remote, await toDisk, bus);
}

/** Empties a namespace and those within it.
 * @param wait  true: until the remote tier has removed what is out of reach */
export async function clearNamespace(core: Core, view: View, wait: boolean): Promise<WriteResult> {
  const { announcer, events, memory } = core;
  const stamp = core.clock.removalStamp();
  applyClear(core, view.ns, stamp);
  const toDisk = forgetOnDisk(core, view.ns, stamp);
  const remote = await raiseRemote(core, [namespaceEpochName(view.ns)], 'hard', stamp);
  const bus = announcer === undefined ? 'off' : await announcer.clear(view.ns, stamp);
  const swept = sweepRemote(core, view.ns, stamp);
  if (wait) await whileAnswered(core, swept);
  if (events.has('clear')) events.emit('clear', { namespace: view.ns });
  return resultOf(memory.cache === undefined ? 'off' : 'ok', remote, await toDisk, bus);
}

/** Takes note of an invalidation in this process, whoever made it. */
export function applyTags(
  core: Core,
  tags: readonly string[],
  isSoft: boolean,
  stamp: number,
): void {
  for (const tag of tags) {
    core.epochs.raise(tagEpochName(tag), isSoft ? 'soft' : 'hard', stamp, -Infinity);
  }
  if (!isSoft) core.memory.invalidateTags(tags);
}

/** Takes note of an emptied namespace in this process, whoever emptied it. */
export function applyClear(core: Core, ns: string, stamp: number): void {
  core.epochs.raise(namespaceEpochName(ns), 'hard', stamp, -Infinity);
  core.memory.clearNamespace(ns);
  for (const view of core.views.values()) {
    if (ns === '' || view.ns === ns || view.ns.startsWith(`${ns}/`)) view.loader.forgetAll();
  }
}

/** Takes note of it on disk. */
export async function forgetOnDisk(core: Core, ns: string, stamp: number): Promise<WriteStatus> {
  if (core.disk === undefined) return 'off';
  if (ns === '') return clearDisk(core);
  return noteEpochs(core, [namespaceEpochName(ns)], 'hard', stamp);
}

async function raiseRemote(
  core: Core,
  names: readonly string[],
  kind: 'hard' | 'soft',
  stamp: number,
): Promise<WriteStatus> {
  const { remote } = core;
  if (remote === undefined) return 'off';
  const outcome = await core.telemetry.span('remote.raiseEpochs', {}, () =>
    remote.guard.write(() => remote.store.raiseEpochs(names, kind, stamp, EPOCH_LIFE)),
  );
  if (outcome !== FAILED) return 'ok';
  remote.recovery.raise(names, kind, stamp);
  return 'failed';
}

// Out of reach already; this only gives the server its memory back. In pages, so it takes as long as it takes.
async function sweepRemote(core: Core, ns: string, stamp: number): Promise<void> {
  const { remote } = core;
  if (remote === undefined || !remote.guard.canWrite) return;
  const work = remote.store.sweep(ns, stamp).then(
    () => undefined,
    () => undefined, // the epoch holds all the same, and what is out of reach expires by itself
  );
  track(core, work);
  await work;
}

// A sweep knows no deadline: it is waited for as long as the server answers other calls.
async function whileAnswered(core: Core, work: Promise<void>): Promise<void> {
  let isOver = false;
  const ended = work.then(() => (isOver = true));
  while (!isOver && !core.isClosed) {
    let timer: NodeJS.Timeout | undefined;
    const later = new Promise((resolve) => {
      timer = setTimeout(resolve, LOOK_EVERY);
    });
    await Promise.race([ended, later]);
    clearTimeout(timer);
    if (!isOver && (await core.remote?.guard.probe()) === false) return;
  }
}
