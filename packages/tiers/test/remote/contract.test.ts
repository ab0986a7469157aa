// The contract of every L2, on Redis: over a server with each release of the driver, and over a cluster.
import { afterAll, beforeAll, describe, it } from 'vitest';
import { startCluster, startRedis, until } from '@catzilla/bus/testing';
import type { RedisCluster, RedisServer } from '@catzilla/bus/testing';
import type { RedisTierOptions } from '../../src/remote/redis-options.ts';
import { remoteContract } from '../../src/testing/remote-contract.ts';
import type { RemoteSubject } from '../../src/testing/remote-contract.ts';
import { open } from './_redis.ts';
import { drivers } from '../support/drivers.ts';
import { watchSilence } from '../support/silence.ts';

watchSilence();

let server: RedisServer;
let cluster: RedisCluster;
beforeAll(async () => {
  [server, cluster] = await Promise.all([startRedis(), startCluster()]);
});
afterAll(() => Promise.all([server.stop(), cluster.stop()]));

async function subject(options: RedisTierOptions): Promise<RemoteSubject> {
  const { store } = open(options, 'contract');
  await until('the store to be ready', () => store.state === 'ready');
  return {
    store,
    async close() {
      await store.close();
      options.client?.disconnect();
    },
  };
}

remoteContract('on Redis', () => subject({ url: server.url }), { describe, it });
remoteContract('on a cluster', () => subject({ cluster: { nodes: cluster.seeds } }), {
  describe,
  it,
});
for (const [name, Driver] of drivers) {
  const client = () => new Driver({ host: server.host, port: server.port });
  remoteContract(`over a given ${name}`, () => subject({ client: client() }), { describe, it });
}
