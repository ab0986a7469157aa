import { describe, expect, it } from 'vitest';
import { errors } from '../../src/errors.ts';
import { primaryKey } from '../../src/key/primary-key.ts';
import { resolveOptions } from '../../src/options/policy.ts';
import type { RoutePolicy } from '../../src/options/policy.ts';

const MAX = 2_147_483_648_000;

function policy(options: unknown, config?: unknown, url = '/x'): RoutePolicy {
  const plan = resolveOptions(options).planRoute({ method: 'GET', url }, config);
  if (plan.kind !== 'fixed') throw new Error(`expected a fixed plan, got ${plan.kind}`);
  return plan.policy;
}

const nothing = (): string | null => null;
const other = (): string | null => null;
const text = (): string => 'no-cache';
const upper = (value: string | undefined): string | undefined => value?.toUpperCase();
const some = (): readonly string[] => ['a'];
const more = (): readonly string[] => ['b'];

interface Case {
  /** Options of the plugin. */
  far: Record<string, unknown>;
  /** Of the rule, where it is to win over the plugin. */
  near: Record<string, unknown>;
  /** Part of the policy where nothing is said, where the plugin speaks, where the rule does. */
  none: object;
  farPolicy: object;
  nearPolicy: object;
}

const cases: Record<string, Case> = {
  staleWhileRevalidate: {
    far: { staleWhileRevalidate: 5 },
    near: { staleWhileRevalidate: 0 },
    none: { stale: { revalidate: 0, error: 0, overload: 60_000 } },
    farPolicy: { stale: { revalidate: 5, error: 0, overload: 60_000 } },
    nearPolicy: { stale: { revalidate: 0 } },
  },
  staleIfError: {
    far: { staleIfError: 5 },
    near: { staleIfError: Infinity },
    none: { stale: { error: 0 } },
    farPolicy: { stale: { revalidate: 0, error: 5, overload: 60_000 } },
    nearPolicy: { stale: { error: MAX } },
  },
  staleIfOverloaded: {
    far: { staleIfOverloaded: 5 },
    near: { staleIfOverloaded: 0 },
    none: { stale: { overload: 60_000 } },
    farPolicy: { stale: { revalidate: 0, error: 0, overload: 5 } },
    nearPolicy: { stale: { overload: 0 } },
  },
  keep: {
    far: { keep: 0 },
    near: { keep: 1e20 },
    none: { keep: 600_000 },
    farPolicy: { keep: 0 },
    nearPolicy: { keep: MAX },
  },
  heuristic: {
    far: { heuristic: { fraction: 0.5 } },
    near: { heuristic: true },
    none: { heuristic: undefined },
    farPolicy: { heuristic: { fraction: 0.5, max: 86_400_000 } },
    nearPolicy: { heuristic: { fraction: 0.1, max: 86_400_000 } },
  },
  'heuristic, off': {
    far: { heuristic: { max: 7 } },
    near: { heuristic: false },
    none: { heuristic: undefined },
    farPolicy: { heuristic: { fraction: 0.1, max: 7 } },
    nearPolicy: { heuristic: undefined },
  },
  methods: {
    far: { methods: ['GET', 'POST'] },
    near: { methods: ['HEAD', 'GET'] },
    none: { methods: ['GET', 'HEAD'] },
    farPolicy: { methods: ['GET', 'POST'] },
    nearPolicy: { methods: ['HEAD', 'GET'] },
  },
  targets: {
    far: { targets: ['B-Cache-Control', 'a-cache-control', 'b-cache-control'] },
    near: { targets: false },
    none: { targets: ['catzilla-cache-control', 'cdn-cache-control'] },
    farPolicy: { targets: ['b-cache-control', 'a-cache-control'] },
    nearPolicy: { targets: [] },
  },
  'vary.normalize': {
    far: { vary: { normalize: { 'Accept-Language': 'set', 'X-Device': upper } } },
    near: { vary: { normalize: { 'accept-language': { languages: ['de', 'pt-BR'] } } } },
    none: { vary: { normalize: new Map() } },
    farPolicy: {
      vary: {
        add: [],
        ignore: [],
        normalize: new Map<string, unknown>([
          ['accept-language', 'set'],
          ['x-device', upper],
        ]),
      },
    },
    nearPolicy: {
      vary: { normalize: new Map([['accept-language', { languages: ['de', 'pt-BR'] }]]) },
    },
  },
  'vary.normalize, off': {
    far: { vary: { normalize: { a: upper }, add: ['a'] } },
    near: { vary: { normalize: {} } },
    none: { vary: { normalize: new Map() } },
    farPolicy: { vary: { add: ['a'], normalize: new Map([['a', upper]]) } },
    nearPolicy: { vary: { add: ['a'], normalize: new Map() } },
  },
  key: {
    far: { key: nothing },
    near: { key: other },
    none: { keyOf: undefined },
    farPolicy: { keyOf: nothing, query: undefined },
    nearPolicy: { keyOf: other },
  },
  'key, off': {
    far: { key: nothing },
    near: { key: false },
    none: { keyOf: undefined },
    farPolicy: { keyOf: nothing },
    nearPolicy: { keyOf: undefined },
  },
  identity: {
    far: { identity: nothing },
    near: { identity: other, cookies: 'bypass', authorization: 'bypass' },
    none: { identityOf: undefined, isPrivate: false },
    farPolicy: { identityOf: nothing, isPrivate: true },
    nearPolicy: { identityOf: other, isPrivate: true },
  },
  'identity, off': {
    far: { identity: nothing },
    near: { identity: false },
    none: { identityOf: undefined },
    farPolicy: { identityOf: nothing },
    nearPolicy: { identityOf: undefined, isPrivate: false },
  },
  requestDirectives: {
    far: { requestDirectives: 'full' },
    near: { requestDirectives: 'ignore' },
    none: { requestDirectives: 'safe' },
    farPolicy: { requestDirectives: 'full' },
    nearPolicy: { requestDirectives: 'ignore' },
  },
  conditionalMiss: {
    far: { conditionalMiss: 'forward' },
    near: { conditionalMiss: 'fill' },
    none: { conditionalMiss: 'fill' },
    farPolicy: { conditionalMiss: 'forward' },
    nearPolicy: { conditionalMiss: 'fill' },
  },
  onSendOnHit: {
    far: { onSendOnHit: 'skip' },
    near: { onSendOnHit: 'run' },
    none: { runsOnSend: true },
    farPolicy: { runsOnSend: false },
    nearPolicy: { runsOnSend: true },
  },
  errors: {
    far: { errors: 'store' },
    near: { errors: 'refuse' },
    none: { storesErrors: false },
    farPolicy: { storesErrors: true },
    nearPolicy: { storesErrors: false },
  },
  storePartial: {
    far: { storePartial: true },
    near: { storePartial: false },
    none: { storePartial: false },
    farPolicy: { storePartial: true },
    nearPolicy: { storePartial: false },
  },
  noVarySearch: {
    far: { noVarySearch: true },
    near: { noVarySearch: false },
    none: { noVarySearch: false },
    farPolicy: { noVarySearch: true },
    nearPolicy: { noVarySearch: false },
  },
  lookup: {
    far: { lookup: 'onRequest' },
    near: { lookup: 'handler' },
    none: { lookup: 'handler', skipGuards: false },
    farPolicy: { lookup: 'onRequest', skipGuards: false },
    nearPolicy: { lookup: 'handler' },
  },
  clientCacheControl: {
    far: { clientCacheControl: ' max-age=60 ' },
    near: { clientCacheControl: text },
    none: { clientCacheControl: undefined },
    farPolicy: { clientCacheControl: 'max-age=60' },
    nearPolicy: { clientCacheControl: text },
  },
  'clientCacheControl, off': {
    far: { clientCacheControl: text },
    near: { clientCacheControl: false },
    none: { clientCacheControl: undefined },
    farPolicy: { clientCacheControl: text },
    nearPolicy: { clientCacheControl: undefined },
  },
  emitTags: {
    far: { emitTags: 'surrogate-key' },
    near: { emitTags: false },
    none: { emitTags: false },
    farPolicy: { emitTags: 'surrogate-key' },
    nearPolicy: { emitTags: false },
  },
};

