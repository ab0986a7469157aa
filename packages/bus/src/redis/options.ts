// Where Redis is: one of a URL, a node, sentinels, a cluster, or a client that somebody else made and closes.
// Invariant: what passes holds exactly one of them; a client that would change keys or replies on its way is refused.
import {
  bool,
  checkOptions,
  custom,
  duration,
  int,
  list,
  object,
  optional,
  show,
  string,
} from '@catzilla/common';
import type { OptionSite, OptionSpec, OptionSpecs } from '@catzilla/common';
import type { RedisLike } from './redis-like.ts';

/** TLS: true, or options of `tls.connect`. */
export type RedisTls = true | object;

/** Address of one server. */
export interface RedisAddress {
  readonly host: string;
  /** Default: 6379, of a sentinel 26379. */
  readonly port?: number | undefined;
}

/** One server. */
export interface RedisNode {
  /** Default: '127.0.0.1'. */
  readonly host?: string | undefined;
  /** Default: 6379. */
  readonly port?: number | undefined;
  /** A Unix socket, in place of host and port. */
  readonly path?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Default: 0. */
  readonly db?: number | undefined;
  readonly tls?: RedisTls | undefined;
}

/** Sentinels, which name the master of a group. */
export interface RedisSentinels {
  readonly nodes: readonly RedisAddress[];
  /** Name of the group. */
  readonly name: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly db?: number | undefined;
  readonly tls?: RedisTls | undefined;
  readonly sentinelUsername?: string | undefined;
  readonly sentinelPassword?: string | undefined;
  readonly sentinelTls?: RedisTls | undefined;
  /** From an address as the sentinels give it (`host:port`) to one that can be reached. */
  readonly natMap?: Readonly<Record<string, RedisAddress>> | undefined;
}

/** A cluster, found through some of its nodes. */
export interface RedisClusterOptions {
  readonly nodes: readonly RedisAddress[];
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly tls?: RedisTls | undefined;
  /** From an address as the cluster gives it (`host:port`) to one that can be reached. */
  readonly natMap?: Readonly<Record<string, RedisAddress>> | undefined;
}

/** Where Redis is: exactly one of `url`, `node`, `sentinels`, `cluster`, `client`. */
export interface RedisOptions {
  /** `redis://[[user]:password@]host[:port][/db]`, or `rediss://` for TLS. */
  readonly url?: string | undefined;
  readonly node?: RedisNode | undefined;
  readonly sentinels?: RedisSentinels | undefined;
  readonly cluster?: RedisClusterOptions | undefined;
  /** An ioredis client, without keyPrefix. It is neither closed nor reconfigured; where a connection of its own is
   * needed, it is duplicated. */
  readonly client?: RedisLike | undefined;
  /** ms until an attempt to connect is given up. Not with `client`. Default: 1000. */
  readonly connectTimeout?: number | undefined;
  /** Sends the commands of one turn of the event loop together: more per second, each a little later. Not with `client`.
   * Default: false. */
  readonly autoPipelining?: boolean | undefined;
}

type Checked<T> = { readonly [K in keyof T]-?: T[K] | undefined };

const port = int({ min: 1, max: 65_535 });
const text = string({ minLength: 1 });
const tls = optional(
  custom(
    'true or options of tls.connect',
    (value): value is RedisTls => value === true || isObject(value),
  ),
);
const address = object<Checked<RedisAddress> & { readonly host: string }>({
  host: text,
  port: optional(port),
});
const addresses: OptionSpec<readonly RedisAddress[]> = {
  check(value, site) {
    const checked = list<RedisAddress>(address).check(value, site);
    if (checked.length > 0) return checked;
    throw site.error(`expected ${site.path} to be a list with at least one address, got []`);
  },
};
const natMap: OptionSpec<Readonly<Record<string, RedisAddress>> | undefined> = {
  check(value, site) {
    if (value === undefined) return undefined;
    if (!isObject(value)) {
      throw site.error(`expected ${site.path} to be addresses by host:port, got ${show(value)}`);
    }
    return Object.freeze(
      Object.fromEntries(
        Object.entries(value).map(([key, entry]) => [
          key,
          address.check(entry, { path: `${site.path}[${show(key)}]`, error: site.error }),
        ]),
      ),
    );
  },
};

const credentials = {
  username: optional(string({ minLength: 0 })),
  password: optional(string({ minLength: 0 })),
  tls,
};

