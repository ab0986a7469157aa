// One connection through all that can happen to it, on both versions of the driver.
import { Redis as Redis6, Cluster as Cluster6 } from 'ioredis';
import { Redis as Redis5, Cluster as Cluster5 } from 'ioredis5';
import { expect, onTestFinished, vi, it as plainIt } from 'vitest';
import { connectRedis, faultOf } from '../../src/redis/index.ts';
import type { RedisConnection } from '../../src/redis/index.ts';
import {
  freePort,
  startCluster,
  startProxy,
  startRedis,
  startSentinel,
  until,
} from '../../src/testing/index.ts';
import { it, onEachDriver, openConnection, ownRedis, sharedRedis } from '../support/redis.ts';

const reaches = (connection: RedisConnection, state: string): Promise<void> =>
  until(`it to be ${state}`, () => connection.state === state);

onEachDriver((driver) => {
  const isFive = driver === 'ioredis5';
  const redis = sharedRedis();

  it('starts while the server is down, and is ready once it is there', async () => {
    const port = await freePort();
    const { connection, states } = openConnection({ url: `redis://127.0.0.1:${port}` });
    expect([connection.state, connection.owned, connection.topology]).toEqual([
      'connecting',
      true,
      'standalone',
    ]);
    await reaches(connection, 'down');
    expect(connection.lastError).toContain('ECONNREFUSED');
    const refused = await connection.call('GET', 'a').catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'CATZ_BUS_NOT_READY',
      message: 'the connection to Redis is down',
    });
    expect(faultOf(refused)).toBe('down');
    const server = await startRedis({ port });
    onTestFinished(() => server.stop());
    await reaches(connection, 'ready');
    expect(connection.lastError).toBeUndefined();
    expect(states).toEqual(['down', 'ready']);
    expect(await connection.call('SET', 'a', 'ü')).toBe('OK');
    expect(await connection.callBuffer('GET', 'a')).toEqual(Buffer.from('ü'));
  });

  it('rejects what waits when it is reset, and is back when the server answers again', async () => {
    const server = await ownRedis();
    const { connection, states } = openConnection({ node: { port: server.port } });
    await reaches(connection, 'ready');
    server.pause();
    const waiting = connection.call('GET', 'a').catch((error: unknown) => error);
    connection.reset();
    connection.reset();
    expect(connection.state).toBe('down');
    expect(faultOf(await waiting)).toBe('down');
    // The system accepts the connection of a stopped server: only the first PING shows that nobody is there.
    let attempts = 0;
    connection.client.on('connect', () => attempts++);
    await until('two attempts', () => attempts === 2);
    expect(connection.lastError).toContain('no answer within 1000 ms');
    server.resume();
    await reaches(connection, 'ready');
    expect(states).toEqual(['ready', 'down', 'ready']);
  });

  it('rejects what waits when the server is killed, and sends none of it again', async () => {
    const server = await ownRedis();
    const { connection } = openConnection({ node: { port: server.port } });
    await reaches(connection, 'ready');
    server.pause();
    const waiting = connection.call('SET', 'a', '1').catch((error: unknown) => error);
    await server.kill();
    expect(faultOf(await waiting)).toBe('down');
    await server.restart();
    await reaches(connection, 'ready');
    expect(await connection.call('GET', 'a')).toBeNull();
  });

  it('says that the server refuses it, tells no secret, and comes back when told that this was repaired', async () => {
    const server = await ownRedis({ password: 'right' });
    const { port } = server;
    const wrong = openConnection({ node: { port, password: 'secret-word' } }).connection;
    const none = openConnection({ node: { port } }).connection;
    await Promise.all([reaches(wrong, 'misconfigured'), reaches(none, 'misconfigured')]);
    expect(wrong.lastError).toMatch(/^WRONGPASS/);
    expect(none.lastError).toMatch(/^NOAUTH/);
    expect(wrong.lastError).not.toContain('secret-word');
    await server.ask('CONFIG', 'SET', 'requirepass', 'secret-word');
    wrong.reset();
    await reaches(wrong, 'ready');
    const right = openConnection({ url: `redis://:secret-word@127.0.0.1:${port}` }).connection;
    await reaches(right, 'ready');
    await right.call('CONFIG', 'SET', 'requirepass', '');
    none.reset();
    await reaches(none, 'ready');
  });

  it('does not go on in another database than the one asked for', async () => {
    const server = await redis();
    const { connection, states } = openConnection({ node: { port: server.port, db: 99 } });
    await reaches(connection, 'misconfigured');
    expect(connection.lastError).toContain('DB index is out of range');
    expect(states).not.toContain('ready');
    const three = openConnection({ url: `${server.url}/3` }).connection;
    await reaches(three, 'ready');
    await three.call('SET', 'only in 3', '1');
    expect(await server.ask('GET', 'only in 3')).toBeNull();
  });

  it('is ready when the ACL denies INFO and PING', async () => {
    const server = await redis();
    await server.ask('ACL', 'SETUSER', 'few', 'on', '>pass', '~*', '-@all', '+get');
    const node = { port: server.port, username: 'few', password: 'pass' };
    const { connection } = openConnection({ node });
    await reaches(connection, 'ready');
    expect(await connection.call('GET', 'nothing')).toBeNull();
    expect(faultOf(await connection.call('SET', 'a', '1').catch((error: unknown) => error))).toBe(
      'misconfigured',
    );
  });

  it('waits while the server loads its data', async () => {
    const server = await ownRedis({
      config: ['key-load-delay 200', 'loading-process-events-interval-bytes 1024'],
    });
    await server
      .ask('DEBUG', 'POPULATE', '5000')
      .catch(() => server.ask('EVAL', "for i = 1, 5000 do redis.call('SET', i, i) end", '0'));
    await server.ask('SAVE');
    const { connection } = openConnection({ node: { port: server.port } });
    await reaches(connection, 'ready');
    await server.kill();
    const restarted = server.restart();
    await until('it to load', () => connection.lastError?.startsWith('LOADING'));
    expect(connection.state).toBe('down');
    await restarted;
    await reaches(connection, 'ready');
    expect(await connection.call('GET', '7')).not.toBeNull();
  });

  it('keeps commands in pipelines apart, also those with Buffers in the reply', async () => {
    const { url } = await redis();
    const { connection } = openConnection({ url, autoPipelining: true });
    await reaches(connection, 'ready');
    const replies = await Promise.all([
      connection.call('SET', 'piped', '1'),
      connection.callBuffer('GET', 'piped'),
      connection.call('GET', 'piped'),
      connection.callBuffer('LPOP', 'piped').catch((error: Error) => error.message.split(' ')[0]),
      connection.callBuffer('NO.SUCH', 'piped').catch((error: Error) => error.message),
    ]);
    expect(replies.slice(0, 4)).toEqual(['OK', Buffer.from('1'), '1', 'WRONGTYPE']);
    expect(replies[4]).toMatch(/unknown command '?`?NO.SUCH/i);
  });

  it('uses a client that was given as it is, and leaves it open', async () => {
    const server = await ownRedis();
    const { port } = server;
    const client = isFive
      ? new Redis5(port, { retryStrategy: () => 20 })
      : new Redis6(port, { retryStrategy: () => 20 });
    client.on('error', () => undefined);
    onTestFinished(() => client.disconnect());
    const before = ['ready', 'close', 'end', 'error'].map((event) => client.listenerCount(event));
    const { connection, states } = openConnection({ client });
    expect([connection.client, connection.owned]).toEqual([client, false]);
    await reaches(connection, 'ready');
    expect(await connection.call('PING')).toBe('PONG');
    const own = connection.duplicate({ role: 'blocking' });
    await reaches(own, 'ready');
    expect(own.owned).toBe(true);
    const ownAgain = own.duplicate({ role: 'subscriber' });
    await reaches(ownAgain, 'ready');
    await server.kill();
    await reaches(connection, 'down');
    connection.reset();
    await expect(connection.call('PING')).rejects.toMatchObject({ code: 'CATZ_BUS_NOT_READY' });
    await server.restart();
    await reaches(connection, 'ready');
    await Promise.all([connection.close(), own.close(), ownAgain.close()]);
    expect(states).toEqual(['ready', 'down', 'ready', 'closed']);
    expect(client.status).toBe('ready');
    const after = ['ready', 'close', 'end', 'error'].map((event) => client.listenerCount(event));
    expect(after).toEqual(before);
  });

  it('follows a client that was given before it ever connected, and one that gave up', async () => {
    const port = await freePort();
    const give = { lazyConnect: true, retryStrategy: () => null };
    const client = isFive ? new Redis5(port, give) : new Redis6(port, give);
    client.on('error', () => undefined);
    onTestFinished(() => client.disconnect());
    const { connection } = openConnection({ client });
    await reaches(connection, 'down');
    expect(client.status).toBe('end');
  });

  it('works on a cluster, also one whose client was given, and comes back after a reset and after all nodes were killed', async () => {
    const cluster = await startCluster();
    onTestFinished(() => cluster.stop());
    const { connection, states } = openConnection({ cluster: { nodes: cluster.seeds } });
    expect(connection.topology).toBe('cluster');
    await reaches(connection, 'ready');
    for (const key of ['a', 'b', 'c', 'd'])
      expect(await connection.call('SET', key, key)).toBe('OK');
    connection.reset();
    expect(connection.state).toBe('down');
    await reaches(connection, 'ready');
    expect(await connection.callBuffer('GET', 'c')).toEqual(Buffer.from('c'));
    const seeds = [...cluster.seeds];
    const client = isFive ? new Cluster5(seeds) : new Cluster6(seeds);
    client.on('error', () => undefined);
    onTestFinished(() => client.disconnect());
    const given = openConnection({ client }).connection;
    await reaches(given, 'ready');
    expect(given.topology).toBe('cluster');
    const own = given.duplicate({ role: 'blocking' });
    onTestFinished(() => own.close());
    await reaches(own, 'ready');
    expect(await own.call('GET', 'd')).toBe('d');
    await Promise.all(cluster.nodes.map((node) => node.kill()));
    await reaches(connection, 'down');
    await Promise.all(cluster.nodes.map((node) => node.restart()));
    await reaches(connection, 'ready');
    await until('slots to be served', () => connection.call('GET', 'a').then(() => true));
    expect(states).toEqual(['ready', 'down', 'ready', 'down', 'ready']);
  });

  it('finds the new master after a failover, through sentinels that were out of reach at first', async () => {
    const setup = await startSentinel();
    onTestFinished(() => setup.stop());
    const proxy = await startProxy({ port: setup.sentinel.port });
    onTestFinished(() => proxy.stop());
    await proxy.cut();
    const sentinels = { nodes: [{ host: proxy.host, port: proxy.port }], name: setup.name };
    const { connection } = openConnection({ sentinels });
    expect(connection.topology).toBe('sentinel');
    await until('an error', () => connection.lastError?.includes('sentinels are unreachable'));
    await proxy.restore();
    await reaches(connection, 'ready');
    expect(await connection.call('SET', 'a', '1')).toBe('OK');
    await setup.master.kill();
    await until('the new master', () => connection.call('SET', 'a', '2').then(() => true));
    expect(await setup.replica.ask('GET', 'a')).toBe('2');
  });

  it('reaches a cluster and its sentinel through addresses that are mapped', async () => {
    const cluster = await startCluster({ masters: 1 });
    onTestFinished(() => cluster.stop());
    const [node] = cluster.nodes;
    const proxy = await startProxy({ port: node!.port });
    onTestFinished(() => proxy.stop());
    const seed = { host: proxy.host, port: proxy.port };
    const natMap = { [`127.0.0.1:${node!.port}`]: seed };
    const { connection } = openConnection({ cluster: { nodes: [seed], natMap } });
    await reaches(connection, 'ready');
    await connection.call('SET', 'a', '1');
    proxy.setDelay(30);
    const start = performance.now();
    await connection.call('GET', 'a');
    expect(performance.now() - start).toBeGreaterThanOrEqual(29);
  });

  it('ends at any time, once', async () => {
    const port = await freePort();
    const { url } = await redis();
    const nodes = [{ host: '127.0.0.1', port }];
    const all = [
      openConnection({ url }),
      openConnection({ node: { port } }),
      openConnection({ cluster: { nodes } }),
      openConnection({ sentinels: { nodes, name: 'g' } }),
    ];
    await Promise.all(all.map(({ connection }) => connection.close()));
    const late = openConnection({ node: { port } });
    await reaches(late.connection, 'down');
    await late.connection.close();
    for (const { connection } of [...all, late]) {
      await connection.close();
      connection.reset();
      expect(connection.state).toBe('closed');
      await expect(connection.callBuffer('PING')).rejects.toMatchObject({
        code: 'CATZ_BUS_NOT_READY',
      });
    }
    expect(late.states).toEqual(['down', 'closed']);
  });
});