describe('options of routes', () => {
  const table = Object.entries(cases);

  it.each(table)('%s has its default, and reaches the policy', (_name, { far, ...expected }) => {
    expect(policy({})).toMatchObject(expected.none);
    expect(policy(far)).toMatchObject(expected.farPolicy);
    expect(policy({}, far)).toMatchObject(expected.farPolicy);
  });

  it.each(table)('%s of the nearest level wins', (_name, { far, near, ...expected }) => {
    const rules = [{ path: '/x', ...near }];
    expect(policy({ ...far, rules })).toMatchObject(expected.nearPolicy);
    expect(policy({ ...far, rules: [{ path: '/x' }] }, near)).toMatchObject(expected.nearPolicy);
    expect(policy({ ...near, rules: [{ path: '/x', ...far }] })).toMatchObject(expected.farPolicy);
    expect(policy({ ...far, rules }, undefined, '/y')).toMatchObject(expected.farPolicy);
  });

  it('add up tags and functions that give tags', () => {
    const found = policy(
      { tags: some, rules: [{ path: '/x', tags: ['site', 'x'] }] },
      { tags: more },
    );
    expect(found.tags).toEqual(['site', 'x']);
    expect(found.tagsOf).toEqual([some, more]);
    expect(policy({ tags: some }, { tags: some }).tagsOf).toEqual([some]);
    expect(policy({ tags: ['a'] }).tagsOf).toEqual([]);
  });

  it('take the word skipGuards from the route alone, where its lookup is early', () => {
    const early = { lookup: 'onRequest' };
    expect(policy(early, { skipGuards: true })).toMatchObject({ skipGuards: true });
    expect(policy({}, { ...early, skipGuards: true })).toMatchObject({ skipGuards: true });
    expect(policy(early, {})).toMatchObject({ skipGuards: false });
    expect(policy({}, { skipGuards: false })).toMatchObject({ skipGuards: false });
    const rules = [{ path: '/x', lookup: 'handler' }];
    for (const attempt of [
      () => policy({}, { skipGuards: true }),
      () => policy(early, { lookup: 'handler', skipGuards: true }),
      () => policy({ ...early, rules }, { skipGuards: true }),
    ]) {
      expect(attempt).toThrow(
        /^route GET \/x: expected skipGuards to stand beside lookup "onRequest", got lookup "handler"$/,
      );
    }
    expect(policy({ ...early, rules }, { skipGuards: true }, '/y').skipGuards).toBe(true);
  });

  it('merge a route with the rules it can meet, whatever others say', () => {
    const rules = [{ path: '/a/*', query: { sort: true } }];
    expect(policy({ rules }, { key: nothing }, '/b').keyOf).toBe(nothing);
    expect(() => policy({ rules }, { key: nothing }, '/a/:id')).toThrow(
      /expected key to stand without/,
    );
    const all = { lookup: 'handler', rules: [{ path: '/**', lookup: 'onRequest' }] };
    expect(policy(all, { skipGuards: true })).toMatchObject({ lookup: 'onRequest' });
  });

  it('keep the veto of a credential whose values a normaliser makes one', () => {
    const add = ['x-api-key', 'cookie'];
    expect(policy({ vary: { add } }).ttlVetoFields).not.toContain('x-api-key');
    const folded = policy({ vary: { add, normalize: { 'X-API-Key': upper } } });
    expect(folded.ttlVetoFields).toContain('x-api-key');
    expect(folded.ttlVetoFields).not.toContain('cookie');
  });

  it('leave the key scope alone where a function gives the key', () => {
    const { planRoute } = resolveOptions({ key: nothing });
    const scope = (config: unknown): unknown => {
      const plan = planRoute({ method: 'GET', url: '/x' }, config);
      return plan.kind === 'fixed' ? plan.policy.key : undefined;
    };
    expect(scope({ identity: other })).toBe(scope({ key: false }));
    expect(primaryKey(policy({ key: nothing }).key, 'http', 'h', '/x?b')).toBe(
      '1|http|http|h|/x?b',
    );
  });

  it('let query "exact" take the query options of other levels away from a key', () => {
    expect(policy({ preset: 'api' }, { query: 'exact', key: nothing }).keyOf).toBe(nothing);
    expect(policy({ query: {} }, { key: nothing }).keyOf).toBe(nothing);
    expect(policy({ key: nothing }, { key: false, ignoreQuery: ['a'] }).query).toBeDefined();
  });

  it('are frozen in all their parts', () => {
    const found = policy({
      heuristic: true,
      tags: some,
      vary: { normalize: { 'accept-language': { languages: ['de'] } } },
    });
    const languages = found.vary.normalize.get('accept-language') as { languages: string[] };
    for (const part of [
      found.stale,
      found.heuristic,
      found.targets,
      found.tags,
      found.tagsOf,
      languages,
      languages.languages,
    ]) {
      expect(part).toBeDefined();
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});

describe('wrong options of routes', () => {
  it.each([
    [{ staleWhileRevalidate: -1 }, /options\.staleWhileRevalidate to be a duration in ms .*got -1/],
    [{ staleIfError: '5' }, /options\.staleIfError to be a duration in ms .*got "5"/],
    [{ staleIfOverloaded: false }, /options\.staleIfOverloaded .*got false/],
    [{ keep: Number.NaN }, /options\.keep .*got NaN/],
    [{ heuristic: 5 }, /options\.heuristic to be true, false or an object, got 5/],
    [{ heuristic: { fraction: 0 } }, /heuristic\.fraction to be a number above 0 and at most 0\.5/],
    [{ heuristic: { fraction: 0.51 } }, /heuristic\.fraction .* got 0\.51/],
    [{ heuristic: { max: 0 } }, /heuristic\.max to be a duration in ms above 0, got 0/],
    [{ heuristic: { fracton: 0.1 } }, /options\.heuristic\.fracton, did you mean fraction\?/],
    [{ methods: ['POST'] }, /a list with GET, for only its requests find what is stored/],
    [{ targets: true }, /options\.targets to be false or an array, got true/],
    [{ targets: [] }, /options\.targets to be a list with at least one item/],
    [{ targets: ['cache-control'] }, /targets\[0\] to be the name of a field that ends in/],
    [{ targets: ['-cache-control'] }, /targets\[0\]/],
    [{ targets: ['a b-cache-control'] }, /targets\[0\]/],
    [{ targets: ['a-cache-control', 5] }, /targets\[1\] .*got 5/],
    [{ vary: { normalize: [] } }, /vary\.normalize to be an object by names of request fields/],
    [{ vary: { normalize: { 'a b': upper } } }, /names of request fields, each once, got "a b"/],
    [{ vary: { normalize: { 'cookie:theme': upper } } }, /got "cookie:theme"/],
    [{ vary: { normalize: { '*': upper } } }, /got "\*"/],
    [{ vary: { normalize: { a: upper, A: upper } } }, /each once, got "A"/],
    [
      { vary: { normalize: { 'accept-encoding': 'set' } } },
      /vary\.normalize\["accept-encoding"\] to be a function, for "set" and languages are of accept-language alone, got "set"/,
    ],
    [{ vary: { normalize: { accept: { languages: ['de'] } } } }, /\["accept"\] to be a function/],
    [
      { vary: { normalize: { 'accept-language': 'select' } } },
      /\["accept-language"\] to be "set", an object with languages or a function, got "select"/,
    ],
    [{ vary: { normalize: { 'accept-language': { languages: [] } } } }, /at least one item/],
    [
      { vary: { normalize: { 'accept-language': { languages: ['de_AT'] } } } },
      /\.languages\[0\] to be a language tag such as .*got "de_AT"/,
    ],
    [{ vary: { normalize: { 'accept-language': { langs: [] } } } }, /unknown option .*\.langs/],
    [
      { vary: { normalize: { Accept: upper }, ignore: ['accept'] } },
      /vary\.normalize and options\.vary\.ignore to differ, both name accept/,
    ],
    [{ key: 'url' }, /options\.key to be false or a function, got "url"/],
    [{ key: nothing, ignoreQuery: ['a'] }, /options: expected key to stand without query options/],
    [{ key: nothing, query: { sort: true } }, /say query "exact" beside it/],
    [{ key: nothing, preset: 'page' }, /expected key to stand without query options/],
    [{ identity: true }, /options\.identity to be false or a function, got true/],
    [{ requestDirectives: 'all' }, /requestDirectives to be "safe" or "full" or "ignore"/],
    [{ conditionalMiss: false }, /conditionalMiss to be "fill" or "forward", got false/],
    [{ onSendOnHit: true }, /onSendOnHit to be "run" or "skip", got true/],
    [{ errors: 'keep' }, /options\.errors to be "refuse" or "store", got "keep"/],
    [{ storePartial: 1 }, /options\.storePartial to be true or false, got 1/],
    [{ noVarySearch: 'yes' }, /options\.noVarySearch to be true or false/],
    [{ lookup: 'preHandler' }, /options\.lookup to be "handler" or "onRequest"/],
    [
      { skipGuards: true },
      /expected options\.skipGuards to be absent: a route says this for itself, in config\.cache/,
    ],
    [{ skipGuards: false, lookup: 'onRequest' }, /options\.skipGuards to be absent/],
    [
      { rules: [{ path: '/x', skipGuards: true, lookup: 'onRequest' }] },
      /options\.rules\[0\]\.skipGuards to be absent/,
    ],
    [{ clientCacheControl: '' }, /clientCacheControl to be false, a function or the value of a/],
    [{ clientCacheControl: 'a\r\nb: c' }, /the value of a Cache-Control field/],
    [{ clientCacheControl: 60 }, /the value of a Cache-Control field, got 60/],
    [{ tags: 5 }, /options\.tags to be a function or an array, got 5/],
    [
      { emitTags: true },
      /emitTags to be false or "surrogate-key" or "cache-tag" or "cache-groups"/,
    ],
  ])('are refused: %o', (options, message) => {
    const attempt = (): unknown => resolveOptions(options);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ code: errors.OPTION.code }));
  });

  it('are refused in config.cache, and the route is named', () => {
    expect(() => policy({}, { keep: -1 })).toThrow(
      expect.objectContaining({
        code: errors.ROUTE_OPTION.code,
        message: expect.stringMatching(/^route GET \/x: expected config\.cache\.keep to be/),
      }),
    );
    expect(() => policy({}, { skipGuards: 1 })).toThrow(/config\.cache\.skipGuards to be true or/);
  });
});
