// What options, rules and presets make of one another: the policy of a route.
import { describe, expect, it } from 'vitest';
import { primaryKey } from '../../src/key/primary-key.ts';
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

describe('policies', () => {
  it('give a plain ttl to the default statuses, and at most 10 s to 404 and 410', () => {
    expect(ttls(policy({ ttl: 60_000 }), 200, 203, 301, 308, 404, 410, 204, 500)).toEqual([
      60_000,
      60_000,
      60_000,
      60_000,
      10_000,
      10_000,
      undefined,
      undefined,
    ]);
    expect(ttls(policy({ ttl: 5 }), 404)).toEqual([5]);
    expect(ttls(policy({ ttl: Infinity }), 200, 404)).toEqual([Infinity, 10_000]);
    expect(ttls(policy({ ttl: 60_000, statuses: [200, 404] }), 200, 404, 301)).toEqual([
      60_000,
      60_000,
      undefined,
    ]);
  });

  it('give a ttl by status, and by class', () => {
    const found = policy({ ttl: { 200: 5, '3xx': 6, 302: 0, '5xx': 7, 503: 0 } });
    expect(ttls(found, 200, 201, 301, 302, 500, 503)).toEqual([5, undefined, 6, 0, 7, 0]);
  });

  it('let 0 and false take a ttl away, with what belonged to it', () => {
    const options = { ttl: 5, statuses: [200], ttlMode: 'override' };
    for (const ttl of [0, false]) {
      expect(policy(options, { ttl })).toMatchObject({ ttl: undefined, ttlMode: 'fallback' });
    }
    expect(ttls(policy(options, { ttl: { 404: 9 } }), 200, 404)).toEqual([undefined, 9]);
    expect(ttls(policy(options, { ttl: 9 }), 200, 404)).toEqual([9, undefined]);
    expect(policy(options, { ttl: 9 }).ttlMode).toBe('override');
  });

  it('let vary.add grow over the levels, and the nearest ignore and maxVariants win', () => {
    const options = { vary: { add: ['X-Tenant'], ignore: ['a', 'b'], maxVariants: 5 } };
    expect(policy(options, { vary: { add: ['accept'], ignore: ['c'] } })).toMatchObject({
      vary: { add: ['accept', 'x-tenant'], ignore: ['c'] },
      announceVary: ['accept', 'x-tenant'],
      maxVariants: 5,
    });
    expect(policy(options, { vary: { maxVariants: 7 } })).toMatchObject({
      vary: { add: ['x-tenant'], ignore: ['a', 'b'] },
      maxVariants: 7,
    });
  });

  it('let the value of named cookies select the variant', () => {
    expect(policy({ cookies: { key: ['theme'] } })).toMatchObject({
      cookies: 'key',
      vary: { add: ['cookie:theme'] },
      announceVary: ['cookie'],
      ttlVetoFields: ['x-api-key', 'x-auth-token', 'x-access-token', 'authorization'],
    });
  });

  it('lift the credentials veto only where an option says so', () => {
    const veto = (options: unknown): readonly string[] => policy(options).ttlVetoFields;
    expect(veto({ authorization: 'share' })).toEqual(['cookie']);
    expect(veto({ authorization: 'share', cookies: 'ignore' })).toEqual([]);
    expect(veto({ vary: { add: ['x-api-key', 'authorization'] } })).toEqual([
      'cookie',
      'x-auth-token',
      'x-access-token',
      'authorization',
    ]);
    expect(veto({ cookies: 'auto' })).toContain('cookie');
  });

  it('compile the query policy, ignoreQuery included, and put it into the key', () => {
    const key = (options: unknown, target: string): string | undefined =>
      primaryKey(policy(options).key, 'http', 'h', target);
    expect(key({ namespace: 'n' }, '/x?b&a')).toBe('1|n|http|h|/x?b&a');
    expect(key({ ignoreQuery: ['utm_*'] }, '/x?b&utm_a')).toBe('1|http|http|h|/x?b');
    expect(key({ query: { sort: true } }, '/x?b&a')).toBe('1|http|http|h|/x?a&b');
    expect(key({ query: { allow: ['a'] } }, '/x?b&a')).toBe('1|http|http|h|/x?a');
    const nearest = policy({ query: { sort: true } }, { query: 'exact' });
    expect(nearest.query).toBeUndefined();
    expect(policy({ query: 'exact' }, { ignoreQuery: ['a'] }).query?.canonical('a&b')).toBe('b');
  });

  it('share a key scope where the query options are equal', () => {
    const { planRoute } = resolveOptions({ ignoreQuery: ['a'] });
    const scope = (config: unknown) => policyOf(planRoute(get('/x'), config)).key;
    expect(scope({ ttl: 1 })).toBe(scope({ ttl: 2, query: { ignore: ['a'] } }));
    expect(scope({ query: {} })).toBe(scope({ query: 'exact' }));
    expect(scope({ query: { ignore: ['b'] } })).not.toBe(scope({ ttl: 1 }));
  });

  it('hold what the options say', () => {
    expect(
      policy({
        methods: ['GET'],
        types: ['Text/CSS'],
        maxBodyBytes: 5,
        ttl: 5,
        ttlMode: 'override',
      }),
    ).toMatchObject({
      methods: ['GET'],
      types: ['text/css'],
      maxBodyBytes: 5,
      ttlMode: 'override',
    });
    expect(
      policy({ authorization: 'bypass', cookies: 'bypass', setCookie: 'store' }),
    ).toMatchObject({
      authorization: 'bypass',
      cookies: 'bypass',
      setCookie: 'store',
    });
  });

  it('are frozen', () => {
    const found = policy({ ttl: 5, vary: { add: ['a'] } });
    for (const part of [
      found,
      found.vary,
      found.vary.add,
      found.ttlVetoFields,
      found.key,
      found.methods,
      found.ttl,
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});

describe('presets', () => {
  it('api: five minutes, 404 for 10 s, sorted query without cache busters, no credentials', () => {
    const found = policy({ preset: 'api' });
    expect(ttls(found, 200, 404, 301)).toEqual([300_000, 10_000, undefined]);
    expect(found).toMatchObject({ authorization: 'bypass', cookies: 'bypass' });
    expect(found.query?.canonical('b=1&a=2&_=3&timestamp=4&cache_buster=5')).toBe('a=2&b=1');
  });

  it('page: one hour, by language, without tracking parameters', () => {
    const found = policy({ preset: 'page' });
    expect(ttls(found, 200, 404)).toEqual([3_600_000, undefined]);
    expect(found.vary.add).toEqual(['accept-language']);
    expect(found.query?.canonical('q&utm_source=a&gclid=b&fbclid=c')).toBe('q');
  });

  it('static: one day, everybody alike, listed types only', () => {
    const found = policy({ preset: 'static' });
    expect(ttls(found, 200, 301, 308, 404)).toEqual([
      86_400_000,
      86_400_000,
      86_400_000,
      undefined,
    ]);
    expect(found).toMatchObject({ authorization: 'share', cookies: 'ignore', ttlVetoFields: [] });
    expect(found.types).toContain('text/css');
    expect(found.types).not.toContain('text/html');
  });

  it('give way to options beside them and to nearer levels, also to those of a nearer preset', () => {
    expect(ttls(policy({ preset: 'api', ttl: 5 }), 200, 404, 301)).toEqual([5, 5, 5]);
    expect(ttls(policy({ preset: 'page', ttl: 5 }), 200, 301)).toEqual([5, undefined]);
    expect(policy({ preset: 'page', vary: { add: ['x-a'] } }).vary.add).toEqual([
      'accept-language',
      'x-a',
    ]);
    const rules = [{ path: '/x', preset: 'static' }];
    expect(policy({ ttl: 5, rules }).types).toContain('image/*');
    expect(ttls(policy({ ttl: 5, rules }, { preset: 'api' }), 200, 301)).toEqual([
      300_000,
      undefined,
    ]);
  });
});
