// Options of the purges, checked at the call, and what a purge answers.
// Invariant: a wrong option is an error before anything is purged.
import { bool, checkOptions, custom } from '@catzilla/common';
import type { OptionSpecs } from '@catzilla/common';
import { errors } from '../errors.ts';
import { normalizeHost } from '../key/host.ts';
import { splitAbsolute } from '../key/primary-key.ts';
import type { Origin } from '../key/origin.ts';

/** Options of purge, purgePath and purgeAll. */
export interface PurgeOptions {
  /** true: responses become stale and are kept: each is served while it is refreshed, or in place of an error, as long as its
   * windows (`staleWhileRevalidate`, `staleIfError`) allow, and else validated. false: they are removed. Never brings back
   * what was purged otherwise. Default: false. */
  readonly soft?: boolean | undefined;
}

/** Options of purgeTags. */
export interface PurgeTagsOptions extends PurgeOptions {
  /** Scheme and host, as `https://shop.example`: the tags are then names of cache groups of this origin (RFC 9875 2.1).
   * Default: they are tags. */
  readonly origin?: string | undefined;
}

/** What a purge did. */
export interface PurgeResult {
  /** Responses that were in memory, variants included; what only a tier below had is purged too, and not counted. */
  readonly purged: number;
  /** Whether every tier and the bus took it; what they did not take they are told again. */
  readonly ok: boolean;
}

const purgeSpecs: OptionSpecs<{ soft: boolean }> = { soft: bool(false) };

const tagSpecs: OptionSpecs<{ soft: boolean; origin: string | undefined }> = {
  soft: bool(false),
  origin: custom(
    'an origin, as "https://shop.example"',
    (value): value is string | undefined =>
      value === undefined || (typeof value === 'string' && originOf(value) !== undefined),
  ),
};

/** Whether a purge is soft.
 * @throws CATZ_FASTIFY_CACHE_OPTION */
export function checkPurgeOptions(options: unknown): boolean {
  return checkOptions(options, purgeSpecs, site).soft;
}

/** Whether a purge of tags is soft, and of which origin's groups it is.
 * @throws CATZ_FASTIFY_CACHE_OPTION */
export function checkTagsOptions(options: unknown): {
  readonly isSoft: boolean;
  readonly origin: Origin | undefined;
} {
  const { soft, origin } = checkOptions(options, tagSpecs, site);
  return { isSoft: soft, origin: origin === undefined ? undefined : originOf(origin) };
}

const site = { path: 'options', error: (message: string): Error => new errors.OPTION(message) };

function originOf(text: string): Origin | undefined {
  const parts = splitAbsolute(text);
  const host = parts && normalizeHost(parts.authority, parts.scheme);
  if (parts === undefined || host === undefined || parts.path !== '/') return undefined;
  return { scheme: parts.scheme, host };
}
