// Options of openCache: checked once, completed with defaults that depend on each other, frozen.
// Invariant: what comes out fits together (reserve >= max >= 4 x largest value), so opening can only
// fail for want of memory. Which of them were given explicitly is kept: only those can contradict.
import { isAbsolute } from 'node:path';
import {
  bool,
  bytes,
  checkOptions,
  custom,
  duration,
  int,
  number,
  object,
  oneOf,
  optional,
  orFalse,
  show,
} from '@catzilla/common';
import type { OptionContext, OptionSpecs } from '@catzilla/common';
import { backendFromEnvironment } from './environment.ts';
import { errors } from './errors.ts';
import { MAX_TTL } from './call-options.ts';

/** Options of a near-cache: copies of the hottest values on the JavaScript side, per handle, on top of maxBytes. */
export interface NearCacheOptions {
  /** Values it holds at most. Default: 4096. */
  readonly maxEntries?: number | undefined;
  /** Bytes of values it holds at most, at least 16 KiB. Default: 4 MiB. */
  readonly maxBytes?: number | undefined;
  /** Largest value it takes; never more than an eighth of its maxBytes. Default: 64 KiB. */
  readonly maxEntryBytes?: number | undefined;
}

/** Options of an eviction ring: what was evicted for want of room, until `drainEvicted` takes it. In memory of this
 * process, on top of the cache's maxBytes. */
export interface EvictionRingOptions {
  /** Bytes it holds at most, bookkeeping included, 4096 to 2^30; full, it drops the oldest. Values above an eighth of it,
   * or 1 MiB, do not come in. Default: 4 MiB. */
  readonly maxBytes?: number | undefined;
  /** How often a value must have been read since its key came in, 0 to 3, the most that the engine counts. Reads by
   * `peek` and `has` do not count; replacing a value does not start anew. Default: 1. */
  readonly minFrequency?: number | undefined;
}

/** Options of openCache. The first opener of a name decides on maxBytes, reserveBytes, maxKeyBytes, maxValueBytes,
 * policy, ttl, scope, path and leaseLimit; the others belong to the handle, lockTimeout to the process. */
export interface CacheOptions {
  /** 'process': one cache for all threads of the process. 'machine': one for all processes of this user on this machine
   * that open the name, Linux only; it outlives them, until the machine restarts. Needs a name and backend 'native'.
   * Default: 'process', or what this isolate has the name open with. */
  readonly scope?: 'process' | 'machine' | undefined;
  /** The file of a cache of scope 'machine', an absolute path on a file system in memory.
   * Default: /dev/shm/catzilla.<uid>.<name>.v<layout>.arena. */
  readonly path?: string | undefined;
  /** Bound in bytes on everything the engine keeps, index and bookkeeping included, at least 1 MiB. Default: 64 MiB, or
   * as near to it as reserveBytes and maxValueBytes allow. */
  readonly maxBytes?: number | undefined;
  /** Default time to live of set and touch in ms; Infinity: never expires. Default: Infinity. */
  readonly ttl?: number | undefined;
  /** Eviction: 's3fifo' keeps what is read again, 'lru' what was used last. Default: 's3fifo' ('lru' with backend 'js'). */
  readonly policy?: 's3fifo' | 'lru' | undefined;
  /** Longest key in bytes, 1 to 65535. Default: 8192. */
  readonly maxKeyBytes?: number | undefined;
  /** Largest value in bytes, at most maxBytes / 4. Default: maxBytes / 8, at most 16 MiB. */
  readonly maxValueBytes?: number | undefined;
  /** Copies of the hottest values on the JavaScript side; false: none. Backend 'js' keeps all its values there anyway. */
  readonly nearCache?: NearCacheOptions | false | undefined;
  /** Keeps what this process evicts for want of room, for `drainEvicted`; what other processes evict with scope 'machine'
   * is for rings of theirs. The first handle of the process (backend 'js': isolate) that has the option decides on it,
   * for as long as one is open. Default: false. */
  readonly evictionRing?: EvictionRingOptions | false | undefined;
  /** true: get always gives bytes that nobody else holds. Default: false. */
  readonly copy?: boolean | undefined;
  /** Ceiling of resize: address space that is reserved, not memory; what keeps the books of it counts in maxBytes,
   * so that some 64 x maxBytes is the most it can be. Default: 4 x maxBytes. */
  readonly reserveBytes?: number | undefined;
  /** Share of maxBytes that leases may pin, 0 to 0.5; beyond it they are copies. Default: 0.125. */
  readonly leaseLimit?: number | undefined;
  /** How long a call waits for a lock that another process holds, in ms, 1 to 10000; a set is then refused. Only with
   * scope 'machine'. Default: 50. */
  readonly lockTimeout?: number | undefined;
  /** How often expired values are looked for, in ms (one thread of all does it); false: only when read. Default: 1000. */
  readonly sweepInterval?: number | false | undefined;
  /** How long one such search may take, in ms. Default: 1. */
  readonly sweepBudget?: number | undefined;
  /** 'native': the engine, shared by all threads. 'js': an adapter over lru-cache, private to the isolate.
   * Default: the environment variable CATZ_CACHE_BACKEND, else 'native'. */
  readonly backend?: 'native' | 'js' | undefined;
}

