// What a store does when its server is away, refuses us or refuses writes: it rejects, says which kind of failure it
// is, and works again by itself.
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RedisLike } from '@catzilla/bus/redis';
import { freePort, startProxy, startRedis, until } from '@catzilla/bus/testing';
import type { RedisServer, StartRedisOptions } from '@catzilla/bus/testing';
import type { RedisTierOptions } from '../../src/remote/redis-options.ts';
import type { RemoteStore, RemoteWrite } from '../../src/remote/remote-tier.ts';
import { collect, open, outcome, stamped } from './_redis.ts';
import { drivers } from '../support/drivers.ts';
import { watchSilence } from '../support/silence.ts';
import type { Opened } from './_redis.ts';

watchSilence();

async function server(options: StartRedisOptions = {}): Promise<RedisServer> {
  const started = await startRedis(options);
  onTestFinished(() => started.stop());
  return started;
}

function opened(options: RedisTierOptions): Opened {
  const made = open(options);
  onTestFinished(() => made.store.close());
  return made;
}

function given(client: RedisLike): RedisLike {
  client.on('error', () => undefined);
  onTestFinished(() => client.disconnect());
  return client;
}

const write = (key = 'k', created = 1): RemoteWrite => ({
  key,
  bytes: stamped(created),
  ttl: 60_000,
});

const isReady = (store: RemoteStore): Promise<void> =>
  until('the store to be ready', () => store.state === 'ready');

// Each method once: what it rejects with, or what stands in the place of a result.
async function faultsOf(store: RemoteStore): Promise<Record<string, string>> {
  const calls: Record<string, Promise<unknown>> = {
    get: store.get('', 'k'),
    getMany: store.getMany('', ['k']),
    readEpochs: store.readEpochs(['t']),
    scan: collect(store.scan('', '')),
    time: store.time(),
    ping: store.ping(),
    set: store.set('', write()),
    setMany: store.setMany('', [write()]),
    fill: store.fill('', write(), { created: 1 }),
    remove: store.remove('', ['k'], stamped(1), 1_000),
    lock: store.lock('', 'k', 't', 1_000),
    raiseEpochs: store.raiseEpochs(['t'], 'hard', 1, 1_000),
    probeWrite: store.probeWrite(),
  };
  const ends = Object.entries(calls).map(async ([name, call]) => {
    const result = await outcome(call);
    return [name, result instanceof Error ? store.faultOf(result) : 'none'] as const;
  });
  return Object.fromEntries(await Promise.all(ends));
}

const READS = ['get', 'getMany', 'readEpochs', 'scan', 'time', 'ping'];
const WRITES = ['set', 'setMany', 'fill', 'remove', 'lock', 'raiseEpochs', 'probeWrite'];

function faults(reads: string, writes: string): Record<string, string> {
  return Object.fromEntries([
    ...READS.map((name) => [name, reads]),
    ...WRITES.map((name) => [name, writes]),
  ]);
}

