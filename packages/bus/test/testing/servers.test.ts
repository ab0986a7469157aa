// The servers that all failure tests stand on.
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';
import { expect, onTestFinished, it as plainIt, vi } from 'vitest';
import {
  ask,
  freePort,
  redisBinary,
  redisSkipReason,
  startCluster,
  startProxy,
  startRedis,
  startSentinel,
  until,
} from '../../src/testing/index.ts';
import { it, ownRedis } from '../support/redis.ts';

it('starts a server with config, password, folder and port as asked, and leaves nothing', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'catz-test-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const port = await freePort();
  const config = ['maxmemory 7mb', 'appendonly yes'];
  const server = await startRedis({ config, password: 'a "b" \\c', dir, port });
  onTestFinished(() => server.stop());
  expect([server.port, server.dir]).toEqual([port, dir]);
  expect(await server.ask('CONFIG', 'GET', 'maxmemory')).toEqual(['maxmemory', '7340032']);
  await expect(ask(port, ['PING'])).rejects.toThrow(/NOAUTH/);
  expect(new URL(server.url).password).toBe('a%20%22b%22%20%5Cc');
  await server.ask('SET', 'kept', 'ü');
  const { pid } = server;
  await server.restart();
  expect(server.pid).not.toBe(pid);
  expect(await server.ask('GET', 'kept')).toBe('ü');
  expect(await server.ask('MGET', 'kept', 'none')).toEqual(['ü', null]);
  await server.stop();
  expect(server.isRunning).toBe(false);
  expect(existsSync(dir)).toBe(true);
  await expect(server.ask('PING')).rejects.toThrow(/ECONNREFUSED/);
  const other = await startRedis();
  await other.stop();
  await other.stop();
  expect(existsSync(other.dir)).toBe(false);
});

it('listens on the loopback interface only, and forgets all in a restart', async () => {
  const server = await ownRedis();
  expect(await server.ask('CONFIG', 'GET', 'bind')).toEqual(['bind', '127.0.0.1']);
  expect(await server.ask('CONFIG', 'GET', 'save')).toEqual(['save', '']);
  await server.ask('SET', 'a', '1');
  await server.kill();
  await server.restart();
  expect(await server.ask('GET', 'a')).toBeNull();
});

it('stops and continues a server, and ends one that is stopped', async () => {
  const server = await ownRedis();
  server.pause();
  let isAnswered = false;
  const answer = server.ask('PING').then(() => (isAnswered = true));
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(isAnswered).toBe(false);
  server.resume();
  await answer;
  server.pause();
  await server.kill();
  expect(server.isRunning).toBe(false);
});

it('says why a server did not start, and that a port is taken', async () => {
  await expect(startRedis({ config: ['no-such-option 1'] })).rejects.toMatchObject({
    code: 'CATZ_BUS_SERVER_START',
    message: expect.stringContaining('no-such-option'),
  });
  const taken = createServer();
  onTestFinished(() => void taken.close());
  const port = await freePort();
  await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
  await expect(startRedis({ port })).rejects.toThrow(`port ${port} is in use`);
});

it('starts a cluster whose slots can be moved', async () => {
  await using cluster = await startCluster({ masters: 2, config: ['maxmemory 7mb'] });
  const [a, b] = cluster.nodes;
  const owner = await cluster.nodeOf('key');
  const other = owner === a ? b! : a!;
  await owner.ask('SET', 'key', '1');
  await expect(other.ask('GET', 'key')).rejects.toThrow(/^MOVED/);
  await cluster.moveSlotOf('key', other);
  await cluster.moveSlotOf('key', other);
  expect(await other.ask('GET', 'key')).toBe('1');
  expect(await cluster.nodeOf('key')).toBe(other);
  expect(await a!.ask('CONFIG', 'GET', 'maxmemory')).toEqual(['maxmemory', '7340032']);
  expect(cluster.seeds.every(({ port }) => port < 55_535)).toBe(true);
});

it('leaves no node when a cluster or a setup with a sentinel does not start', async () => {
  await expect(startCluster({ config: ['no-such-option 1'] })).rejects.toThrow(/no-such-option/);
  await expect(startSentinel({ config: ['no-such-option 1'] })).rejects.toThrow(/no-such-option/);
});

