// A failover of a Sentinel group: writes go on at the new master, and what was written before is there.
import { expect, it } from 'vitest';
import { startSentinel, until } from '@catzilla/bus/testing';
import { open, outcome, stamped } from './_redis.ts';
import { drivers } from '../support/drivers.ts';
import { watchSilence } from '../support/silence.ts';

watchSilence();

it('goes on at the new master, over own and given clients', async () => {
  const group = await startSentinel();
  const { sentinels, name } = group;
  const clients = drivers.map(([, Driver]) => {
    const client = new Driver({ sentinels, name, retryStrategy: () => 50 });
    client.on('error', () => undefined);
    return client;
  });
  const own = open({ sentinels: { nodes: sentinels, name } });
  const stores = [own.store, ...clients.map((client) => open({ client }).store)];
  try {
    for (const store of stores) {
      await until('the store to be ready', () => store.state === 'ready');
      expect(store.backend).toBe('redis sentinel');
    }
    await own.store.set('', { key: 'before', bytes: stamped(1), ttl: Infinity });
    const fence = await own.store.lock('', 'k', 'before', 60_000);
    await until(
      'the replica to have it',
      async () => String(await group.replica.ask('DBSIZE')) === '2',
    );
    await group.master.kill();
    await until('the store to see it', () => own.store.state === 'down');
    const error = await outcome(own.store.get('', 'before'));
    expect(own.store.faultOf(error)).toBe('down');
    for (const [index, store] of stores.entries()) {
      const write = { key: `after${index}`, bytes: stamped(2), ttl: 60_000 };
      await until('writes to go on', async () => {
        return (await outcome(store.fill('', write, { created: 2 }))) === true;
      });
      expect(await store.getMany('', ['before', write.key])).toEqual([stamped(1), stamped(2)]);
    }
    expect(await group.masterPort()).toBe(group.replica.port);
    expect(own.states).toEqual(['ready', 'down', 'ready']);
    await own.store.unlock('', 'k', 'before');
    expect(await own.store.lock('', 'k', 'after', 1_000)).toBeGreaterThan(fence!);
  } finally {
    for (const store of stores) await store.close();
    for (const client of clients) client.disconnect();
    await group.stop();
  }
});

it('has news from the new master', async () => {
  const group = await startSentinel();
  const { sentinels, name } = group;
  const { store, news } = open({ sentinels: { nodes: sentinels, name }, tracking: true });
  const isTracking = (): boolean => store.backend === 'redis sentinel, tracking';
  try {
    await until('tracking', isTracking);
    await group.master.kill();
    await until('the loss', () => !isTracking());
    await until('tracking', isTracking);
    expect(await group.masterPort()).toBe(group.replica.port);
    expect(news).toEqual([null, null]);
    await group.replica.ask('SET', 'cz1:main::{k}', 'x');
    await until('the news', () => news.includes('|k'));
  } finally {
    await store.close();
    await group.stop();
  }
});