describe('a server that is away', () => {
  it('at the start does not keep a store from being opened, which works later', async () => {
    const port = await freePort();
    const { store, states } = opened({ node: { port } });
    expect(store.state).toBe('connecting');
    expect(await faultsOf(store)).toEqual(faults('down', 'down'));
    await until('the first attempt to end', () => store.state === 'down');
    expect(await outcome(store.get('', 'k'))).toMatchObject({
      code: 'CATZ_TIERS_REMOTE',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await server({ port });
    await isReady(store);
    await store.set('', write());
    expect(await store.get('', 'k')).toEqual(stamped(1));
    expect(states).toEqual(['down', 'ready']);
    await store.close();
    expect(states.at(-1)).toBe('closed');
  });

  it('rejects what is under way when it is killed, and comes back without what it had', async () => {
    const redis = await server();
    const { store, states } = opened({ url: redis.url });
    await isReady(store);
    await store.fill('', write(), { created: 1 });
    redis.pause();
    const pending = Promise.all(
      Array.from({ length: 100 }, (_, index) => outcome(store.get('', `k${index}`))),
    );
    const batch = outcome(store.getMany('', ['a', 'b']));
    const writes = outcome(store.setMany('', [write('a'), write('b')]));
    await redis.kill();
    const ended = [...(await pending), await batch, await writes];
    expect(ended.every((error) => error instanceof Error)).toBe(true);
    expect(new Set(ended.map((error) => store.faultOf(error)))).toEqual(new Set(['down']));
    await until('the store to see it', () => store.state === 'down');
    expect(await faultsOf(store)).toEqual(faults('down', 'down'));
    await redis.restart();
    await isReady(store);
    // The scripts are gone as well.
    expect(await store.fill('', write('k', 2), { created: 2 })).toBe(true);
    expect(await store.get('', 'k')).toEqual(stamped(2));
    expect(states).toEqual(['ready', 'down', 'ready']);
  });

  it('that does not answer is given up by reset, and found again', async () => {
    const redis = await server();
    const proxy = await startProxy({ port: redis.port });
    onTestFinished(() => proxy.stop());
    const { store } = opened({ url: proxy.url });
    await isReady(store);
    await proxy.cut('blackhole');
    const unanswered = outcome(store.ping());
    store.reset();
    expect(store.faultOf(await unanswered)).toBe('down');
    await proxy.restore();
    await isReady(store);
    await store.ping();
  });

  it.each(drivers)('fills no offline queue of a given %s', async (_name, Driver) => {
    const port = await freePort();
    const patient = { retryStrategy: () => 20, maxRetriesPerRequest: null };
    const client = given(new Driver({ port, host: '127.0.0.1', ...patient }));
    const { store } = opened({ client });
    expect(await outcome(store.get('', 'k'))).toMatchObject({ code: 'CATZ_TIERS_REMOTE' });
    expect(await faultsOf(store)).toEqual(faults('down', 'down'));
    const redis = await server({ port });
    await isReady(store);
    expect(await redis.ask('DBSIZE')).toBe(0);
    await store.set('', write());
    store.reset();
    expect(client.status).toBe('ready');
    await redis.kill();
    await until('the client to see it', () => client.status !== 'ready');
    expect(await faultsOf(store)).toEqual(faults('down', 'down'));
    await redis.restart();
    await isReady(store);
    expect(await store.get('', 'k')).toBeUndefined();
  });

  it.each(drivers)('is no matter to a given %s with auto-pipelining', async (_name, Driver) => {
    const redis = await server();
    const options = { port: redis.port, host: '127.0.0.1', enableAutoPipelining: true };
    const { store } = opened({ client: given(new Driver(options)) });
    await isReady(store);
    expect(await faultsOf(store)).toEqual(faults('none', 'none'));
    await store.setMany('', [write('a'), write('b')]);
    const found = await Promise.all([store.get('', 'a'), store.getMany('', ['a', 'none', 'b'])]);
    expect(found).toEqual([stamped(1), [stamped(1), undefined, stamped(1)]]);
  });
});

describe('a server that refuses us', () => {
  it.each([
    ['no password', {}],
    ['a wrong password', { password: 'wrong' }],
    ['an unknown user', { username: 'nobody', password: 'right' }],
  ])('is misconfigured: %s', async (_title, login) => {
    const redis = await server({ password: 'right' });
    const { store, states } = opened({ node: { port: redis.port, ...login } });
    await until('the store to know', () => store.state === 'misconfigured');
    expect(await faultsOf(store)).toEqual(faults('misconfigured', 'misconfigured'));
    const error = await outcome(store.get('', 'k'));
    expect(String(error)).toMatch(/NOAUTH|WRONGPASS/);
    expect(String(error)).not.toContain('wrong ');
    expect(states).not.toContain('ready');
  });

  it('is misconfigured for the commands that its ACL denies, and works for the others', async () => {
    const acl = 'user reader on >pw ~cz1:* +ping +time +get +mget +scan +hello +client';
    const redis = await server({ config: [acl] });
    const { store } = opened({ node: { port: redis.port, username: 'reader', password: 'pw' } });
    await isReady(store);
    expect(await faultsOf(store)).toEqual(faults('none', 'misconfigured'));
  });

  it('is misconfigured within scripts too, never taken for a refused fill', async () => {
    const acl = 'user filler on >pw ~cz1:* +ping +evalsha +eval +set +scan +hello +client';
    const redis = await server({ config: [acl] });
    const { store } = opened({ node: { port: redis.port, username: 'filler', password: 'pw' } });
    await isReady(store);
    await redis.ask('SET', 'cz1:main::{other}', stamped(1).toString('latin1'));
    const ends = await Promise.all([
      outcome<unknown>(store.fill('', write(), { created: 1 })),
      outcome<unknown>(store.discard('', 'k', stamped(1))),
      outcome<unknown>(store.unlock('', 'k', 't')),
      outcome<unknown>(store.sweep('', 1)),
    ]);
    expect(ends.every((end) => end instanceof Error)).toBe(true);
    expect(ends.map((end) => store.faultOf(end))).toEqual(ends.map(() => 'misconfigured'));
  });
});

describe('a server that refuses writes', () => {
  it('for want of memory has reads go on', async () => {
    const redis = await server({ config: ['maxmemory-policy noeviction'] });
    const { store } = opened({ url: redis.url });
    await isReady(store);
    await store.set('', write('kept'));
    await redis.ask('CONFIG', 'SET', 'maxmemory', '1');
    expect(await faultsOf(store)).toEqual(faults('none', 'write'));
    expect(
      await store.setMany('', [write('a'), write('b')]).catch((error) => store.faultOf(error)),
    ).toBe('write');
    expect(await store.get('', 'kept')).toEqual(stamped(1));
    await redis.ask('CONFIG', 'SET', 'maxmemory', '0');
    expect(await faultsOf(store)).toEqual(faults('none', 'none'));
  });

  it.each(drivers)('being a replica has reads go on, over a given %s', async (_name, Driver) => {
    const master = await server({ config: ['repl-diskless-sync-delay 0'] });
    const replica = await server({ config: [`replicaof 127.0.0.1 ${master.port}`] });
    await until('the replica to be in step', async () =>
      String(await replica.ask('INFO', 'replication')).includes('master_link_status:up'),
    );
    const client = given(new Driver({ port: replica.port, host: '127.0.0.1' }));
    const { store } = opened({ client });
    await isReady(store);
    expect(await faultsOf(store)).toEqual(faults('none', 'write'));
  });

  it('being a replica is left for the master that took over, with a client of its own', async () => {
    const master = await server({ config: ['repl-diskless-sync-delay 0'] });
    const replica = await server({ config: [`replicaof 127.0.0.1 ${master.port}`] });
    const { store } = opened({ url: replica.url });
    await isReady(store);
    expect(store.faultOf(await outcome(store.set('', write())))).toBe('write');
    await until('reads to go on', async () => (await outcome(store.get('', 'k'))) === undefined);
    await replica.ask('REPLICAOF', 'NO', 'ONE');
    await until(
      'writes to go on',
      async () => (await outcome(store.set('', write()))) === undefined,
    );
    expect(await store.get('', 'k')).toEqual(stamped(1));
  });
});