/** Options of a near-cache, complete. */
export type NearLimits = Readonly<Record<keyof NearCacheOptions, number>>;

/** Options of an eviction ring, complete. */
export type RingLimits = Readonly<Record<keyof EvictionRingOptions, number>>;

/** Options that hold for all openers of a name. */
export interface SharedOptions {
  readonly maxBytes: number;
  readonly ttl: number;
  readonly policy: 's3fifo' | 'lru';
  readonly maxKeyBytes: number;
  readonly maxValueBytes: number;
  readonly reserveBytes: number;
  readonly scope: 'process' | 'machine';
  readonly leaseLimit: number;
}

/** Options of one handle, complete. */
export interface Settings extends SharedOptions {
  /** Absolute; undefined: the native side's default. */
  readonly path: string | undefined;
  readonly lockTimeout: number;
  readonly nearCache: NearLimits | false;
  readonly evictionRing: RingLimits | false;
  readonly copy: boolean;
  readonly sweepInterval: number | false;
  readonly sweepBudget: number;
  readonly backend: 'native' | 'js';
  /** Names of the options the caller gave. */
  readonly explicit: ReadonlySet<string>;
}

/** How this isolate has a name open. It decides for later openers, unless they name another. */
export type OpenAs = Pick<Settings, 'backend' | 'scope' | 'path'>;

const MiB = 1024 * 1024;
const BACKENDS = ['native', 'js'] as const;

const context: OptionContext = {
  path: 'options',
  error: (message) => new errors.OPTION(message),
};

/** What the engine's offsets can address, and what may be filled of it. */
const MAX_RESERVE = 2 ** 44;
const MAX_SIZE = MAX_RESERVE / 4;

/** Options as checked one by one: those whose default depends on others may be absent. */
interface Checked {
  readonly scope: 'process' | 'machine' | undefined;
  readonly path: string | undefined;
  readonly maxBytes: number | undefined;
  readonly ttl: number;
  readonly policy: 's3fifo' | 'lru' | undefined;
  readonly maxKeyBytes: number;
  readonly maxValueBytes: number | undefined;
  readonly nearCache: NearLimits | false;
  readonly evictionRing: RingLimits | false;
  readonly copy: boolean;
  readonly reserveBytes: number | undefined;
  readonly leaseLimit: number;
  readonly lockTimeout: number;
  readonly sweepInterval: number | false;
  readonly sweepBudget: number;
  readonly backend: 'native' | 'js' | undefined;
}

const nearSpecs: OptionSpecs<NearLimits> = {
  maxEntries: bytes({ min: 1, max: 2 ** 24, default: 4096 }),
  maxBytes: bytes({ min: 16 * 1024, max: 2 ** 34, default: 4 * MiB }),
  maxEntryBytes: bytes({ min: 0, max: 2 ** 30, default: 64 * 1024 }),
};

const ringSpecs: OptionSpecs<RingLimits> = {
  maxBytes: bytes({ min: 4096, max: 2 ** 30, default: 4 * MiB }),
  minFrequency: int({ min: 0, max: 3, default: 1 }),
};

const absolutePath = custom(
  'an absolute path',
  (value): value is string =>
    typeof value === 'string' && isAbsolute(value) && !value.includes('\0'),
);

const specs: OptionSpecs<Checked> = {
  scope: optional(oneOf(['process', 'machine'])),
  path: optional(absolutePath),
  maxBytes: optional(bytes({ min: MiB, max: MAX_SIZE })),
  ttl: duration({ max: MAX_TTL, allowInfinity: true, default: Infinity }),
  policy: optional(oneOf(['s3fifo', 'lru'])),
  maxKeyBytes: bytes({ min: 1, max: 65535, default: 8192 }),
  maxValueBytes: optional(bytes({ min: 1, max: 2 ** 32 - 1 })),
  nearCache: orFalse(object<NearLimits>(nearSpecs)),
  evictionRing: orFalse(object<RingLimits>(ringSpecs), false),
  copy: bool(false),
  reserveBytes: optional(bytes({ min: MiB, max: MAX_RESERVE })),
  leaseLimit: number({ min: 0, max: 0.5, default: 0.125 }),
  lockTimeout: duration({ min: 1, max: 10_000, default: 50 }),
  sweepInterval: orFalse(duration({ min: 1, max: 2 ** 31 - 1, default: 1000 })),
  sweepBudget: duration({ max: 1000, default: 1 }),
  backend: optional(oneOf(BACKENDS)),
};

