// Setting values for users: options resolved, values encoded, and what is not to be stored removed instead.
import { errors } from '../errors.ts';
import type { EntryOptions, SetOptions, WriteResult } from '../tiered-cache.ts';
import type { Core } from './core.ts';
import { checkNames, ENTRY_NAMES, resolveLifetime } from './entry-options.ts';
import type { Lifetime } from './entry-options.ts';
import { makeJob, resultOf } from './job.ts';
import type { Job } from './job.ts';
import { deleteAll } from './remove.ts';
import { setWithTicket } from './ticket.ts';
import type { View } from './view.ts';
import { setAll } from './write.ts';

const SET_NAMES = [...ENTRY_NAMES, 'ticket'];

/** What a call did that had nothing to do. */
export const NOTHING: WriteResult = Object.freeze(
  resultOf('skipped', 'skipped', 'skipped', 'skipped'),
);

/** One entry as setMany takes it. */
export type SetEntry = readonly [key: string, value: unknown, options?: EntryOptions];

/** Sets one value, with its ticket if it has one.
 * @throws (rejects) CATZ_TIERS_ENCODE, CATZ_TIERS_OPTION, CATZ_TIERS_TAG, CATZ_TIERS_KEY */
export async function setOne(
  core: Core,
  view: View,
  key: string,
  value: unknown,
  options: SetOptions | undefined,
): Promise<WriteResult> {
  checkNames(options, SET_NAMES);
  const { ticket, ...entry } = options ?? {};
  if (ticket === undefined) return setEntries(core, view, [[key, value, entry]], undefined);
  view.checkKey(key);
  const job = jobOf(core, key, value, resolve(entry, view.lifetime), ticket.created);
  return job === undefined ? deleteAll(core, view, [key]) : setWithTicket(core, view, job, ticket);
}

/** Sets values; the last of several of one key counts.
 * @throws (rejects) as `setOne`; nothing is then set */
export async function setEntries(
  core: Core,
  view: View,
  entries: Iterable<SetEntry>,
  options: EntryOptions | undefined,
): Promise<WriteResult> {
  const base = resolve(options, view.lifetime);
  const jobs = new Map<string, Job>();
  const removed = new Set<string>();
  // One stamp, for they are told of in one message: replayed onto a disk, it must not take one for older than another.
  const created = core.clock.removalStamp();
  for (const [key, value, own] of entries) {
    view.checkKey(key);
    const job = jobOf(core, key, value, resolve(own, base), created);
    if (job === undefined) {
      jobs.delete(key);
      removed.add(key);
    } else {
      removed.delete(key);
      jobs.set(key, job);
    }
  }
  const deleted = removed.size === 0 ? undefined : await deleteAll(core, view, [...removed]);
  if (jobs.size === 0) return deleted ?? NOTHING;
  view.loader.forget([...jobs.keys()]);
  return setAll(core, view, [...jobs.values()]);
}

function resolve(options: EntryOptions | undefined, base: Lifetime): Lifetime {
  checkNames(options, ENTRY_NAMES);
  return resolveLifetime(options, base);
}

// undefined: nothing is to be stored, and what is there goes.
function jobOf(
  core: Core,
  key: string,
  value: unknown,
  lifetime: Lifetime,
  created: number,
): Job | undefined {
  if (lifetime.ttl === 0) return undefined;
  if (value === undefined) throw new errors.ENCODE(core.format.codecName, 'undefined');
  const origin = { created, cost: Number.NaN, negative: false };
  const job = makeJob(core, key, value, lifetime, origin);
  if (job.envelope.payload.length <= core.maxValueBytes) return job;
  core.counters.notStored++;
  return undefined;
}
