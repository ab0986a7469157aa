// catzilla doctor: what it finds, each finding made to happen.
import { join } from 'node:path';
import { memoryBus } from '@catzilla/bus';
import { redisSkipReason, startRedis, useDriver } from '@catzilla/bus/testing';
import { expect, it, onTestFinished } from 'vitest';
import { checkApp } from '../../src/cli/doctor/app.ts';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import {
  judgeOpenFiles,
  judgeSharedMemory,
  judgeThreads,
  node,
} from '../../src/cli/doctor/machine.ts';
import { engine, judgeRouter } from '../../src/cli/doctor/native.ts';
import { checkPeers, findPeer } from '../../src/cli/doctor/peers.ts';
import { checkRedis, judgeInfo } from '../../src/cli/doctor/redis.ts';
import { createApp } from '../../src/app/create-app.ts';
import type { AppOptions } from '../../src/config/app-options.ts';
import { folder, run } from './support/run.ts';

const ROUTE = `app.get('/a', async () => 'a');`;

async function doctor(config: string, body = ROUTE, env: Record<string, string> = {}) {
  const source = `
export const config = { server: { logger: false }, ${config} };
export default async (app) => { ${body} };`;
  const cwd = await folder({ 'app.mjs': source });
  const ran = await run(['doctor', 'app.mjs', '--json'], { cwd, env });
  const { findings } = ran.json<{ findings: readonly Finding[] }>();
  return {
    code: ran.code,
    of: (check: string) => findings.filter((finding) => finding.check === check),
    all: findings,
  };
}

it('looks at the machine and native code without an application', async () => {
  const { code, stdout, stderr } = await run(['doctor']);
  expect([code, stderr]).toStrictEqual([0, '']);
  for (const check of ['node', 'libc', 'open files', 'threads', 'engine', 'router']) {
    expect(stdout).toMatch(new RegExp(`^(ok|warn) +${check} `, 'm'));
  }
  expect(stdout).toMatch(/\n\n0 errors, \d+ warnings?\n$/);
});

it('shows findings with their remedy, in colours on a terminal', async () => {
  const cwd = await folder({ 'app.mjs': 'export default 5;' });
  const { code, stdout } = await run(['doctor', 'app.mjs'], { cwd, isTTY: true });
  expect(code).toBe(1);
  expect(stdout).toContain('\u001b[31merror\u001b[39m');
  expect(stdout).toContain('the application does not start: expected');
  expect(stdout).toContain('→ Correct what the message names.');
  const plain = await run(['doctor', 'app.mjs'], { cwd, isTTY: true, env: { NO_COLOR: '1' } });
  expect(plain.stdout).not.toContain('\u001b');
});

it('finds nothing wrong with a cached application, and names its parts', async () => {
  const { code, of, all } = await doctor('cache: { ttl: 1000 }');
  expect(code).toBe(0);
  expect(all.filter(({ level }) => level === 'error')).toStrictEqual([]);
  expect(of('parts').map(({ text }) => text)).toStrictEqual([
    'mode development; on: router, validation, middleware, cache, monitor, helmet',
    'off: tiers, di, openapi, tasks, static, realtime, cors, rateLimit, underPressure, cookie, formbody, multipart, compress',
  ]);
  expect(of('cache').map(({ level }) => level)).toStrictEqual(['ok', 'ok']);
  expect(of('memory')[0]!.text).toContain('the cache takes up to 64.0 MiB');
  expect(of('monitor')).toMatchObject([
    { level: 'ok', text: '/healthz, /readyz, /metrics, dashboard at /_catzilla/' },
  ]);
  expect(of('routes')).toMatchObject([{ level: 'ok' }]);
});

it('warns of a cache without any ttl, and of one that covers no route', async () => {
  const silent = await doctor('');
  expect(silent.of('cache')[1]).toMatchObject({
    level: 'warn',
    text: expect.stringContaining('no route has a ttl') as string,
  });
  const none = await doctor('monitor: false', '');
  expect(none.of('cache')[1]).toMatchObject({ level: 'warn', text: 'no route is cached' });
});

