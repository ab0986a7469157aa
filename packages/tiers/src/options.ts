// Options of createTieredCache: checked once, completed, frozen. Durations are ms, sizes bytes, off is false.
// What needs another package (ioredis, lmdb, lz4-napi) is asked for here, so that its absence is an error at the start.
import type { Bus } from '@catzilla/bus';
import type { Cache, CacheOptions } from '@catzilla/cache-core';
import {
  bytes,
  checkOptions,
  custom,
  duration,
  int,
  list,
  object,
  oneOf,
  optional,
  show,
  string,
} from '@catzilla/common';
import type { OptionSpec, OptionSpecs } from '@catzilla/common';
import type { Clock } from './clock/clock.ts';
import { systemClock } from './clock/clock.ts';
import type { Codec, Compression } from './codecs/codec.ts';
import type { DiskTier } from './disk/disk-store.ts';
import { diskTier } from './disk/disk-tier.ts';
import type { DiskOptions } from './disk/disk-options.ts';
import { errors } from './errors.ts';
import type { LoadOptions } from './load/options.ts';
import type { OnRead } from './memory/item.ts';
import type { StateLogger } from './observe/state-log.ts';
import { redisTier } from './remote/redis-tier.ts';
import type { RedisTierOptions } from './remote/redis-options.ts';
import type { RemoteTier } from './remote/remote-tier.ts';
import type { EntryOptions } from './tiered-cache.ts';

/** When a tier below memory is written. 'through': before the call ends. 'behind': soon after, in batches. 'victim': only
 * with what memory evicts, and with removals. 'off': with no values, only with removals: it is filled by others. */
export type WriteMode = 'through' | 'behind' | 'victim' | 'off';

/** Options of createTieredCache. */
export interface TieredOptions extends Pick<
  EntryOptions,
  'ttl' | 'grace' | 'jitter' | 'tags' | 'compress'
> {
  /** Part of each key in Redis and on disk, and the name of the engine's cache: 1 to 58 of A-Z a-z 0-9 . _ -. Caches of one
   * name are one cache, and should have the same options. Default: 'default'. */
  readonly name?: string | undefined;
  /** L1: an open cache of @catzilla/cache-core, which is then not closed, or options to open the one of this name; false:
   * none. Default: {}. */
  readonly memory?: Cache | CacheOptions | false | undefined;
  /** L2: options of `redisTier`, or a tier. Default: false. */
  readonly remote?: RemoteTier | RedisTierOptions | false | undefined;
  /** L3: options of `diskTier` (`{ dir }`), or a tier. Default: false. */
  readonly disk?: DiskTier | DiskOptions | false | undefined;
  /** Carries invalidations to other processes. 'auto': a log at the remote tier, where it is Redis. Default: 'auto'. */
  readonly bus?: Bus | 'auto' | false | undefined;
  /** What turns values into bytes: 'json', 'bytes' (Buffers only), 'msgpack' (Map, Set, Date, BigInt, cycles), or your own.
   * Default: 'json'. */
  readonly codec?: 'json' | 'bytes' | 'msgpack' | Codec | undefined;
  /** Further codecs of your own that stored entries may have. Default: none. */
  readonly codecs?: readonly Codec[] | undefined;
  /** Of values below memory: 'lz4', your own, or false. Default: lz4 where lz4-napi can be loaded; health says which. */
  readonly compression?: 'lz4' | Compression | false | undefined;
  /** When the tiers below memory are written. Default: { remote: 'through', disk: 'behind' }. */
  readonly write?:
    { readonly remote?: WriteMode | undefined; readonly disk?: WriteMode | undefined } | undefined;
  /** For 'victim': how often an entry must have been read to be worth it. Default: { minFrequency: 1 }. */
  readonly admit?: { readonly minFrequency?: number | undefined } | undefined;
  /** How values leave memory. Default: 'freeze'. */
  readonly onRead?: OnRead | undefined;
  /** Largest encoded value, bytes; larger ones are given but not stored. Default: 16 MiB. */
  readonly maxValueBytes?: number | undefined;
  /** How long a call waits for a tier before it does without, ms; `remote` is also that of the bus that comes with it.
   * Default: { remote: 100, disk: 1000 }. */
  readonly deadline?:
    { readonly remote?: number | undefined; readonly disk?: number | undefined } | undefined;
  /** Calls to the remote tier under way at most; more are not made. Default: 10_000. */
  readonly maxInFlight?: number | undefined;
  /** How long a deleted key refuses older fills at the remote tier, ms: longer than any load takes. Default: 30_000. */
  readonly tombstoneTtl?: number | undefined;
  /** Without a bus: how long what is known of a tag is believed, ms. Default: 1000. */
  readonly tagTtl?: number | undefined;
  /** What getOrSet does where its own options do not say. Default: {}. */
  readonly load?:
    Pick<LoadOptions, 'softTimeout' | 'hardTimeout' | 'failSafeTtl' | 'early' | 'lock'> | undefined;
  /** How long close waits for loads and queues, ms. Default: 5000. */
  readonly closeTimeout?: number | undefined;
  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** One line for each change of state. Default: none. */
  readonly logger?: StateLogger | undefined;
  /** Spans of OpenTelemetry where @opentelemetry/api can be loaded; false: never. Default: 'auto'. */
  readonly telemetry?: 'auto' | false | undefined;
}