it('starts a master, a replica and a sentinel that fails over', async () => {
  await using setup = await startSentinel({ name: 'group', downAfter: 300 });
  expect(await setup.masterPort()).toBe(setup.master.port);
  await setup.master.ask('SET', 'a', '1');
  // Replication is asynchronous: a master that dies before takes the value along.
  await until('the copy', async () => (await setup.replica.ask('GET', 'a')) === '1');
  await setup.master.kill();
  await until('the failover', async () => (await setup.masterPort()) === setup.replica.port);
  expect(await setup.replica.ask('GET', 'a')).toBe('1');
});

it('slows down, cuts off and swallows what goes through a proxy', async () => {
  const server = await ownRedis();
  await using proxy = await startProxy({ port: server.port, delay: 30 });
  const start = performance.now();
  expect(await ask(proxy.port, ['PING'])).toBe('PONG');
  expect(performance.now() - start).toBeGreaterThanOrEqual(29);
  proxy.setDelay(0);
  await proxy.cut();
  await expect(ask(proxy.port, ['PING'])).rejects.toThrow(/ECONNREFUSED/);
  await proxy.restore();
  await proxy.cut('blackhole');
  const swallowed = ask(proxy.port, ['SET', 'a', '1']);
  await until('the connection', () => proxy.connections === 1);
  expect(await server.ask('GET', 'a')).toBeNull();
  await proxy.restore();
  expect(await swallowed).toBe('OK');
  await until('it to be over', () => proxy.connections === 0);
  await proxy.cut('blackhole');
  const dropped = ask(proxy.port, ['PING']).catch((error: Error) => error.message);
  await until('the connection', () => proxy.connections === 1);
  await proxy.cut();
  expect(await dropped).toMatch(/closed without a reply|ECONNRESET/);
});

it('keeps the order of a reply that comes in many pieces through a delay that changes', async () => {
  const server = await ownRedis();
  const value = Array.from({ length: 100_000 }, (_, index) => index).join(' ');
  await server.ask('SET', 'long', value);
  await using proxy = await startProxy({ port: server.port, delay: 40 });
  const reply = ask(proxy.port, ['GET', 'long']);
  await until('the connection', () => proxy.connections === 1);
  proxy.setDelay(1);
  expect(await reply).toBe(value);
});

plainIt(
  'finds the binary: named, on the path, or as redis-check-rdb; else tells how to get it',
  () => {
    const dir = mkdtempSync(join(tmpdir(), 'catz-test-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const program = (name: string): string => {
      writeFileSync(join(dir, name), '#!/bin/sh\n', { mode: 0o755 });
      return join(dir, name);
    };
    const missing = expect.objectContaining({ code: 'CATZ_BUS_NO_SERVER' });
    const env = { PATH: `${join(dir, 'none')}:${dir}` };
    expect(() => redisBinary(env)).toThrow(missing);
    expect(() => redisBinary({})).toThrow(
      /run: apt-get install redis-tools|brew install redis|WSL/,
    );
    expect(() => redisBinary({ ...env, CATZ_TEST_REDIS: '/nowhere' })).toThrow(/names \/nowhere/);
    const check = program('redis-check-rdb');
    vi.stubEnv('TMPDIR', dir);
    onTestFinished(() => void vi.unstubAllEnvs());
    const link = redisBinary(env);
    expect(link).toMatch(/catz-redis-bin-.*\/redis-server$/);
    expect(realpathSync(link)).toBe(realpathSync(check));
    expect(redisBinary(env)).toBe(link);
    const valkey = program('valkey-server');
    expect(redisBinary(env)).toBe(valkey);
    const server = program('redis-server');
    expect(redisBinary(env)).toBe(server);
    expect(redisBinary({ CATZ_TEST_REDIS: valkey })).toBe(valkey);
  },
);

plainIt('skips tests only when told to', () => {
  expect(redisSkipReason({})).toBeUndefined();
  expect(redisSkipReason({ CATZ_SKIP_REDIS: '1' })).toBe('CATZ_SKIP_REDIS=1');
});

plainIt('says what it waited for, and what was wrong last', async () => {
  const never = until('rain', () => Promise.reject(new Error('dry')), 20);
  await expect(never).rejects.toMatchObject({
    message: 'waited 20 ms for: rain',
    cause: { message: 'dry' },
  });
});
