// Every remote tier there is, through one contract: in memory, behind a chaos that does nothing, and Redis.
import { afterAll, beforeAll, describe, it } from 'vitest';
import { startRedis } from '@catzilla/bus/testing';
import type { RedisServer } from '@catzilla/bus/testing';
import { redisTier } from '../../src/remote/redis-tier.ts';
import type { RemoteStore, RemoteTier } from '../../src/remote/remote-tier.ts';
import { chaosTier, memoryTier, remoteContract } from '../../src/testing/index.ts';
import { expectNoUnhandled } from '../faults/support.ts';

expectNoUnhandled();

/** Opens a tier, and waits until it is ready. */
async function opened(tier: RemoteTier): Promise<{ store: RemoteStore; close(): Promise<void> }> {
  let isReady = (): void => {};
  const ready = new Promise<void>((resolve) => (isReady = resolve));
  const store = tier.open({
    name: 'contract',
    now: () => Date.now(),
    onState: (state) => {
      if (state === 'ready') isReady();
    },
  });
  if (store.state !== 'ready') await ready;
  return { store, close: () => store.close() };
}

remoteContract('in memory', () => opened(memoryTier()), { describe, it });
remoteContract('behind chaos', () => opened(chaosTier(memoryTier())), { describe, it });

describe('with a server', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  remoteContract('on Redis', () => opened(redisTier({ url: server.url })), { describe, it });
});