/** Options, complete. */
export interface Settings {
  readonly name: string;
  readonly memory: Cache | CacheOptions | false;
  readonly remote: RemoteTier | undefined;
  readonly disk: DiskTier | undefined;
  readonly bus: Bus | 'auto' | false;
  readonly codec: 'json' | 'bytes' | 'msgpack' | Codec;
  readonly codecs: readonly Codec[];
  readonly compression: 'lz4' | Compression | false | undefined;
  readonly write: { readonly remote: WriteMode; readonly disk: WriteMode };
  readonly minFrequency: number;
  readonly onRead: OnRead;
  readonly maxValueBytes: number | undefined;
  readonly deadline: { readonly remote: number; readonly disk: number };
  readonly maxInFlight: number;
  readonly tombstoneTtl: number;
  readonly tagTtl: number;
  readonly load: NonNullable<TieredOptions['load']>;
  readonly closeTimeout: number;
  readonly clock: Clock;
  readonly logger: StateLogger | undefined;
  readonly telemetry: 'auto' | false;
  readonly entry: Pick<EntryOptions, 'ttl' | 'grace' | 'jitter' | 'tags' | 'compress'>;
}

const error = (message: string): Error => new errors.OPTION(message);
const MODES = ['through', 'behind', 'victim', 'off'] as const;

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function has(value: unknown, ...methods: string[]): boolean {
  return (
    isObject(value) &&
    methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
  );
}

function isCodec(value: unknown): value is Codec {
  return has(value, 'encode', 'decode') && isOwnId(value);
}

function isCompression(value: unknown): value is Compression {
  return has(value, 'compress', 'decompress') && isOwnId(value);
}

function isOwnId(value: unknown): boolean {
  const { id, name } = value as Partial<Codec>;
  return Number.isInteger(id) && id! >= 128 && id! <= 255 && typeof name === 'string';
}

// What is checked in its own place: by the engine, by the tier, by entry-options.ts.
const elsewhere: OptionSpec<unknown> = { check: (value) => value };

const codec = custom(
  '"json", "bytes", "msgpack" or a codec with an id from 128 to 255, name, encode and decode',
  (value): value is Settings['codec'] =>
    value === 'json' || value === 'bytes' || value === 'msgpack' || isCodec(value),
  'json' as const,
);