const url: OptionSpec<string> = {
  check(value, site) {
    // The value is not shown: it may hold a password.
    const wrong = (): Error =>
      site.error(`expected ${site.path} to be a URL redis://host:port or rediss://host:port`);
    if (typeof value !== 'string' || !URL.canParse(value)) throw wrong();
    const parsed = new URL(value);
    const isRedis = parsed.protocol === 'redis:' || parsed.protocol === 'rediss:';
    if (!isRedis || parsed.hostname === '' || parsed.search !== '') throw wrong();
    if (!/^\/?\d*$/.test(parsed.pathname)) throw wrong();
    return value;
  },
};

const client: OptionSpec<RedisLike> = {
  check(value, site) {
    if (!isClient(value)) {
      throw site.error(`expected ${site.path} to be an ioredis client, got ${show(value)}`);
    }
    const own = value.options as Record<string, unknown>;
    const ofNodes = (own['redisOptions'] ?? {}) as Record<string, unknown>;
    if (own['keyPrefix'] || ofNodes['keyPrefix']) {
      throw site.error(
        `expected ${site.path} to have no keyPrefix: it is added to commands but not to what SCAN is asked for`,
      );
    }
    if (own['replyMapping'] === 'resp3' || ofNodes['replyMapping'] === 'resp3') {
      throw site.error(`expected ${site.path} to have replyMapping "legacy", got "resp3"`);
    }
    return value;
  },
};

/** One spec per option of RedisOptions, for those who take them among their own options; `oneRedis` completes the check. */
export const redisSpecs: OptionSpecs<Checked<RedisOptions>> = {
  url: optional(url),
  node: optional(
    object<Checked<RedisNode>>({
      host: optional(text),
      port: optional(port),
      path: optional(text),
      ...credentials,
      db: optional(int({ min: 0 })),
    }),
  ),
  sentinels: optional<RedisSentinels>(
    object<Checked<RedisSentinels> & Pick<RedisSentinels, 'nodes' | 'name'>>({
      nodes: addresses,
      name: text,
      ...credentials,
      db: optional(int({ min: 0 })),
      sentinelUsername: credentials.username,
      sentinelPassword: credentials.password,
      sentinelTls: tls,
      natMap,
    }),
  ),
  cluster: optional<RedisClusterOptions>(
    object<Checked<RedisClusterOptions> & Pick<RedisClusterOptions, 'nodes'>>({
      nodes: addresses,
      ...credentials,
      natMap,
    }),
  ),
  client: optional(client),
  connectTimeout: optional(duration({ max: 60_000 })),
  autoPipelining: optional(bool()),
};

const PLACES = ['url', 'node', 'sentinels', 'cluster', 'client'] as const;

/** Takes the options of the connection out of an object checked by `redisSpecs`.
 * @throws site.error unless exactly one of url, node, sentinels, cluster and client is there */
export function oneRedis(checked: RedisOptions, site: OptionSite): RedisOptions {
  const given = PLACES.filter((name) => checked[name] !== undefined);
  if (given.length !== 1) {
    const got = given.length === 0 ? 'none of them' : given.join(' and ');
    throw site.error(`expected ${site.path} to have one of ${PLACES.join(', ')}, got ${got}`);
  }
  const { connectTimeout, autoPipelining } = checked;
  for (const name of ['connectTimeout', 'autoPipelining'] as const) {
    if (checked.client === undefined || checked[name] === undefined) continue;
    throw site.error(`expected ${site.path} to have no ${name} beside client, whose own holds`);
  }
  const place = given[0]!;
  return Object.freeze({ [place]: checked[place], connectTimeout, autoPipelining });
}

/** RedisOptions as one option. */
export const redisOptions: OptionSpec<RedisOptions> = { check: checkRedisOptions };

/** Checks RedisOptions.
 * @throws site.error for what is unknown, ill-typed, missing or contradictory */
export function checkRedisOptions(value: unknown, site: OptionSite): RedisOptions {
  return oneRedis(checkOptions<Checked<RedisOptions>>(value, redisSpecs, site), site);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isClient(value: unknown): value is RedisLike {
  if (!isObject(value)) return false;
  const like = value as Record<string, unknown>;
  return (
    ['call', 'callBuffer', 'pipeline', 'duplicate', 'disconnect', 'on', 'off'].every(
      (name) => typeof like[name] === 'function',
    ) &&
    typeof like['status'] === 'string' &&
    isObject(like['options'])
  );
}
