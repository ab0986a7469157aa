// Storing a value: memory at once, Redis and disk as the cache says, then the news to other processes.
// Invariant: an explicit set overwrites; a fill never overwrites what was written, deleted or invalidated since its ticket
// was taken. No function rejects.
import type { FillTicket } from '../load/host.ts';
import { joinName } from '../memory/names.ts';
import type { WriteResult, WriteStatus } from '../tiered-cache.ts';
import { track } from './core.ts';
import type { Core } from './core.ts';
import { fillDisk, writeDisk } from './disk-side.ts';
import { resultOf, takes, worst } from './job.ts';
import type { Job } from './job.ts';
import { pendingOf } from './pending.ts';
import { fillRemote, writeRemote } from './remote-side.ts';
import type { View } from './view.ts';

/** Stores values, each overwriting what is there. */
export async function setAll(core: Core, view: View, jobs: readonly Job[]): Promise<WriteResult> {
  const { announcer, events } = core;
  const memory = worst(jobs.map((job) => setInMemory(core, view, job)));
  const toDisk = writeDisk(core, view.ns, jobs);
  const remote = await writeRemote(core, view.ns, jobs);
  const stamp = jobs.reduce((newest, { envelope }) => Math.max(newest, envelope.created), 0);
  const keys = jobs.map(({ key }) => key);
  // What waits in the queue is told once it is written: whoever heard of it before would read what it replaces.
  const isTold = announcer === undefined || remote === 'queued';
  const bus = isTold ? toldLater(core) : await announcer.keys(view.ns, keys, stamp);
  if (events.has('set')) for (const key of keys) events.emit('set', { key, namespace: view.ns });
  return resultOf(memory, remote, await toDisk, bus);
}

/** Stores a value that was loaded: memory at once, the tiers below in the background.
 * @param token  of the distributed lock that is held; the remote tier lets it go with the fill
 * @returns whether it was not too late, and a promise of whether the remote tier, if there is one, took it */
export function fill(
  core: Core,
  view: View,
  job: Job,
  ticket: FillTicket,
  token: string | undefined,
): { readonly isTaken: boolean; readonly settled: Promise<boolean> } {
  const name = view.names.of(job.key);
  const { memory, counters } = core;
  const { created, tags } = job.envelope;
  const mark = currentTicket(core, name, created, ticket);
  // The engine asks again, under its lock, for keys and hard tags; those of other processes are in the table alone.
  if (mark === undefined || view.isInvalid(created, tags)) return late(core);
  if (takes(job.envelope, 'memory')) {
    const outcome = memory.store(name, view.ns, job.envelope, core.clock.now(), mark);
    if (outcome === 'late') return late(core);
    if (outcome === 'ok') counters.memory.sets++;
  }
  fillDisk(core, view.ns, job);
  const settled = fillBelow(core, view, job, token);
  track(core, settled);
  return { isTaken: true, settled };
}

/** Copies an entry of the disk up to the remote tier, unless something newer is there. */
export function fillUp(core: Core, view: View, job: Job): void {
  track(core, fillRemote(core, pendingOf(view.ns, job), undefined));
}

async function fillBelow(
  core: Core,
  view: View,
  job: Job,
  token: string | undefined,
): Promise<boolean> {
  const { remote } = core;
  if (remote === undefined || remote.mode === 'off' || remote.mode === 'victim') return false;
  if (!takes(job.envelope, 'remote')) return false;
  if (remote.mode === 'through' || token !== undefined) {
    return (await fillRemote(core, pendingOf(view.ns, job), token)) === 'ok';
  }
  const name = joinName(view.ns, job.key);
  const isNews = remote.queue.peek(name)?.isNews === true;
  remote.queue.put(name, pendingOf(view.ns, job, isNews));
  return false;
}

// What came into memory since the ticket was taken may be older than the value: a stale copy from below, brought up by this
// very load or a read beside it. That refuses nothing; a removal leaves nothing there, and a set something newer.
function currentTicket(
  { memory }: Core,
  name: string,
  created: number,
  ticket: FillTicket,
): FillTicket | undefined {
  if (memory.isCurrent(name, ticket)) return ticket;
  const { version } = memory.ticket(name);
  const there = memory.peek(name);
  return there !== undefined && there.created < created ? { ...ticket, version } : undefined;
}

function late(core: Core): { readonly isTaken: boolean; readonly settled: Promise<boolean> } {
  core.counters.notStored++;
  return { isTaken: false, settled: Promise.resolve(false) };
}

function toldLater({ announcer }: Core): WriteStatus {
  return announcer === undefined ? 'off' : 'queued';
}

function setInMemory(core: Core, view: View, job: Job): WriteStatus {
  const name = view.names.of(job.key);
  const { memory } = core;
  if (!takes(job.envelope, 'memory')) {
    memory.delete(name);
    return memory.cache === undefined ? 'off' : 'skipped';
  }
  const outcome = memory.store(name, view.ns, job.envelope, core.clock.now(), undefined);
  if (outcome === 'off') return 'off';
  if (outcome === 'ok') core.counters.memory.sets++;
  return outcome === 'ok' ? 'ok' : 'failed';
}
