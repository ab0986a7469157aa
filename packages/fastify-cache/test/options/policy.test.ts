import { describe, expect, it } from 'vitest';
import { errors } from '../../src/errors.ts';
import { resolveOptions } from '../../src/options/policy.ts';
import type { RoutePlan, RoutePolicy } from '../../src/options/policy.ts';
import { ttlOf } from '../../src/rfc/freshness.ts';

const get = (url: string) => ({ method: 'GET', url });

function policyOf(plan: RoutePlan): RoutePolicy {
  if (plan.kind !== 'fixed') throw new Error(`expected a fixed plan, got ${plan.kind}`);
  return plan.policy;
}
const policy = (options: unknown, config?: unknown, url = '/x'): RoutePolicy =>
  policyOf(resolveOptions(options).planRoute(get(url), config));

const ttls = (found: RoutePolicy, ...statuses: number[]): (number | undefined)[] =>
  statuses.map((status) => ttlOf(found.ttl, status));

describe('plugin settings', () => {
  it('have defaults', () => {
    const { planRoute, ...settings } = resolveOptions(undefined);
    expect(settings).toEqual({
      cache: { kind: 'engine-options', options: {} },
      namespace: 'http',
      mode: 'auto',
      hosts: undefined,
      collapse: { timeout: 5000, maxWaiters: 1000, hitForMiss: 10_000, lock: false },
      refresh: { concurrency: 16, timeout: 30_000, headers: undefined },
      purgeRoute: undefined,
      maxInflightBytes: undefined,
      cacheStatus: 'minimal',
      xCache: false,
    });
    expect(policyOf(planRoute(get('/x'), undefined))).toMatchObject({
      ttl: undefined,
      ttlMode: 'fallback',
      authorization: 'rfc',
      cookies: 'auto',
      setCookie: 'refuse',
      types: undefined,
      ttlVetoFields: ['cookie', 'x-api-key', 'x-auth-token', 'x-access-token', 'authorization'],
      vary: { add: [], ignore: [], normalize: new Map() },
      announceVary: [],
      maxVariants: 32,
      methods: ['GET', 'HEAD'],
      query: undefined,
      maxBodyBytes: 4_194_304,
      tags: [],
      tiers: undefined,
      readsMemory: true,
    });
  });

  it('take what is given, and pass over the options that are Fastify’s', () => {
    const cacheStatus = () => true;
    const settings = resolveOptions({
      prefix: '/v1',
      logLevel: 'warn',
      cache: { maxBytes: 1 << 20 },
      namespace: 'build-5',
      mode: 'send',
      hosts: ['Example.com', 'b:8080'],
      collapse: { timeout: 5, maxWaiters: 2, hitForMiss: false },
      maxInflightBytes: 5,
      cacheStatus,
      xCache: true,
    });
    expect(settings).toMatchObject({
      cache: { kind: 'engine-options', options: { maxBytes: 1 << 20 } },
      namespace: 'build-5',
      mode: 'send',
      hosts: new Set(['example.com', 'b:8080']),
      collapse: { timeout: 5, maxWaiters: 2, hitForMiss: false },
      maxInflightBytes: 5,
      cacheStatus,
      xCache: true,
    });
    for (const [lock, made] of [
      [true, { ttl: 10_000, wait: 2_000 }],
      [{ wait: 0 }, { ttl: 10_000, wait: 0 }],
      [false, false],
    ]) {
      expect(resolveOptions({ collapse: { lock } }).collapse).toMatchObject({ lock: made });
    }
    expect(resolveOptions({ collapse: false }).collapse).toBe(false);
    expect(resolveOptions({ cacheStatus: false }).cacheStatus).toBe(false);
    expect(resolveOptions({ cacheStatus: 'full' }).cacheStatus).toBe('full');
  });

  it('tags of all levels add up, the nearest tiers hold', () => {
    const { planRoute } = resolveOptions({
      tags: ['site'],
      tiers: ['memory'],
      rules: [{ path: '/p/*', tags: ['p', 'site'], tiers: ['remote', 'disk'] }],
    });
    const at = (url: string, config?: unknown) => policyOf(planRoute(get(url), config));
    expect(at('/p/1', { tags: ['one'] })).toMatchObject({
      tags: ['site', 'p', 'one'],
      tiers: ['remote', 'disk'],
      readsMemory: false,
    });
    expect(at('/x')).toMatchObject({ tags: ['site'], tiers: ['memory'], readsMemory: true });
    const many = Array.from({ length: 48 }, (_, n) => `t${n}`);
    expect(at('/p/1', { tags: many }).tags).toHaveLength(50);
    expect(() => at('/p/1', { tags: [...many, 'more'] })).toThrow(
      /at most 50 tags in all levels together, got 51/,
    );
  });

  it('refuse what is Fastify’s beside a route that would go by it', () => {
    const purgeRoute = { path: '/purge', authorize: () => true };
    for (const name of ['prefix', 'logLevel', 'logSerializers']) {
      expect(() => resolveOptions({ purgeRoute, [name]: 'x' } as object)).toThrow(
        `expected options.${name} to be given to a scope around fastifyCache, got "x"`,
      );
    }
    expect(resolveOptions({ purgeRoute, prefix: '' } as object).purgeRoute).toMatchObject({
      path: '/purge',
    });
  });

  it.each([
    [{ tll: 5 }, /unknown option options\.tll, did you mean ttl\?/],
    [{ ttl: -1 }, /expected options\.ttl to be .*, got -1/],
    [{ ttl: Number.NaN }, /options\.ttl .* got NaN/],
    [{ ttl: '5' }, /options\.ttl .* got "5"/],
    [{ tags: 'a' }, /expected options\.tags to be a function or an array, got "a"/],
    [{ tags: [''] }, /options\.tags\[0\] to be a well-formed string of 1 to 256 bytes .*, got ""/],
    [{ tags: ['\ud800'] }, /options\.tags\[0\]/],
    [{ tags: ['é'.repeat(129)] }, /options\.tags\[0\]/],
    [{ tags: Array.from({ length: 51 }, (_, n) => `t${n}`) }, /at most 50 tags, got 51/],
    [{ tiers: [] }, /options\.tiers to be a list with at least one item/],
    [{ tiers: ['redis'] }, /options\.tiers\[0\] to be "memory" or "remote" or "disk", got "redis"/],
    [{ collapse: { lock: 5 } }, /options\.collapse\.lock/],
    [{ collapse: { lock: { ttl: 5 } } }, /options\.collapse\.lock\.ttl/],
    [{ collapse: { lock: { wait: -1 } } }, /options\.collapse\.lock\.wait/],
    [{ ttl: null }, /options\.ttl .* got null/],
    [{ ttl: {} }, /at least one status/],
    [{ ttl: { 200: -5 } }, /options\.ttl\["200"\] .* got -5/],
    [{ ttl: { '6xx': 5 } }, /keys of options\.ttl .* got "6xx"/],
    [{ ttl: { 99: 5 } }, /keys of options\.ttl/],
    [{ ttl: { 302: 5 } }, /options\.ttl\["302"\] to be 0: no redirect/],
    [{ ttl: { 206: 5 } }, /no whole response/],
    [{ ttlMode: 'always' }, /"fallback" or "override"/],
    [{ ttlMode: 'override' }, /"override" to stand beside a ttl above 0/],
    [{ ttl: false, ttlMode: 'override' }, /ttl to be above 0 with .*ttlMode "override", got false/],
    [{ ttl: 0, statuses: [200] }, /duration in ms above 0 beside options\.statuses, got 0/],
    [{ ttl: { 200: 5 }, statuses: [200] }, /beside options\.statuses, got an object/],
    [{ statuses: [200] }, /statuses to stand beside a ttl/],
    [{ ttl: 5, statuses: [] }, /at least one item/],
    [{ ttl: 5, statuses: [200, 304] }, /options\.statuses\[1\] to be a status that is no whole/],
    [{ ttl: 5, statuses: [302] }, /no redirect/],
    [{ ttl: 5, statuses: [600] }, /from 200 to 599/],
    [{ methods: ['GET', 'PUT'] }, /options\.methods\[1\] to be "GET" or .*, got "PUT"/],
    [{ methods: ['HEAD', 'POST'] }, /a list with GET/],
    [{ methods: [] }, /a list with GET/],
    [{ preset: 'spa' }, /"api" or "page" or "static", got "spa"/],
    [
      { vary: { add: ['*'] } },
      /options\.vary\.add\[0\] to be the name of a request field, got "\*"/,
    ],
    [{ vary: { add: ['a b'] } }, /the name of a request field/],
    [{ vary: { ignore: [5] } }, /options\.vary\.ignore\[0\]/],
    [{ vary: { add: ['A'], ignore: ['a'] } }, /both name a/],
    [{ vary: { maxVariants: 0 } }, /options\.vary\.maxVariants/],
    [{ vary: { normalise: 1 } }, /unknown option options\.vary\.normalise/],
    [{ query: 'sorted' }, /"exact" or an object, got "sorted"/],
    [{ query: null }, /options\.query to be an object, got null/],
    [{ query: { ignore: ['a'], allow: ['b'] } }, /ignore or allow, not both/],
    [{ query: { ignore: ['a[b]'] } }, /without brackets/],
    [{ query: { ignore: ['*'] } }, /name of a query parameter/],
    [{ query: { allow: ['a*b'] } }, /only at its end/],
    [{ query: {}, ignoreQuery: ['a'] }, /query or ignoreQuery, not both/],
    [{ ignoreQuery: 'a' }, /options\.ignoreQuery to be an array/],
    [{ authorization: 'yes' }, /"rfc" or "bypass" or "share"/],
    [{ cookies: 'key' }, /an object with key or "auto"/],
    [{ cookies: { key: [] } }, /options\.cookies\.key to be a list with at least one cookie/],
    [{ cookies: { key: ['a b'] } }, /name of a cookie/],
    [{ cookies: { keys: ['a'] } }, /unknown option options\.cookies\.keys, did you mean key/],
    [{ setCookie: 'keep' }, /"refuse" or "strip" or "store"/],
    [{ types: ['css'] }, /a media type/],
    [{ types: [] }, /at least one item/],
    [{ maxBodyBytes: 0 }, /options\.maxBodyBytes/],
    [{ rules: [{}] }, /options\.rules\[0\]\.path.* got undefined/],
    [{ rules: [{ path: [] }] }, /at least one item/],
    [
      { rules: [{ path: 'a' }] },
      /options\.rules\[0\]\.path\[0\] to be a path pattern beginning with/,
    ],
    [{ rules: [{ path: '/a/:id' }] }, /with \* in place of parameters/],
    [{ rules: [{ path: '/a', pth: 1 }] }, /unknown option options\.rules\[0\]\.pth/],
    [{ rules: [{ path: '/a', ttl: 0, statuses: [200] }] }, /options\.rules\[0\]\.ttl/],
    [
      { rules: [{ path: '/a' }, { path: '/b', ttlMode: 'override' }] },
      /options\.rules\[1\]: .*override/,
    ],
    [
      { vary: { add: ['a'] }, rules: [{ path: '/a', vary: { ignore: ['a'] } }] },
      /rules\[0\]: .*both name a/,
    ],
    [{ include: [] }, /options\.include to be a list with at least one item/],
    [{ exclude: ['a'] }, /options\.exclude\[0\]/],
    [{ hosts: [] }, /at least one item/],
    [{ hosts: ['a:80'] }, /with its port only where that is not the default, got "a:80"/],
    [{ hosts: ['a:443'] }, /not the default/],
    [{ hosts: ['http://a'] }, /a host name/],
    [{ hosts: [5] }, /a host name/],
    [{ namespace: 'a|b' }, /options\.namespace/],
    [{ namespace: '' }, /options\.namespace/],
    [{ mode: 'raw' }, /"auto" or "send"/],
    [{ collapse: true }, /options\.collapse/],
    [{ collapse: { timeout: 0 } }, /options\.collapse\.timeout/],
    [{ collapse: { timeout: 2 ** 31 } }, /options\.collapse\.timeout/],
    [{ collapse: { maxWaiters: 0 } }, /options\.collapse\.maxWaiters/],
    [{ collapse: { hitForMiss: 0 } }, /options\.collapse\.hitForMiss/],
    [{ maxInflightBytes: 0 }, /options\.maxInflightBytes/],
    [{ cacheStatus: 'off' }, /"full", "minimal", false or a function, got "off"/],
    [{ xCache: 'yes' }, /options\.xCache/],
    [{ cache: 5 }, /options\.cache to be a cache/],
    [{ cache: [] }, /options\.cache to be a cache/],
    [5, /options/],
  ])('refuse %j', (options, message) => {
    const attempt = (): unknown => resolveOptions(options);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ code: errors.OPTION.code }));
    expect(attempt).toThrow(TypeError);
  });
});

