// A master, a replica and the sentinel that watches them: the smallest setup with a failover. One sentinel decides
// alone (quorum 1), after `downAfter`.
import type { Reply } from './ask.ts';
import { startRedis, startServer } from './redis-server.ts';
import type { RedisServer } from './redis-server.ts';
import { until } from './until.ts';

/** Options of startSentinel. */
export interface StartSentinelOptions {
  /** Name of the group. Default: 'catz'. */
  readonly name?: string | undefined;
  /** ms without an answer after which the master counts as down. Default: 500. */
  readonly downAfter?: number | undefined;
  /** Lines of redis.conf of master and replica. */
  readonly config?: readonly string[] | undefined;
}

/** A running setup. `master` and `replica` are the roles at the start: a failover swaps them. */
export interface RedisSentinel extends AsyncDisposable {
  readonly name: string;
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly sentinel: RedisServer;
  /** Where clients begin: `[{ host, port }]`. */
  readonly sentinels: readonly { readonly host: string; readonly port: number }[];
  /** Port of the server that the sentinel calls master now. */
  masterPort(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts a setup; ready when the sentinel knows a replica that is in step.
 * @throws CATZ_BUS_NO_SERVER, CATZ_BUS_SERVER_START */
export async function startSentinel(options: StartSentinelOptions = {}): Promise<RedisSentinel> {
  const { name = 'catz', downAfter = 500, config = [] } = options;
  const servers: RedisServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  const started = async (starting: Promise<RedisServer>): Promise<RedisServer> => {
    const server = await starting;
    servers.push(server);
    return server;
  };
  try {
    const conf = ['repl-diskless-sync yes', 'repl-diskless-sync-delay 0', ...config];
    const master = await started(startRedis({ config: conf }));
    const replica = await started(
      startRedis({ config: [...conf, `replicaof 127.0.0.1 ${master.port}`] }),
    );
    await until('the replica to be in step', async () =>
      String(await replica.ask('INFO', 'replication')).includes('master_link_status:up'),
    );
    const lines = [
      `sentinel monitor ${name} 127.0.0.1 ${master.port} 1`,
      `sentinel down-after-milliseconds ${name} ${downAfter}`,
      `sentinel failover-timeout ${name} 3000`,
    ];
    const spec = { dir: undefined, port: undefined, password: undefined };
    const sentinel = await started(startServer({ ...spec, conf: lines, args: ['--sentinel'] }));
    await until('the sentinel to know the replica', async () => {
      const replicas = (await sentinel.ask('SENTINEL', 'REPLICAS', name)) as Reply[][];
      const facts = (replicas[0] ?? []).map(String);
      const link = facts.indexOf('master-link-status');
      return link !== -1 && facts[link + 1] === 'ok';
    });
    return {
      name,
      master,
      replica,
      sentinel,
      sentinels: [{ host: sentinel.host, port: sentinel.port }],
      async masterPort() {
        const address = await sentinel.ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name);
        return Number((address as Reply[])[1]);
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
