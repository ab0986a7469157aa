// What loading (load/) sees of the cache around it: one namespace's view.
import type { Entry } from '../entry.ts';
import { FAILED } from '../faults/guard.ts';
import type { Computed, FillTicket, LockHost, LoadHost } from '../load/host.ts';
import { makeItem, valueOf } from '../memory/item.ts';
import { track } from './core.ts';
import type { Core } from './core.ts';
import { entryOf, envelopeOf } from './entry-of.ts';
import { resolveLifetime } from './entry-options.ts';
import type { Lifetime } from './entry-options.ts';
import { withTiers, makeJob, timesOf } from './job.ts';
import type { Job } from './job.ts';
import { readBelow, readManyBelow } from './read.ts';
import type { View } from './view.ts';
import { fill } from './write.ts';

/** Makes the host of a namespace's loads. */
export function loadHostOf(core: Core, view: View, lifetime: Lifetime): LoadHost {
  const { clock, memory, counters, events } = core;

  function keep(
    key: string,
    ticket: FillTicket,
    token: string | undefined,
    make: () => Job,
  ): ReturnType<LoadHost['store']> {
    let job: Job;
    let entry: Entry;
    try {
      job = make();
      const item = makeItem(job.envelope, core.format, core.settings.onRead);
      entry = entryOf(core, item, 'memory', false);
    } catch {
      counters.notStored++; // no form in the codec, or none that it can read: the caller gets the value as it is
      return { entry: undefined, settled: Promise.resolve(false) };
    }
    if (job.envelope.payload.length > core.maxValueBytes) {
      counters.notStored++;
      return { entry, settled: Promise.resolve(false) };
    }
    return { entry, settled: fill(core, view, job, ticket, token).settled };
  }

  return {
    namespaceName: view.ns,
    defaults: lifetime,
    counters,
    closing: core.closing.signal,
    lock: core.remote === undefined ? undefined : lockHostOf(core, view),
    mono: () => clock.mono(),
    now: () => clock.now(),
    stamp: () => clock.stamp(),
    check(key) {
      view.checkOpen();
      view.checkKey(key);
    },
    ticket: (key) => memory.ticket(view.names.of(key)),
    peek: (key) => view.peekEntry(key),
    async readBelow(key, { tiers }) {
      counters.memory.misses++;
      const found = await readBelow(core, view, key, tiers);
      return found && entryOf(core, found.item, found.tier, found.isStale);
    },
    async readManyBelow(keys, { tiers }) {
      counters.memory.misses += keys.length;
      const all = await readManyBelow(core, view, keys, tiers);
      return all.map((found) => found && entryOf(core, found.item, found.tier, found.isStale));
    },
    store(key, { value, created, cost, negative, ticket, token, options }: Computed) {
      const life = resolveLifetime(options, lifetime);
      if (life.ttl === 0) return { entry: undefined, settled: Promise.resolve(false) };
      return keep(key, ticket, token, () =>
        makeJob(core, key, value, life, { created, cost, negative }),
      );
    },
    renew(key, previous, { created, cost, ticket, token, options }) {
      const life = resolveLifetime(options, lifetime);
      if (life.ttl === 0) return { entry: undefined, settled: Promise.resolve(false) };
      const envelope = envelopeOf(previous);
      return keep(key, ticket, token, () => ({
        key,
        envelope: {
          ...envelope,
          ...timesOf(core, life),
          flags: withTiers(envelope.flags, life.tiers),
          created,
          cost,
          tags: life.tags,
          meta: life.meta,
        },
        compress: life.compress,
      }));
    },
    shape(value) {
      try {
        const origin = { created: 0, cost: Number.NaN, negative: false };
        const { envelope } = makeJob(core, '', value, lifetime, origin);
        return valueOf(makeItem(envelope, core.format, core.settings.onRead), core.format);
      } catch {
        return value; // no form in the codec: as it is
      }
    },
    trace: (run) =>
      core.telemetry.isActive ? core.telemetry.span('factory', {}, async () => run()) : run(),
    isInvalid: (created, tags) => view.isInvalid(created, tags),
    countHit: (key, entry) => view.countHit(key, entry.tier, entry.stale),
    countMiss: (key) => view.countMiss(key),
    emit: {
      refresh(key, early, durationMs) {
        if (events.has('refresh')) {
          events.emit('refresh', { key, namespace: view.ns, early, durationMs });
        }
      },
      failsafe(key, error) {
        if (events.has('failsafe')) events.emit('failsafe', { key, namespace: view.ns, error });
      },
    },
    track: (work: Promise<unknown>) => track(core, work),
  };
}

function lockHostOf(core: Core, view: View): LockHost | undefined {
  const { remote, telemetry } = core;
  if (remote === undefined) return undefined;
  const { guard, store } = remote;
  return {
    async acquire(key, token, ttl) {
      const fence = await telemetry.span('lock', {}, () =>
        guard.write(() => store.lock(view.ns, key, token, ttl)),
      );
      if (fence === FAILED) return 'failed';
      return fence ?? 'held';
    },
    async extend(key, token, ttl) {
      const isHeld = await guard.write(() => store.extendLock(view.ns, key, token, ttl));
      // An answer that did not come is no answer: the fill's guard decides.
      return isHeld !== false;
    },
    async release(key, token) {
      await guard.write(() => store.unlock(view.ns, key, token));
    },
  };
}
