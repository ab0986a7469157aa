// Makes the clients we own, with settings under which a command either is sent now or fails now: nothing waits in a
// queue for a server that is away, and nothing is sent a second time. (Read in the sources of ioredis 5.11 and 6.0.)
// When a client is given instead, those that need a connection of their own get a duplicate with these settings.
import { loadDriver } from './driver.ts';
import type { RedisAddress, RedisOptions, RedisTls } from './options.ts';
import type { RedisLike } from './redis-like.ts';

/** How servers are found. */
export type Topology = 'standalone' | 'sentinel' | 'cluster';

/** What the settings ask of the connection they are for. */
export interface ClientHooks {
  /** ms until the next attempt, after `attempts` that failed. */
  readonly retryDelay: (attempts: number) => number;
  /** What is told when the driver is missing. */
  readonly who: string;
  /** Whether a redirection of a cluster is an error: who reads by blocking must know that another node answers. */
  readonly isStrict: boolean;
}

const CONNECT_TIMEOUT = 1_000;
/** How long a socket that was told to end may take; then it is destroyed. */
const DISCONNECT_TIMEOUT = 200;

/** How the servers behind these options are found. */
export function topologyOf({ client, sentinels, cluster }: RedisOptions): Topology {
  if (client !== undefined) {
    if (client.isCluster) return 'cluster';
    return (client.options as { sentinels?: unknown }).sentinels ? 'sentinel' : 'standalone';
  }
  if (sentinels !== undefined) return 'sentinel';
  return cluster === undefined ? 'standalone' : 'cluster';
}

/** Makes a client of our own that begins to connect at once.
 * @throws CATZ_BUS_DEPENDENCY */
export function makeClient(options: RedisOptions, hooks: ClientHooks): RedisLike {
  const { url, node, sentinels, cluster, client } = options;
  const settings = settingsOf(options, hooks);
  if (client !== undefined) return duplicateOf(client, settings, hooks);
  const { Redis, Cluster } = loadDriver(hooks.who);
  if (cluster !== undefined) {
    const { nodes, natMap, ...rest } = cluster;
    const redisOptions = { ...settings, ...login(rest) };
    return new Cluster(withPorts(nodes, 6379), {
      ...clusterSettings(hooks),
      enableAutoPipelining: options.autoPipelining ?? false,
      ...(natMap === undefined ? {} : { natMap }),
      redisOptions,
    });
  }
  if (sentinels !== undefined) {
    const { nodes, name, natMap, db, sentinelUsername, sentinelPassword, sentinelTls, ...rest } =
      sentinels;
    return new Redis({
      ...settings,
      ...login(rest),
      sentinels: withPorts(nodes, 26379),
      name,
      db: db ?? 0,
      ...(natMap === undefined ? {} : { natMap }),
      ...(rest.tls === undefined ? {} : { enableTLSForSentinelMode: true }),
      ...(sentinelTls === undefined ? {} : { sentinelTLS: tlsOf(sentinelTls) }),
      ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
      ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
      sentinelRetryStrategy: (attempts: number) => Math.min(50 * attempts, 500),
      sentinelCommandTimeout: CONNECT_TIMEOUT,
      // Its check of INFO's role is what keeps us off a master that was demoted.
      enableReadyCheck: true,
    });
  }
  if (url !== undefined) return new Redis({ ...settings, ...partsOf(url) });
  const { host = '127.0.0.1', port = 6379, path, db = 0, ...rest } = node ?? {};
  const place = path === undefined ? { host, port } : { path };
  return new Redis({ ...settings, ...login(rest), ...place, db });
}

function settingsOf(options: RedisOptions, hooks: ClientHooks): object {
  return {
    connectTimeout: options.connectTimeout ?? CONNECT_TIMEOUT,
    disconnectTimeout: DISCONNECT_TIMEOUT,
    enableAutoPipelining: options.autoPipelining ?? false,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: true,
    // 0: what waits for a reply is rejected with every close.
    maxRetriesPerRequest: 0,
    // We check by PING instead (connection.ts): ioredis' own check, INFO, has no time limit, and where an ACL denies INFO
    // it writes to the console.
    enableReadyCheck: false,
    // A connection that is lost while CLIENT SETINFO or SETNAME is on its way counts as ready for ever in ioredis 5
    // (redis/ioredis#2099).
    disableClientInfo: true,
    connectionName: null,
    retryStrategy: hooks.retryDelay,
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    lazyConnect: false,
    readOnly: false,
    // ioredis 6 speaks RESP3 by default, and then keeps invalidation messages to itself; 5 ignores both.
    protocol: 2,
    replyMapping: 'legacy',
  };
}

function clusterSettings(hooks: ClientHooks): object {
  return {
    enableOfflineQueue: false,
    // CLUSTER INFO may be denied, and tells less than the commands' own CLUSTERDOWN.
    enableReadyCheck: false,
    lazyConnect: false,
    scaleReads: 'master',
    // Enough for MOVED or ASK and a connection that has to be made; whoever calls has a deadline.
    maxRedirections: hooks.isStrict ? 0 : 4,
    retryDelayOnFailover: 50,
    retryDelayOnClusterDown: 50,
    retryDelayOnTryAgain: 20,
    slotsRefreshTimeout: CONNECT_TIMEOUT,
    slotsRefreshInterval: 5_000,
    clusterRetryStrategy: hooks.retryDelay,
  };
}

function duplicateOf(client: RedisLike, settings: object, hooks: ClientHooks): RedisLike {
  const isSentinel = Boolean((client.options as { sentinels?: unknown }).sentinels);
  if (!client.isCluster) {
    const override = { ...settings, ...(isSentinel ? { enableReadyCheck: true } : {}) };
    return client.duplicate(override as never) as RedisLike;
  }
  const { retryStrategy: _, ...redisOptions } = settings as { retryStrategy: unknown };
  const override = { ...clusterSettings(hooks), redisOptions };
  return client.duplicate([] as never, override as never) as RedisLike;
}

function login(from: {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly tls?: RedisTls | undefined;
}): object {
  const { username, password, tls } = from;
  return {
    ...(username === undefined || username === '' ? {} : { username }),
    ...(password === undefined || password === '' ? {} : { password }),
    ...(tls === undefined ? {} : { tls: tlsOf(tls) }),
  };
}

function partsOf(text: string): object {
  const { protocol, hostname, port, username, password, pathname } = new URL(text);
  return {
    // An IPv6 address stands in brackets in a URL only.
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? 6379 : Number(port),
    db: Number(pathname.slice(1)),
    ...login({
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
      tls: protocol === 'rediss:' ? true : undefined,
    }),
  };
}

function tlsOf(tls: RedisTls): object {
  return tls === true ? {} : tls;
}

function withPorts(nodes: readonly RedisAddress[], port: number): object[] {
  return nodes.map((node) => ({ host: node.host, port: node.port ?? port }));
}