it('warns of requests with cookies that only a ttl would answer', async () => {
  const config = 'cache: { ttl: 1000 }, builtins: { cookie: true }';
  const found = await doctor(config);
  expect(found.of('cookies')).toMatchObject([
    { level: 'warn', text: expect.stringContaining('on 1 route that') as string },
  ]);
  const said = await doctor(
    config,
    `app.get('/a', { config: { cache: { cookies: 'ignore' } } }, async () => 'a');`,
  );
  expect(said.of('cookies')).toStrictEqual([]);
  const all = await doctor(`cache: { ttl: 1000, cookies: 'bypass' }, builtins: { cookie: true }`);
  expect(all.of('cookies')).toStrictEqual([]);
});

it('warns of hosts that proxies may choose', async () => {
  const server = 'server: { trustProxy: true, logger: false }';
  expect((await doctor(server)).of('hosts')).toMatchObject([{ level: 'warn' }]);
  expect((await doctor(`${server}, cache: { hosts: ['a.example'] }`)).of('hosts')).toStrictEqual(
    [],
  );
});

it('warns of plugins that came after the cache', async () => {
  const { createRequire } = await import('node:module');
  const cors = createRequire(import.meta.url).resolve('@fastify/cors');
  const body = `await app.register((await import(${JSON.stringify(cors)})).default); ${ROUTE}`;
  expect((await doctor('', body)).of('order')).toMatchObject([
    {
      level: 'warn',
      text: expect.stringContaining('@fastify/cors came after the cache') as string,
    },
  ]);
});

it('warns of missing security headers in production only', async () => {
  const config = 'builtins: { helmet: false }';
  expect((await doctor(`${config}, mode: 'production'`)).of('helmet')).toMatchObject([
    { level: 'warn' },
  ]);
  expect((await doctor(config)).of('helmet')).toStrictEqual([]);
});

it('tells how far what is published reaches', async () => {
  const of = async (options: AppOptions) =>
    (await look(options)).filter(({ check }) => check === 'realtime');
  expect(await of({})).toStrictEqual([]);
  expect(await of({ realtime: true, mode: 'production' })).toMatchObject([
    { level: 'ok', text: expect.stringMatching(/^no bus: .* no other instance$/) as string },
  ]);
  const bus = memoryBus();
  onTestFinished(() => bus.close());
  expect(await of({ realtime: { bus }, mode: 'production' })).toMatchObject([
    { level: 'ok', text: 'a bus of kind memory' },
  ]);
});

it('tells who may read the metrics in production', async () => {
  const of = async (monitor: AppOptions['monitor']) =>
    (await look({ mode: 'production', monitor }))
      .filter(({ check }) => check === 'monitor')
      .map(({ text }) => text);
  const alone = '/healthz, /readyz, /metrics (to this machine alone), no dashboard';
  const open = '/healthz, /readyz, /metrics, no dashboard';
  expect(await of(true)).toStrictEqual([alone]);
  expect(await of({ metrics: { path: '/metrics' } })).toStrictEqual([alone]);
  expect(await of({ metrics: { public: true } })).toStrictEqual([open]);
  expect(await of({ metrics: { guard: () => undefined } })).toStrictEqual([open]);
  expect(await of({ metrics: false })).toStrictEqual(['/healthz, /readyz, no dashboard']);
  const [developing] = await of({ mode: 'development' });
  expect(developing).toBe('/healthz, /readyz, /metrics, dashboard at /_catzilla/');
});

it('names variables that override, without their values', async () => {
  const { of } = await doctor('', ROUTE, { CATZILLA__CACHE__TTL: '98765' });
  expect(of('environment')).toMatchObject([
    { level: 'ok', text: 'overrides by CATZILLA__CACHE__TTL' },
  ]);
});