const specs = {
  name: string({
    pattern: /^[A-Za-z0-9._-]{1,58}$/,
    what: '1 to 58 letters, digits, dots, dashes or underscores',
    default: 'default',
  }),
  memory: custom(
    'false, options of a cache, or an open cache',
    (value): value is Settings['memory'] => value === false || isObject(value),
    {},
  ),
  remote: custom(
    'false, options of redisTier, or a tier with open',
    (value): value is RemoteTier | RedisTierOptions | false => value === false || isObject(value),
    false,
  ),
  disk: custom(
    'false, options of diskTier, or a tier with open',
    (value): value is DiskTier | DiskOptions | false => value === false || isObject(value),
    false,
  ),
  bus: custom(
    'false, "auto", or a bus',
    (value): value is Settings['bus'] =>
      value === false || value === 'auto' || has(value, 'append', 'subscribe'),
    'auto' as const,
  ),
  codec,
  codecs: optional(list(custom('a codec with an id from 128 to 255', isCodec))),
  compression: optional(
    custom(
      'false, "lz4" or a compression with an id from 128 to 255, name, compress and decompress',
      (value): value is 'lz4' | Compression | false =>
        value === false || value === 'lz4' || isCompression(value),
    ),
  ),
  write: optional(
    object<{ remote: WriteMode; disk: WriteMode }>({
      remote: oneOf(MODES, 'through'),
      disk: oneOf(MODES, 'behind'),
    }),
  ),
  admit: optional(
    object<{ minFrequency: number }>({ minFrequency: int({ min: 0, max: 3, default: 1 }) }),
  ),
  onRead: oneOf(['freeze', 'clone', 'share'], 'freeze'),
  maxValueBytes: optional(bytes({ min: 1, max: 2 ** 31 - 1 })),
  deadline: optional(
    object<{ remote: number; disk: number }>({
      remote: duration({ default: 100, max: 60_000 }),
      disk: duration({ default: 1000, max: 60_000 }),
    }),
  ),
  maxInFlight: int({ min: 1, max: 1_000_000, default: 10_000 }),
  tombstoneTtl: duration({ min: 1000, max: 86_400_000, default: 30_000 }),
  tagTtl: duration({ default: 1000, max: 3_600_000 }),
  load: elsewhere,
  closeTimeout: duration({ default: 5000, max: 600_000, allowZero: true }),
  clock: custom(
    'a clock with mono and wall',
    (value): value is Clock => has(value, 'mono', 'wall'),
    systemClock,
  ),
  logger: optional(
    custom('a logger with info and warn', (value): value is StateLogger =>
      has(value, 'info', 'warn'),
    ),
  ),
  telemetry: oneOf(['auto', false], 'auto'),
  ttl: elsewhere,
  grace: elsewhere,
  jitter: elsewhere,
  tags: elsewhere,
  compress: elsewhere,
};

/** Checks and completes options.
 * @throws CATZ_TIERS_OPTION; CATZ_TIERS_DEPENDENCY where a package that was asked for cannot be loaded */
export function resolveOptions(input: unknown): Settings {
  const given = checkOptions(input, specs as unknown as OptionSpecs<Record<string, unknown>>, {
    path: 'options',
    error,
  }) as unknown as Required<TieredOptions>;
  const { ttl, grace, jitter, tags, compress } = given;
  const { write, deadline } = given as {
    write: Settings['write'] | undefined;
    deadline: Settings['deadline'] | undefined;
  };
  const settings: Settings = {
    name: given.name as string,
    memory: given.memory as Settings['memory'],
    remote: remoteOf(given.remote),
    disk: diskOf(given.disk),
    bus: given.bus as Settings['bus'],
    codec: given.codec as Settings['codec'],
    codecs: given.codecs ?? [],
    compression: given.compression,
    write: write ?? { remote: 'through', disk: 'behind' },
    minFrequency: given.admit?.minFrequency ?? 1,
    onRead: given.onRead as OnRead,
    maxValueBytes: given.maxValueBytes,
    deadline: deadline ?? { remote: 100, disk: 1000 },
    maxInFlight: given.maxInFlight as number,
    tombstoneTtl: given.tombstoneTtl as number,
    tagTtl: given.tagTtl as number,
    load: loadOf(given.load),
    closeTimeout: given.closeTimeout as number,
    clock: given.clock as Clock,
    logger: given.logger,
    telemetry: given.telemetry as 'auto' | false,
    entry: { ttl, grace, jitter, tags, compress },
  };
  if (settings.memory === false && settings.remote === undefined && settings.disk === undefined) {
    throw error('expected options to have one tier at least, got memory: false and no other');
  }
  return Object.freeze(settings);
}

function remoteOf(remote: TieredOptions['remote']): RemoteTier | undefined {
  if (remote === undefined || remote === false) return undefined;
  return has(remote, 'open') ? (remote as RemoteTier) : redisTier(remote as RedisTierOptions);
}

function diskOf(disk: TieredOptions['disk']): DiskTier | undefined {
  if (disk === undefined || disk === false) return undefined;
  return has(disk, 'open') ? (disk as DiskTier) : diskTier(disk as DiskOptions);
}

function loadOf(load: unknown): Settings['load'] {
  if (load === undefined) return {};
  if (isObject(load)) return Object.freeze({ ...load });
  throw error(`expected options.load to be an object, got ${show(load)}`);
}
