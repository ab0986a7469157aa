// A Redis Cluster of masters for tests: equal shares of the 16384 slots, ready when every node says so.
import type { Reply } from './ask.ts';
import { CLUSTER_BUS_OFFSET } from './ports.ts';
import { startRedis } from './redis-server.ts';
import type { RedisServer } from './redis-server.ts';
import { until } from './until.ts';

/** Options of startCluster. */
export interface StartClusterOptions {
  /** Default: 3. */
  readonly masters?: number | undefined;
  /** Lines of each node's redis.conf. */
  readonly config?: readonly string[] | undefined;
}

/** A running cluster. */
export interface RedisCluster extends AsyncDisposable {
  /** In the order of their slots. */
  readonly nodes: readonly RedisServer[];
  /** Where clients begin: `[{ host, port }, …]`. */
  readonly seeds: readonly { readonly host: string; readonly port: number }[];
  /** The node that serves the slot of a key. */
  nodeOf(key: string): Promise<RedisServer>;
  /** Moves the slot of a key, with what is in it, to another node. */
  moveSlotOf(key: string, target: RedisServer): Promise<void>;
  stop(): Promise<void>;
}

const SLOTS = 16_384;

/** Starts a cluster; takes 1 to 3 s.
 * @throws CATZ_BUS_NO_SERVER, CATZ_BUS_SERVER_START */
export async function startCluster(options: StartClusterOptions = {}): Promise<RedisCluster> {
  const { masters = 3, config = [] } = options;
  const conf = [
    'cluster-enabled yes',
    'cluster-node-timeout 2000',
    'cluster-announce-ip 127.0.0.1',
  ];
  const started = await Promise.allSettled(
    Array.from({ length: masters }, () => startRedis({ config: [...conf, ...config] })),
  );
  const nodes = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    const failed = started.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    await join(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  const nodeOf = async (key: string): Promise<RedisServer> => {
    const slot = Number(await nodes[0]!.ask('CLUSTER', 'KEYSLOT', key));
    const ranges = (await nodes[0]!.ask('CLUSTER', 'SLOTS')) as Reply[][];
    const range = ranges.find(([from, to]) => Number(from) <= slot && slot <= Number(to));
    const port = (range?.[2] as Reply[] | undefined)?.[1];
    const node = nodes.find((one) => one.port === port);
    if (node === undefined) throw new Error(`no node serves slot ${slot}`);
    return node;
  };
  return {
    nodes,
    seeds: nodes.map(({ host, port }) => ({ host, port })),
    nodeOf,
    moveSlotOf: async (key, target) => moveSlot(nodes, key, await nodeOf(key), target),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function join(nodes: readonly RedisServer[]): Promise<void> {
  const share = SLOTS / nodes.length;
  await Promise.all(
    nodes.map(async (node, index) => {
      const slots: string[] = [];
      for (let slot = Math.ceil(index * share); slot < (index + 1) * share; slot++) {
        slots.push(String(slot));
      }
      await node.ask('CLUSTER', 'ADDSLOTS', ...slots);
      // Nodes that begin with the same epoch first quarrel about it.
      await node.ask('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    }),
  );
  const [first, ...others] = nodes;
  for (const { port } of others) {
    const bus = String(port + CLUSTER_BUS_OFFSET);
    await first!.ask('CLUSTER', 'MEET', '127.0.0.1', String(port), bus);
  }
  await Promise.all(
    nodes.map((node) =>
      until(`cluster node ${node.port} to know all`, async () => {
        const info = String(await node.ask('CLUSTER', 'INFO'));
        return (
          info.includes('cluster_state:ok') &&
          info.includes(`cluster_slots_assigned:${SLOTS}`) &&
          info.includes(`cluster_size:${nodes.length}`)
        );
      }),
    ),
  );
}

// The steps of "Cluster live reconfiguration" in the Redis Cluster specification.
async function moveSlot(
  nodes: readonly RedisServer[],
  key: string,
  source: RedisServer,
  target: RedisServer,
): Promise<void> {
  if (source === target) return;
  const slot = String(await source.ask('CLUSTER', 'KEYSLOT', key));
  const [from, to] = await Promise.all(
    [source, target].map(async (node) => String(await node.ask('CLUSTER', 'MYID'))),
  );
  await target.ask('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from!);
  await source.ask('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to!);
  for (;;) {
    const keys = (await source.ask('CLUSTER', 'GETKEYSINSLOT', slot, '100')) as string[];
    if (keys.length === 0) break;
    const { port } = target;
    await source.ask('MIGRATE', '127.0.0.1', String(port), '', '0', '5000', 'KEYS', ...keys);
  }
  await target.ask('CLUSTER', 'SETSLOT', slot, 'NODE', to!);
  for (const node of nodes) {
    if (node !== target) await node.ask('CLUSTER', 'SETSLOT', slot, 'NODE', to!);
  }
}
