// Options of live invalidation, and their check.
// Invariant: what comes out says for each tag and URL what a client may learn; by default no tag but those that say
// themselves that they are public.
import { bool, checkOptions, custom, fn, list, optional, orFalse, show } from '@catzilla/common';
import type { OptionSpec, OptionSpecs } from '@catzilla/common';
import type { FastifyRequest } from 'fastify';
import { isCache, isTiers } from './sources.ts';
import type { WatchedCache, WatchedTiers } from './sources.ts';

/** Options of live invalidation. */
export interface LiveOptions {
  /** The name by which browsers know a tag; null: none of their business. Called when a tag is invalidated, before anything
   * is told. Default: tags that begin with `public:`, as they are. */
  readonly tags?: ((tag: string) => string | null) | undefined;
  /** Whether a browser may hear of purges of a URL that it names: its path with query, as it would ask for it. A function is
   * asked at each subscription. Default: true. */
  readonly urls?: boolean | ((path: string, request: FastifyRequest) => MaybePromise) | undefined;
  /** Replies to GET and HEAD carry `X-Catzilla-Stream`: the place in the log at which they were rendered, also where they come
   * from the cache. A page that subscribes after it misses nothing that happened since. Default: false. */
  readonly header?: boolean | undefined;
  /** Response cache whose purges are told; false: none. Default: `app.cache`. */
  readonly cache?: WatchedCache | false | undefined;
  /** Tiered caches whose invalidated tags are told; false: none but that of `cache`. Default: `app.tiers`. */
  readonly tiers?: WatchedTiers | readonly WatchedTiers[] | false | undefined;
}

type MaybePromise = boolean | Promise<boolean>;

/** Checked options. */
export interface LiveSettings {
  readonly tags: (tag: string) => string | null;
  readonly urls: boolean | ((path: string, request: FastifyRequest) => MaybePromise);
  readonly header: boolean;
  readonly cache: WatchedCache | false | undefined;
  readonly tiers: WatchedTiers | readonly WatchedTiers[] | false | undefined;
}

const specs: OptionSpecs<LiveSettings> = {
  tags: fn<LiveSettings['tags']>((tag) => (tag.startsWith('public:') ? tag : null)),
  urls: custom(
    'true, false or a function',
    (value): value is LiveSettings['urls'] =>
      typeof value === 'boolean' || typeof value === 'function',
    true,
  ),
  header: bool(false),
  cache: optional(orFalse(custom('a response cache with onPurge', isCache))),
  tiers: optional(
    orFalse({
      check: (value, site) =>
        (Array.isArray(value) ? list(tiers) : tiers).check(value, site) as WatchedTiers,
    }),
  ),
};

const tiers: OptionSpec<WatchedTiers> = custom('a tiered cache', isTiers);

/** The option `live`: false, true for the defaults, or options. */
export const liveOption: OptionSpec<LiveSettings | false> = {
  check(value, site) {
    if (value === undefined || value === false) return false;
    if (value === true) return checkOptions({}, specs, site);
    if (typeof value === 'object') return checkOptions(value, specs, site);
    throw site.error(`expected ${site.path} to be false, true or an object, got ${show(value)}`);
  },
};
