// A server that refuses us: 'misconfigured' until somebody repairs it, without a storm of attempts; memory and factories
// go on.
import { describe, expect, it } from 'vitest';
import type { TieredCache } from '../../src/index.ts';
import { until } from '../cache/support/open.ts';
import { infoOf, newName, server, serves, watched, well } from './support/watch.ts';
import { watchSilence } from '../support/silence.ts';

watchSilence();

async function serveFor(cache: TieredCache, ms: number): Promise<void> {
  const began = performance.now();
  await until(async () => {
    await serves(cache, 'x', 5);
    return performance.now() - began > ms;
  });
}

describe('a server that refuses us', () => {
  it.each([
    ['no password', {}],
    ['a wrong password', { password: 'wrong' }],
    ['an unknown user', { username: 'nobody', password: 'right' }],
  ])('is misconfigured and left in peace: %s', async (_title, login) => {
    const redis = await server({ password: 'right' });
    const { cache, states } = watched({
      name: newName(),
      remote: { node: { port: redis.port, ...login } },
    });
    await until(() => states.includes('misconfigured'));
    const before = await infoOf(redis, 'stats', 'total_connections_received');
    expect(await cache.set('k', 1)).toMatchObject({ ok: false, memory: 'ok', remote: 'failed' });
    await serveFor(cache, 1500);
    expect(await cache.get('k')).toBe(1);
    const { status, remote, bus } = await cache.health({ probe: true });
    expect(status).toBe('degraded');
    expect(remote.state).toBe('misconfigured');
    expect(remote.lastError).toMatch(/WRONGPASS|NOAUTH/);
    expect(JSON.stringify([remote, bus])).not.toMatch(/wrong\b|right/);
    // The question itself is one of them; the bus may have made its two since.
    const after = await infoOf(redis, 'stats', 'total_connections_received');
    expect(after - before).toBeLessThanOrEqual(4);
    expect(states).toEqual(['misconfigured']);
    const { timeouts } = cache.stats().remote;
    expect(timeouts).toBe(0);
  });

  it('is misconfigured where an ACL denies a command, reads go on, and works once that is allowed', async () => {
    const acl = 'user app on >pw ~cz* +@all -set -eval -evalsha -flushall';
    const redis = await server({ config: [acl] });
    const name = newName();
    const writer = watched({ name, remote: { url: redis.url } }).cache;
    await well(writer);
    await writer.setMany(['k', 'gone'].map((key) => [key, 1] as const));
    const remote = { node: { port: redis.port, username: 'app', password: 'pw' } };
    const { cache, states } = watched({ name, remote });
    await until(async () => (await cache.get('k', { tiers: ['remote'] })) === 1);
    const before = await infoOf(redis, 'stats', 'total_connections_received');
    expect(await cache.delete('gone')).toMatchObject({
      ok: false,
      memory: 'ok',
      remote: 'failed',
      bus: 'ok',
    });
    await serveFor(cache, 1000);
    expect(await cache.get('k', { tiers: ['remote'] })).toBe(1);
    expect(await cache.get('gone')).toBeUndefined();
    const health = await cache.health();
    expect(health.remote).toMatchObject({
      state: 'misconfigured',
      breaker: { read: 'closed', write: 'open' },
    });
    expect(health.remote.lastError).toMatch(/NOPERM/);
    const after = await infoOf(redis, 'stats', 'total_connections_received');
    expect(after - before).toBeLessThanOrEqual(2);
    expect(states).toEqual(['ready', 'misconfigured']);

    await redis.ask('ACL', 'SETUSER', 'app', '+@all');
    // Else asked every 30 s.
    await cache.health({ probe: true });
    await well(cache);
    expect(states).toEqual(['ready', 'misconfigured', 'ready']);
    await until(async () => (await writer.get('gone')) === undefined);
    expect(await cache.set('k', 2)).toMatchObject({ ok: true });
  });
});