plainIt('passes TLS on, and reads each part of a URL', async () => {
  // What the driver is given cannot be seen from outside but in its options.
  const urls = ['rediss://me:p%40ss@[::1]:7/2', 'redis://localhost'];
  const made = urls.map((url) => connectRedis({ url }, { role: 'commands' }));
  onTestFinished(async () => void (await Promise.all(made.map((one) => one.close()))));
  const [secure, plain] = made.map(({ client }) => client.options);
  expect(secure).toMatchObject({
    host: '::1',
    port: 7,
    db: 2,
    username: 'me',
    password: 'p@ss',
    tls: {},
  });
  expect(plain).toMatchObject({ host: 'localhost', port: 6379, db: 0 });
  const sentinels = {
    nodes: [{ host: '127.0.0.1' }],
    name: 'g',
    tls: { servername: 'a' },
    sentinelTls: true as const,
    sentinelUsername: 'u',
    sentinelPassword: 'p',
    natMap: { 'a:1': { host: 'b' } },
  };
  const grouped = connectRedis({ sentinels, connectTimeout: 50 }, { role: 'commands' });
  onTestFinished(() => grouped.close());
  expect(grouped.client.options).toMatchObject({
    sentinels: [{ host: '127.0.0.1', port: 26379 }],
    tls: { servername: 'a' },
    enableTLSForSentinelMode: true,
    sentinelTLS: {},
    sentinelUsername: 'u',
    sentinelPassword: 'p',
    natMap: { 'a:1': { host: 'b' } },
    connectTimeout: 50,
  });
  const socket = connectRedis({ node: { path: '/nowhere/redis.sock' } }, { role: 'commands' });
  onTestFinished(() => socket.close());
  await until('it to be down', () => socket.state === 'down');
  expect(socket.lastError).toContain('ENOENT');
  vi.restoreAllMocks();
});