describe('route plans', () => {
  it('are off for config.cache false, whatever else says otherwise', () => {
    const settings = resolveOptions({ ttl: 5, include: ['/x'], rules: [{ path: '/x', ttl: 9 }] });
    expect(settings.planRoute(get('/x'), false)).toEqual({ kind: 'off' });
    expect(settings.planRoute(get('/x'), true).kind).toBe('fixed');
  });

  it.each([
    [{ tll: 1 }, /^route GET \/x: unknown option config\.cache\.tll, did you mean ttl\?$/],
    [{ ttl: -1 }, /route GET \/x: expected config\.cache\.ttl .* got -1/],
    [{ ttlMode: 'override' }, /"override"/],
    [{ statuses: [200] }, /statuses to stand beside/],
    [{ path: '/x' }, /unknown option config\.cache\.path/],
    [5, /config\.cache to be true, false or an object, got 5/],
    [null, /got null/],
    ['yes', /got "yes"/],
    [[], /an object/],
  ])('refuse %j and name the route', (config, message) => {
    const attempt = (): unknown => resolveOptions({}).planRoute(get('/x'), config);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ code: errors.ROUTE_OPTION.code }));
  });

  it('let the route win over the rule, and the rule over the plugin', () => {
    const options = {
      ttl: 1,
      maxBodyBytes: 10,
      setCookie: 'strip',
      rules: [{ path: '/x', ttl: 2, maxBodyBytes: 20 }],
    };
    const both = policy(options, { ttl: 3 });
    expect(both).toMatchObject({ maxBodyBytes: 20, setCookie: 'strip' });
    expect(ttls(both, 200)).toEqual([3]);
    expect(ttls(policy(options), 200)).toEqual([2]);
    expect(ttls(policy(options, undefined, '/y'), 200)).toEqual([1]);
    expect(ttls(policy(options, { ttl: 3 }, '/y'), 200)).toEqual([3]);
  });

  it('choose the first rule, by path where the template leaves it open', () => {
    const settings = resolveOptions({
      ttl: 1,
      rules: [
        { path: '/u/me', ttl: 2 },
        { path: ['/v/**', /^\/u\/a/], ttl: 3 },
      ],
    });
    expect(ttls(policyOf(settings.planRoute(get('/v/:id'), undefined)), 200)).toEqual([3]);
    const plan = settings.planRoute(get('/u/:id'), undefined);
    if (plan.kind !== 'by-path') throw new Error('expected a plan by path');
    const ttlAt = (target: string): unknown => ttlOf(plan.policyFor(target)?.ttl, 200);
    expect(ttlAt('/u/me?x')).toBe(2);
    expect(ttlAt('/u/abc')).toBe(3);
    expect(ttlAt('http://h/u/other')).toBe(1);
    expect(plan.policyFor('/u/m%65')).toBeUndefined();
    expect(plan.policyFor('/u/me')).toBe(plan.policyFor('/u/me'));
  });

  it('exclude by template or by path, raw and decoded', () => {
    const settings = resolveOptions({ ttl: 1, exclude: ['/admin/*', '/f/secret'] });
    expect(settings.planRoute(get('/admin/x'), true).kind).toBe('off');
    expect(settings.planRoute(get('/public'), true).kind).toBe('fixed');
    const plan = settings.planRoute(get('/f/:name'), true);
    if (plan.kind !== 'by-path') throw new Error('expected a plan by path');
    expect(plan.policyFor('/f/open')).toBeDefined();
    expect(plan.policyFor('/f/secret')).toBeUndefined();
    expect(plan.policyFor('/f/%73ecret?a')).toBeUndefined();
    expect(plan.policyFor('http://h/f/secret')).toBeUndefined();
  });

  it('know of the closing slash that Fastify adds to the route / of a plugin with a prefix', () => {
    const { planRoute } = resolveOptions({ exclude: ['/admin/*'] });
    expect(planRoute(get('/admin'), true).kind).toBe('fixed');
    const plan = planRoute({ ...get('/admin'), slashToo: true }, true);
    if (plan.kind !== 'by-path') throw new Error('expected a plan by path');
    expect(plan.policyFor('/admin')).toBeDefined();
    expect(plan.policyFor('/admin/')).toBeUndefined();
  });

  it('include only what is listed, less what is excluded', () => {
    const settings = resolveOptions({
      include: ['/api/**', '/f/*'],
      exclude: ['/f/x'],
      rules: [{ path: '/f/y', ttl: 5 }],
    });
    expect(settings.planRoute(get('/other'), {}).kind).toBe('off');
    expect(settings.planRoute(get('/api/:id'), undefined).kind).toBe('fixed');
    const plan = settings.planRoute(get('/f/:name'), undefined);
    if (plan.kind !== 'by-path') throw new Error('expected a plan by path');
    expect(plan.policyFor('/f/a')).toBeDefined();
    expect(plan.policyFor('/f/x')).toBeUndefined();
    // The whole route is included, in whatever spelling it is asked for.
    expect(plan.policyFor('/%66/a')).toBeDefined();
    expect(plan.policyFor('/f/%78')).toBeUndefined();
    expect(ttlOf(plan.policyFor('/f/y')?.ttl, 200)).toBe(5);
    expect(plan.policyFor('/f/%79')).toBeUndefined();
  });

  it('go by the options of the router', () => {
    const options = { exclude: ['/f/secret'] };
    const router = { caseSensitive: false, useSemicolonDelimiter: true };
    const plan = resolveOptions(options, router).planRoute(get('/f/:name'), true);
    if (plan.kind !== 'by-path') throw new Error('expected a plan by path');
    expect(plan.policyFor('/F/SECRET')).toBeUndefined();
    expect(plan.policyFor('/f/secret;a=1')).toBeUndefined();
    expect(plan.policyFor('/f/open;a=1')).toBeDefined();
    const strict = resolveOptions(options).planRoute(get('/f/:name'), true);
    if (strict.kind !== 'by-path') throw new Error('expected a plan by path');
    expect(strict.policyFor('/F/SECRET')).toBeDefined();
    expect(strict.policyFor('/f/secret;a=1')).toBeDefined();
  });
});