it('counts conflicts of routes', async () => {
  const body = `app.get('/Users', async () => ''); app.get('/users', async () => '');`;
  const { of } = await doctor(`router: { onConflict: 'ignore' }`, body);
  expect(of('routes')).toMatchObject([{ level: 'warn', text: '1 conflict' }]);
  const worse = await doctor(
    `router: { onConflict: 'ignore' }`,
    `app.get('/a#b', async () => '');`,
  );
  expect(worse.of('routes')).toMatchObject([
    { level: 'error', text: '1 error among the conflicts of routes' },
  ]);
  expect(worse.code).toBe(1);
});

async function look(options: AppOptions, memory?: number): Promise<readonly Finding[]> {
  const app = await createApp({ env: false, ...options });
  onTestFinished(() => app.close());
  await app.ready();
  return checkApp({ app, declared: new Map() }, {}, memory);
}

it('sets the bound of the cache against the memory there is', async () => {
  const levels = async (memory: number) =>
    (await look({}, memory)).filter(({ check }) => check === 'memory').map(({ level }) => level);
  const mib = 1024 * 1024;
  expect(await levels(1024 * mib)).toStrictEqual(['ok']);
  expect(await levels(80 * mib)).toStrictEqual(['warn']);
  expect(await levels(64 * mib)).toStrictEqual(['error']);
});

it('tells of a cache that is not at work', async () => {
  const app = await createApp({ env: false });
  await app.ready();
  await app.close();
  const found = checkApp({ app, declared: new Map() }, {}, 1);
  expect(found).toContainEqual(
    expect.objectContaining({ level: 'error', text: 'responses are not cached' }),
  );
});

it('says nothing of parts that are off', async () => {
  const found = await look({ cache: false, router: false, monitor: false });
  expect(found.map(({ check }) => check)).toStrictEqual(['parts', 'parts']);
});

it('asks for a version of Node', () => {
  expect(node('20.19.0').level).toBe('ok');
  expect(node('24.0.0').level).toBe('ok');
  expect(node('20.18.9')).toMatchObject({ level: 'error', remedy: 'Install Node 20.19 or newer.' });
});

it('judges open files, shared memory and the sharing of a port', () => {
  const files = (soft: string) =>
    judgeOpenFiles(`Limit  Soft\nMax open files   ${soft}   4096 files\n`);
  expect(files('1024')).toMatchObject({
    level: 'warn',
    text: expect.stringContaining('1,024') as string,
  });
  expect(files('4096')).toMatchObject({ level: 'ok', text: 'up to 4,096' });
  expect(files('unlimited').level).toBe('ok');
  expect(judgeOpenFiles('').text).toContain('cannot be read');
  const mib = 1024 * 1024;
  expect(judgeSharedMemory({ all: 64 * mib, free: mib })).toMatchObject({
    level: 'ok',
    text: '1.0 MiB free of 64.0 MiB',
  });
  expect(judgeSharedMemory({ all: 63 * mib, free: mib })).toMatchObject({ level: 'warn' });
  expect(judgeSharedMemory(undefined).level).toBe('ok');
  expect(judgeThreads('socket', 4).text).toContain('up to 4');
  expect(judgeThreads('reusePort', 4).text).toContain("Node's reusePort");
  expect(judgeThreads('none', 4)).toMatchObject({ level: 'warn' });
});

it('tells why native code does not run', () => {
  const fail = (code?: string) =>
    engine(() => {
      throw Object.assign(new Error('no binary\nfor this'), { code });
    });
  expect(fail('CATZ_CACHE_NATIVE_UNAVAILABLE')).toMatchObject([
    { level: 'warn', text: 'JavaScript: no binary' },
  ]);
  expect(fail()).toMatchObject([{ level: 'error', text: 'it does not open: no binary' }]);
  expect(judgeRouter('no binary')).toMatchObject({ level: 'warn', text: 'JavaScript: no binary' });
});

