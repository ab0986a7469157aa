// Options made into the frozen policies that requests are judged by: plugin < rule < route, each level over its preset.
// Invariant: a policy is made at registration; no request pays for merging or checking.
import type { Cache, CacheOptions } from '@catzilla/cache-core';
import type { FastifyRequest } from 'fastify';
import type { KeyScope } from '../key/primary-key.ts';
import type { QueryPolicy } from '../key/query.ts';
import type { PathRules } from '../match/pattern.ts';
import type { BypassPolicy } from '../rfc/bypass.ts';
import type { StorePolicy } from '../rfc/storable.ts';

/** Everything a request needs to know about its route. */
export interface RoutePolicy extends StorePolicy, BypassPolicy {
  readonly key: KeyScope;
  /** undefined: the whole query counts and nothing is pruned. */
  readonly query: QueryPolicy | undefined;
  readonly maxVariants: number;
  /** Names to add to the Vary that clients see. */
  readonly announceVary: readonly string[];
  readonly maxBodyBytes: number;
}

/** How the requests of one route find their policy. 'off': not cached (`config.cache: false`, or excluded). */
export type RoutePlan =
  | { readonly kind: 'off' }
  | { readonly kind: 'fixed'; readonly policy: RoutePolicy }
  /** undefined: this path is excluded. */
  | { readonly kind: 'by-path'; policyFor(target: string): RoutePolicy | undefined };

/** The plugin's own settings, checked, defaults applied. */
export interface PluginSettings {
  readonly cache: Cache | CacheOptions;
  readonly namespace: string;
  readonly mode: 'auto' | 'send';
  readonly hosts: ReadonlySet<string> | undefined;
  readonly collapse:
    | false
    | {
        readonly timeout: number;
        readonly maxWaiters: number;
        readonly hitForMiss: number | false;
      };
  /** undefined: derive it from the cache. */
  readonly maxInflightBytes: number | undefined;
  readonly cacheStatus: 'full' | 'minimal' | false | ((request: FastifyRequest) => boolean);
  readonly xCache: boolean;
  /** The plan of a route, made once in onRoute.
   * @param url     the route's full url template
   * @param config  its `config.cache`; undefined counts as true
   * @throws CATZ_FASTIFY_CACHE_ROUTE_OPTION */
  planRoute(
    route: { readonly method: string | readonly string[]; readonly url: string },
    config: unknown,
  ): RoutePlan;
}

/** Checks the plugin's options and compiles its rules.
 * @param router  the router options of the Fastify instance, default: Fastify's own
 * @throws CATZ_FASTIFY_CACHE_OPTION */
export function resolveOptions(options: unknown, router?: Partial<PathRules>): PluginSettings {
  throw new Error('pending');
}