/** Checks and completes the options of openCache.
 * @param input    what the caller gave
 * @param current  how this isolate has the name open; undefined when it has not
 * @param name     undefined for a private cache
 * @throws CATZ_CACHE_OPTION, CATZ_CACHE_UNSUPPORTED_BACKEND */
export function settle(input: unknown, current?: OpenAs, name?: string): Settings {
  const checked = checkOptions<Checked>(input, specs, context);
  const backend = checked.backend ?? current?.backend ?? backendOfEnvironment() ?? 'native';
  const scope = checked.scope ?? current?.scope ?? 'process';
  checkScope(scope, name, checked, explicitNames(input));
  if (scope === 'machine' && backend === 'js') {
    throw new errors.UNSUPPORTED_BACKEND("scope 'machine'", originOf(checked, current));
  }
  const maxBytes = checked.maxBytes ?? defaultMaxBytes(checked);
  const maxValueBytes = checked.maxValueBytes ?? Math.min(Math.floor(maxBytes / 8), 16 * MiB);
  if (maxValueBytes > maxBytes / 4) {
    throw new errors.OPTION(
      `expected options.maxValueBytes to be at most a quarter of maxBytes (${Math.floor(maxBytes / 4)}), got ${maxValueBytes}`,
    );
  }
  const reserveBytes = checked.reserveBytes ?? maxBytes * 4;
  if (reserveBytes < maxBytes) {
    throw new errors.OPTION(
      `expected options.reserveBytes to be at least maxBytes (${maxBytes}), got ${reserveBytes}`,
    );
  }
  if (backend === 'js' && checked.policy === 's3fifo') {
    throw new errors.OPTION(`expected options.policy to be "lru" with backend 'js', got "s3fifo"`);
  }
  return Object.freeze({
    ...checked,
    backend,
    scope,
    path: checked.path ?? current?.path,
    maxBytes,
    maxValueBytes,
    reserveBytes,
    ttl: Math.ceil(checked.ttl),
    policy: checked.policy ?? (backend === 'js' ? 'lru' : 's3fifo'),
    explicit: explicitNames(input),
  });
}

/** Throws when an option that was given differs from what the first opener of the name decided.
 * @throws CATZ_CACHE_OPTIONS_MISMATCH */
export function compareOptions(name: string, asked: Settings, actual: SharedOptions): void {
  for (const option of Object.keys(actual) as (keyof SharedOptions)[]) {
    if (!asked.explicit.has(option) || Object.is(asked[option], actual[option])) continue;
    throw new errors.OPTIONS_MISMATCH(name, option, show(actual[option]), show(asked[option]));
  }
}

/** Throws when the eviction ring that is there is another than was asked for, of which all that is not given counts as
 * its default.
 * @throws CATZ_CACHE_OPTIONS_MISMATCH */
export function compareRings(name: string, asked: RingLimits, actual: RingLimits): void {
  for (const option of ['maxBytes', 'minFrequency'] as const) {
    if (asked[option] === actual[option]) continue;
    const words = [actual[option], asked[option]].map(String);
    throw new errors.OPTIONS_MISMATCH(name, `evictionRing.${option}`, ...words);
  }
}

// Options that mean nothing in a scope are errors: whoever gave them expects an effect.
function checkScope(
  scope: 'process' | 'machine',
  name: string | undefined,
  { path }: Checked,
  explicit: ReadonlySet<string>,
): void {
  if (scope === 'machine') {
    if (name !== undefined) return;
    throw new errors.OPTION("expected a name with scope 'machine', got none");
  }
  if (path !== undefined) {
    throw new errors.OPTION(
      `expected options.path only with scope 'machine', got ${show(path)} with scope 'process'`,
    );
  }
  if (explicit.has('lockTimeout')) {
    throw new errors.OPTION(
      "expected options.lockTimeout only with scope 'machine', got 'process'",
    );
  }
}

// Where backend 'js' came from, for the message of the caller who did not choose it.
function originOf(checked: Checked, current: OpenAs | undefined): string {
  if (checked.backend !== undefined) return '';
  if (current !== undefined) return ', with which the name is open';
  return ', which CATZ_CACHE_BACKEND says';
}

// A later opener may name only some of the options the first one gave: its defaults must not contradict them.
function defaultMaxBytes({ reserveBytes = Infinity, maxValueBytes = 0 }: Checked): number {
  return Math.max(Math.min(64 * MiB, reserveBytes), maxValueBytes * 4);
}

function explicitNames(input: unknown): ReadonlySet<string> {
  const given = Object.entries(input ?? {}).filter(([, value]) => value !== undefined);
  return new Set(given.map(([name]) => name));
}

function backendOfEnvironment(): 'native' | 'js' | undefined {
  const value = backendFromEnvironment();
  if (value === undefined) return undefined;
  const known: readonly string[] = BACKENDS;
  if (known.includes(value)) return value as 'native' | 'js';
  throw new errors.OPTION(`expected CATZ_CACHE_BACKEND to be "native" or "js", got ${show(value)}`);
}