it('finds packages beside the application, then beside this one', async () => {
  const directory = await folder();
  expect(findPeer('tsx', join(directory, 'a.js'))).toContain('tsx');
  expect(findPeer('no-such-package' as 'tsx', join(directory, 'a.js'))).toBeUndefined();
  const check = (needed: readonly 'ioredis'[]) =>
    checkPeers('/a.js', new Set(needed), () => undefined);
  expect(check([]).map(({ level }) => level)).toStrictEqual(['ok', 'ok', 'ok']);
  expect(check(['ioredis'])[0]).toMatchObject({ level: 'error', remedy: 'npm install ioredis' });
});

it('judges what Redis says of itself', () => {
  const info = (lines: readonly string[]) => judgeInfo(lines.join('\r\n'));
  const good = [
    'redis_version:7.2.4',
    'role:master',
    'maxmemory:1048576',
    'maxmemory_policy:allkeys-lfu',
  ];
  expect(info(good)).toMatchObject([
    { level: 'ok', text: 'version 7.2.4, master' },
    { level: 'ok', text: 'maxmemory 1.0 MiB, allkeys-lfu' },
  ]);
  const levels = (lines: readonly string[]) => info(lines).map(({ level }) => level);
  expect(levels(['redis_version:5.0.1', 'role:slave', 'maxmemory:0', 'loading:1'])).toStrictEqual([
    'warn',
    'error',
    'warn',
    'warn',
  ]);
  expect(levels([...good.slice(0, 3), 'maxmemory_policy:noeviction'])).toStrictEqual([
    'ok',
    'warn',
  ]);
  expect(info([])[0]!.text).toBe('version unknown');
});

it.skipIf(redisSkipReason() !== undefined)(
  'looks at the Redis of tiers and of the cache',
  async () => {
    await using server = await startRedis({ config: ['maxmemory 4mb'], password: 's3cret' });
    const { of, code } = await doctor(`cache: { cache: { remote: { url: '${server.url}' } } }`);
    expect(of('redis').map(({ level, text }) => [level, text])).toStrictEqual([
      ['ok', expect.stringMatching(/^version \S+, master$/) as string],
      ['warn', 'maxmemory 4.0 MiB with noeviction: writes fail when it is full'],
    ]);
    expect(code).toBe(0);
    const port = server.port;
    const wrong = await checkRedis({ url: `redis://:wr0ng@127.0.0.1:${port}` });
    expect(wrong).toMatchObject([{ level: 'error' }]);
    expect(JSON.stringify(wrong)).not.toContain('wr0ng');
    await server.stop();
    const gone = await checkRedis({ node: { port } });
    expect(gone).toMatchObject([
      { level: 'error', text: expect.stringContaining('not reached') as string },
    ]);
  },
);

it.skipIf(redisSkipReason() !== undefined)('tells of a Redis that refuses INFO', async () => {
  await using server = await startRedis({ config: ['user default on nopass ~* &* +@all -info'] });
  expect(await checkRedis({ url: server.url })).toMatchObject([
    { level: 'warn', text: expect.stringContaining('INFO is refused') as string },
  ]);
});

it('tells of a driver for Redis that is missing', async () => {
  onTestFinished(useDriver('no-such-driver'));
  expect(await checkRedis({ url: 'redis://127.0.0.1:1' })).toMatchObject([
    { level: 'error', remedy: 'npm install ioredis' },
  ]);
});

it('tells of a tier that is down', async () => {
  const config = "cache: { cache: { remote: { url: 'redis://127.0.0.1:1' } } }";
  const { of, code } = await doctor(config);
  expect(of('cache').some(({ text }) => text.startsWith('tier remote is '))).toBe(true);
  expect(of('redis')).toMatchObject([{ level: 'error' }]);
  expect(code).toBe(1);
});
