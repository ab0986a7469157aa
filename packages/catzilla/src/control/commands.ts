// What a running application can be asked over its control socket. Questions come from the user's own account, yet are checked:
// a wrong one is an error in words, and nothing is done.
import { bool, checkOptions, int, list, string } from '@catzilla/common';
import type { OptionSpecs } from '@catzilla/common';
import type { FastifyInstance } from 'fastify';
import { cliErrors } from '../errors.ts';
import { listKeys } from './cache-keys.ts';
import type { KeyList, KeysArgs } from './cache-keys.ts';

/** Most keys one answer has. */
export const MAX_KEYS = 10_000;
/** Longest time of one URL that is warmed, ms: threads are asked for no longer than that. */
export const MAX_WARM_TIMEOUT = 500_000;

/** What to purge; at least one of the first four. */
export interface PurgeArgs {
  readonly tags: readonly string[];
  readonly urls: readonly string[];
  readonly patterns: readonly string[];
  readonly all: boolean;
  readonly soft: boolean;
}

/** What a purge did. */
export interface PurgeAnswer {
  /** Responses that were in memory; those found by tag are not counted. */
  readonly purged: number;
  /** Every tier has taken it. */
  readonly ok: boolean;
}

/** What `cache.stats` tells. */
export interface CacheStatsAnswer {
  readonly http: ReturnType<FastifyInstance['cache']['stats']>;
  readonly routes: ReturnType<FastifyInstance['cache']['routeStats']>;
  readonly health: ReturnType<FastifyInstance['cache']['health']>;
  /** undefined where it does not answer. */
  readonly engine:
    ReturnType<NonNullable<FastifyInstance['cache']['tiers']['memory']>['stats']> | undefined;
}

interface WarmArgs {
  readonly urls: readonly string[];
  readonly host: string | undefined;
  readonly concurrency: number;
  /** ms for each URL. */
  readonly timeout: number;
}

type ControlCommand = (app: FastifyInstance, args: unknown) => unknown;

const texts = list(string(), []);
const purgeSpecs: OptionSpecs<PurgeArgs> = {
  tags: texts,
  urls: texts,
  patterns: texts,
  all: bool(false),
  soft: bool(false),
};
const keysSpecs: OptionSpecs<KeysArgs> = {
  prefix: string({ minLength: 0, default: '' }),
  limit: int({ min: 1, max: MAX_KEYS, default: 100 }),
};
const warmSpecs: OptionSpecs<Omit<WarmArgs, 'host'> & { host: string }> = {
  urls: texts,
  host: string({ minLength: 0, default: '' }),
  concurrency: int({ min: 1, max: 256, default: 4 }),
  timeout: int({ min: 1, max: MAX_WARM_TIMEOUT, default: 30_000 }),
};

const commands: Readonly<Record<string, ControlCommand>> = {
  state: (app) => ({ state: (app as Partial<FastifyInstance>).lifecycle?.state ?? 'unknown' }),
  'cache.stats': (app) => statsOf(cached(app)),
  'cache.purge': (app, args) => purge(cached(app), check(args, purgeSpecs)),
  'cache.keys': (app, args): Promise<KeyList> => listKeys(cached(app), check(args, keysSpecs)),
  'cache.warm': (app, args) => warm(cached(app), check(args, warmSpecs)),
};

/** Does what a question asks.
 * @throws CATZ_CLI_CONTROL for an unknown command, wrong arguments, or an application without a response cache; what the
 *   cache throws for URLs, tags and patterns */
export async function runControl(
  app: FastifyInstance,
  command: string,
  args: unknown,
): Promise<unknown> {
  const run = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (run === undefined) throw new cliErrors.CONTROL('the program does not know this command');
  return run(app, args);
}

function check<T extends object>(args: unknown, specs: OptionSpecs<T>): T {
  return checkOptions<T>(args ?? {}, specs, {
    path: 'args',
    error: (message: string) => new cliErrors.CONTROL(message),
  });
}

function cached(app: FastifyInstance): FastifyInstance {
  if ((app as Partial<FastifyInstance>).cache !== undefined) return app;
  throw new cliErrors.CONTROL('the application has no response cache: its option cache is off');
}

function statsOf({ cache }: FastifyInstance): CacheStatsAnswer {
  return {
    http: cache.stats(),
    routes: cache.routeStats(),
    health: cache.health(),
    engine: cache.tiers.memory?.stats(),
  };
}

async function purge({ cache }: FastifyInstance, args: PurgeArgs): Promise<PurgeAnswer> {
  const { tags, urls, patterns, all, soft } = args;
  if (!all && tags.length + urls.length + patterns.length === 0) {
    throw new cliErrors.CONTROL('expected args to name tags, urls, patterns or all');
  }
  const how = { soft };
  let purged = 0;
  let ok = true;
  const note = (result: { readonly purged?: number; readonly ok: boolean }): void => {
    purged += result.purged ?? 0;
    ok &&= result.ok;
  };
  if (tags.length > 0) note(await cache.purgeTags(tags, how));
  for (const url of urls) note(await cache.purge(url, how));
  for (const pattern of patterns) note(await cache.purgePath(pattern, how));
  if (all) note(await cache.purgeAll(how));
  return { purged, ok };
}

async function warm(
  { cache }: FastifyInstance,
  { urls, host, concurrency, timeout }: Omit<WarmArgs, 'host'> & { host: string },
): Promise<unknown> {
  return cache.warm(urls, { concurrency, timeout, ...(host !== '' && { headers: { host } }) });
}
