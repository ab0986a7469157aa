// What may be stored, and for how long (src/rfc/storable.ts), one rule of RFC 9111 3 after the other: vetoes, freshness,
// Authorization, what only a ttl makes cacheable, no-cache, windows, targeted fields, private caches.
// One decision has one file, long as its table of vetoes is.
// Lifetimes are freshness.test.ts, windows alone stale.test.ts, the directives of targeted fields targeted.test.ts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fields } from '../../src/rfc/fields.ts';
import { formatHttpDate } from '../../src/rfc/http-date.ts';
import { OWN_TARGET, storable } from '../../src/rfc/storable.ts';
import type {
  ResponseFacts,
  StoreDecision,
  StoreFacts,
  StorePolicy,
} from '../../src/rfc/storable.ts';
import { NO_STALE } from '../../src/rfc/stale.ts';
import { storedFields } from '../../src/rfc/stored-headers.ts';
import { freshened } from '../../src/rfc/freshen.ts';

const now = Date.UTC(2026, 0, 1);

const strict: StorePolicy = {
  ttl: undefined,
  ttlMode: 'fallback',
  heuristic: undefined,
  targets: [OWN_TARGET, 'cdn-cache-control'],
  stale: NO_STALE,
  keep: 0,
  storesErrors: false,
  storePartial: false,
  isPrivate: false,
  requestDirectives: 'safe',
  authorization: 'rfc',
  setCookie: 'refuse',
  types: undefined,
  ttlVetoFields: ['cookie', 'x-api-key', 'x-auth-token', 'x-access-token', 'authorization'],
  vary: { add: [], ignore: [], normalize: new Map() },
};
const keeping: StorePolicy = { ...strict, keep: 100_000 };
const withTtl: StorePolicy = {
  ...strict,
  ttl: { exact: new Map([[200, 60_000]]), classes: [undefined, undefined, undefined, 60_000] },
};

interface Case {
  method?: string;
  request?: Fields;
  status?: number;
  response?: Partial<ResponseFacts>;
  policy?: StorePolicy;
  startedAt?: number;
}

function judge(headers: Fields, more: Case = {}): StoreDecision {
  return storable(
    { method: more.method ?? 'GET', headers: more.request ?? {}, startedAt: more.startedAt ?? now },
    { status: more.status ?? 200, headers, receivedAt: now, ...more.response },
    more.policy ?? strict,
  );
}

function reason(headers: Fields, more: Case = {}): string | undefined {
  const decision = judge(headers, more);
  return decision.store ? undefined : decision.reason;
}

const fresh = { 'cache-control': 'max-age=60' };
const stored = (headers: Fields, more: Case = {}): StoreFacts => {
  const decision = judge(headers, more);
  if (!decision.store) throw new Error(`not stored: ${decision.reason}`);
  return decision;
};

describe('storable', () => {
  it('S1 stores a fresh GET and says for how long', () => {
    expect(judge({ ...fresh, vary: 'B, a' })).toEqual({
      store: true,
      lifetimeMs: 60_000,
      freshForMs: 60_000,
      usefulForMs: 60_000,
      stale: NO_STALE,
      mustValidate: false,
      forbidsStale: false,
      ownValidator: false,
      immutable: false,
      bornAt: now,
      source: 'max-age',
      ttlOnly: false,
      authorizationAllowed: false,
      vary: ['a', 'b'],
      omit: ['set-cookie'],
    });
  });

  it('F2 takes the age a response already had from its time', () => {
    expect(stored({ ...fresh, age: '20' }, { startedAt: now - 5000 })).toMatchObject({
      lifetimeMs: 60_000,
      freshForMs: 35_000,
      bornAt: now - 25_000,
    });
    expect(reason({ ...fresh, age: '60' })).toBe('no-freshness');
    expect(reason({ ...fresh, date: formatHttpDate(now - 61_000) })).toBe('no-freshness');
  });

  it.each([
    [{}, 'no-freshness'],
    [{ 'cache-control': 'public' }, 'no-freshness'],
    [{ 'cache-control': 'max-age=0' }, 'no-freshness'],
    [{ 'cache-control': 'max-age=60, no-store' }, 'no-store'],
    [{ 'cache-control': 'max-age=60, private' }, 'private'],
    [{ 'cache-control': 'max-age=60, no-cache' }, 'no-cache'],
    [{ 'cache-control': 'max-age=60, x="' }, 'no-store'],
    [{ ...fresh, 'set-cookie': 'a=b' }, 'set-cookie'],
    [{ ...fresh, 'set-cookie': ['a=b', 'c=d'] }, 'set-cookie'],
    [{ ...fresh, vary: '*' }, 'vary-star'],
    [{ ...fresh, vary: ['a', 'b, *'] }, 'vary-star'],
    [{ ...fresh, vary: ', *' }, 'vary-star'],
    [{ ...fresh, trailer: 'x' }, 'trailers'],
    [{ ...fresh, 'content-type': 'text/event-stream; charset=utf-8' }, 'event-stream'],
    [{ ...fresh, 'content-type': 'Multipart/X-Mixed-Replace;boundary=x' }, 'event-stream'],
    [{ ...fresh, 'content-encoding': 'gzip, secret' }, 'content-encoding'],
    [{ ...fresh, 'x-a': 'b\r\nc' }, 'field'],
  ])('S1 refuses %j: %s', (headers, expected) => {
    expect(reason(headers)).toBe(expected);
    // No ttl lifts a veto.
    if (expected !== 'no-freshness') {
      const policy: StorePolicy = { ...withTtl, ttlMode: 'override', authorization: 'share' };
      expect(reason(headers, { policy })).toBe(expected);
    }
  });

  it('S1 refuses methods other than GET, errors and trailers', () => {
    expect(reason(fresh, { method: 'POST' })).toBe('method');
    expect(reason(fresh, { method: 'HEAD' })).toBe('method');
    expect(reason(fresh, { response: { failed: true } })).toBe('error');
    expect(reason(fresh, { response: { trailers: true } })).toBe('trailers');
  });

  it('stores errors where the policy says so, but no prohibited one', () => {
    const more = { policy: { ...strict, storesErrors: true }, response: { failed: true } };
    expect(reason(fresh, { ...more, status: 500 })).toBeUndefined();
    expect(reason({ 'cache-control': 'no-store' }, { ...more, status: 500 })).toBe('no-store');
  });

  it.each([100, 101, 102, 103, 206, 304, 600, 99, Number.NaN, 200.5])(
    'S1 S6 refuses status %d whatever the freshness',
    (status) => {
      expect(reason(fresh, { status })).toBe('status');
    },
  );

  it.each<[Fields, string | undefined]>([
    [{ etag: '"a"', 'content-range': 'bytes 0-4/10' }, undefined],
    [{ etag: 'W/"a"', 'content-range': 'bytes 0-4/10' }, 'status'],
    [{ 'content-range': 'bytes 0-4/10' }, 'status'],
    [{ etag: '"a"' }, 'status'],
    [{ etag: '"a"', 'content-range': 'bytes 0-4/*' }, 'status'],
    [{ etag: '"a"', 'content-range': 'bytes 5-4/10' }, 'status'],
    [{ etag: '"a"', 'content-range': 'bytes 0-10/10' }, 'status'],
    [{ etag: '"a"', 'content-range': 'items 0-4/10' }, 'status'],
  ])('R2 stores a part with %j, where the policy stores parts: %s', (headers, expected) => {
    const policy: StorePolicy = { ...strict, storePartial: true };
    expect(reason({ ...fresh, ...headers }, { status: 206, policy })).toBe(expected);
    expect(reason({ ...fresh, ...headers }, { status: 206 })).toBe('status');
    expect(reason({ ...fresh, ...headers }, { status: 304, policy })).toBe('status');
  });

  it.each([200, 203, 204, 299, 302, 307, 400, 404, 499, 500, 503, 599])(
    'S2 stores status %d with explicit freshness',
    (status) => {
      expect(reason(fresh, { status })).toBeUndefined();
    },
  );

  it('S2 lets must-understand lift no-store for a known status and forbid an unknown one', () => {
    const headers = { 'cache-control': 'max-age=60, no-store, must-understand' };
    expect(reason(headers)).toBeUndefined();
    expect(reason(headers, { status: 299 })).toBe('no-store');
    expect(reason({ 'cache-control': 'max-age=60, must-understand' }, { status: 299 })).toBe(
      'status',
    );
    expect(reason({ 'cache-control': 'max-age=60, must-understand, private' })).toBe('private');
  });

  it('S3 stores nothing for a request with no-store', () => {
    const request = { 'cache-control': 'no-store' };
    const policy = (requestDirectives: StorePolicy['requestDirectives']): StorePolicy => ({
      ...strict,
      requestDirectives,
    });
    expect(reason(fresh, { request })).toBe('request-no-store');
    expect(reason(fresh, { request, policy: policy('full') })).toBe('request-no-store');
    expect(reason(fresh, { request, policy: policy('ignore') })).toBeUndefined();
    // The other directives speak about answers, not about storing (RFC 9111 5.2.1).
    const others = { 'cache-control': 'no-cache, max-age=0, only-if-cached' };
    expect(reason(fresh, { request: others, policy: policy('full') })).toBeUndefined();
  });

  it('S4 keeps a response without the fields that private and no-cache name', () => {
    const headers = { 'cache-control': 'max-age=60, private="Set-Cookie, X-A", no-cache="x-b"' };
    expect(stored({ ...headers, 'set-cookie': 'a=b' }).omit).toEqual([
      'set-cookie',
      'x-a',
      'x-b',
      'set-cookie',
    ]);
    expect(reason({ 'cache-control': 'max-age=60, private="a b"' })).toBe('private');
    expect(reason({ 'cache-control': 'max-age=60, no-cache=""' })).toBe('no-cache');
  });

  it('S4 refuses a list that names a field without which the body means something else', () => {
    expect(reason({ 'cache-control': 'max-age=60, private="Content-Encoding"' })).toBe('private');
    expect(reason({ 'cache-control': 'max-age=60, no-cache="vary"' })).toBe('no-cache');
  });

  it.each(['public', 'must-revalidate', 's-maxage=60'])(
    'S8 stores a response to Authorization with %s',
    (directive) => {
      const headers = { 'cache-control': `max-age=60, ${directive}` };
      const request = { authorization: 'Bearer x' };
      expect(stored(headers, { request }).authorizationAllowed).toBe(true);
      const policy: StorePolicy = { ...strict, authorization: 'bypass' };
      expect(reason(headers, { request, policy })).toBe('authorization');
    },
  );

  it('S8 refuses a response to Authorization without permission, and with an s-maxage it cannot read', () => {
    const request = { authorization: 'Bearer x' };
    expect(reason(fresh, { request })).toBe('authorization');
    expect(reason({ 'cache-control': 'max-age=60, proxy-revalidate' }, { request })).toBe(
      'authorization',
    );
    // An s-maxage that cannot be read gives no freshness, so only the ttl would store it.
    const policy: StorePolicy = { ...withTtl, ttlMode: 'override' };
    expect(reason({ 'cache-control': 's-maxage=x' }, { request, policy })).toBe('authorization');
    expect(
      reason(fresh, { request, policy: { ...strict, authorization: 'share' } }),
    ).toBeUndefined();
  });

  it('refuses Set-Cookie, strips it or stores it, as the option says', () => {
    const headers = { ...fresh, 'set-cookie': 'a=b' };
    expect(reason(headers)).toBe('set-cookie');
    expect(stored(headers, { policy: { ...strict, setCookie: 'strip' } }).omit).toContain(
      'set-cookie',
    );
    expect(stored(headers, { policy: { ...strict, setCookie: 'store' } }).omit).toEqual([]);
  });

  it.each([
    ['cookie', 'cookie'],
    ['authorization', 'authorization'],
    ['x-api-key', 'credentials'],
    ['x-auth-token', 'credentials'],
    ['x-access-token', 'credentials'],
  ])('refuses a response to a request with %s where only a ttl applies', (name, expected) => {
    const request = { [name]: 'x' };
    expect(reason({}, { request, policy: withTtl })).toBe(expected);
    const lifted = { ...withTtl, ttlVetoFields: [], authorization: 'share' as const };
    expect(reason({}, { request, policy: lifted })).toBeUndefined();
  });

  it('lets Cookie count for nothing where the response gives its own freshness, as the RFC does', () => {
    const request = { cookie: 'sid=1' };
    expect(reason(fresh, { request, policy: withTtl })).toBeUndefined();
    expect(stored({ 'cache-control': 'public' }, { request, policy: withTtl }).ttlOnly).toBe(false);
  });

  it('counts a lifetime that is over as none, so that an override does not lift the credentials veto', () => {
    const policy: StorePolicy = { ...withTtl, ttlMode: 'override' };
    const request = { cookie: 'sid=1' };
    expect(reason({ 'cache-control': 'max-age=0' }, { request, policy })).toBe('cookie');
    expect(reason({ 'cache-control': 'max-age=5', age: '6' }, { request, policy })).toBe('cookie');
    expect(reason({ 'cache-control': 'max-age=5' }, { request, policy })).toBeUndefined();
    expect(stored({ 'cache-control': 'max-age=0' }, { policy })).toMatchObject({
      ttlOnly: true,
      lifetimeMs: 60_000,
    });
  });

  it.each([302, 303, 307])('refuses a redirect %d where only a ttl applies', (status) => {
    expect(reason({ location: '/login' }, { status, policy: withTtl })).toBe('status');
    expect(reason({ location: '/login', ...fresh }, { status, policy: withTtl })).toBeUndefined();
    expect(reason({ location: '/new' }, { status: 308, policy: withTtl })).toBeUndefined();
  });

  it('refuses a status the ttl does not hold', () => {
    expect(reason({}, { status: 404, policy: withTtl })).toBe('no-freshness');
  });

  it.each([
    ['text/html; charset=utf-8', 'nonce'],
    ['application/xhtml+xml', 'nonce'],
    [undefined, 'nonce'],
    ['application/json', undefined],
  ])('refuses type %s with a CSP nonce where only a ttl applies: %s', (type, expected) => {
    const headers = { 'content-type': type, 'content-security-policy': "script-src 'Nonce-abc'" };
    expect(reason(headers, { policy: withTtl })).toBe(expected);
    expect(reason({ ...headers, ...fresh }, { policy: withTtl })).toBeUndefined();
    const reportOnly = {
      'content-type': type,
      'content-security-policy-report-only': "script-src 'nonce-abc'",
    };
    expect(reason(reportOnly, { policy: withTtl })).toBe(expected);
  });

  it('stores only the listed media types, redirects excepted', () => {
    const policy: StorePolicy = { ...strict, types: ['text/css', 'image/*'] };
    const type = (value: string): Fields => ({ ...fresh, 'content-type': value });
    expect(reason(type('Text/CSS; charset=utf-8'), { policy })).toBeUndefined();
    expect(reason(type('image/png'), { policy })).toBeUndefined();
    expect(reason(type('imagex/png'), { policy })).toBe('content-type');
    expect(reason(type('text/html'), { policy })).toBe('content-type');
    expect(reason(fresh, { policy })).toBe('content-type');
    expect(reason(type('text/html'), { policy, status: 301 })).toBeUndefined();
  });

  it('stores every registered content coding', () => {
    expect(reason({ ...fresh, 'content-encoding': 'Br' })).toBeUndefined();
    expect(reason({ ...fresh, 'content-encoding': 'gzip, zstd' })).toBeUndefined();
  });

  it('never stores under a prohibition, whatever else the response says', () => {
    const directive = fc.constantFrom(
      'public',
      'max-age=60',
      's-maxage=60',
      'must-revalidate',
      'stale-while-revalidate=60',
      'foo="a,b"',
    );
    const prohibition = fc.constantFrom('no-store', 'private', 'NO-STORE', 'Private=""');
    const policy: StorePolicy = {
      ...withTtl,
      keep: 100_000,
      stale: { revalidate: 60_000, error: 60_000, overload: 60_000 },
      heuristic: { fraction: 0.1, max: 60_000 },
      ttlMode: 'override',
      authorization: 'share',
      setCookie: 'store',
      ttlVetoFields: [],
    };
    fc.assert(
      fc.property(fc.array(directive), prohibition, fc.array(directive), (before, veto, after) => {
        const whole = [...before, veto, ...after].join(', ');
        expect(judge({ etag: '"a"', 'cache-control': whole }, { policy }).store).toBe(false);
        expect(judge({ 'cache-control': [...after, veto] }, { policy }).store).toBe(false);
        const targeted = { 'cdn-cache-control': veto.toLowerCase(), 'cache-control': 'max-age=60' };
        expect(judge({ etag: '"a"', ...targeted }, { policy }).store).toBe(false);
      }),
    );
  });
});

const etag = { etag: '"a"' };

describe('storable, of no-cache', () => {
  it('U2 stores it to be validated each time, where it has a validator of its own', () => {
    const headers = { 'cache-control': 'no-cache', ...etag };
    expect(stored(headers, { policy: keeping })).toMatchObject({
      lifetimeMs: 0,
      usefulForMs: 100_000,
      mustValidate: true,
      forbidsStale: true,
      ownValidator: true,
      ttlOnly: false,
    });
    expect(reason(headers)).toBe('no-cache');
    expect(reason({ 'cache-control': 'no-cache' }, { policy: keeping })).toBe('no-cache');
  });

  it('U2 lets no ttl and no lifetime lift it', () => {
    const policy: StorePolicy = { ...withTtl, ttlMode: 'override', keep: 100_000 };
    const headers = { 'cache-control': 'no-cache, max-age=60', ...etag };
    expect(stored(headers, { policy }).mustValidate).toBe(true);
    expect(reason({ 'cache-control': 'no-cache, max-age=60' }, { policy })).toBe('no-cache');
  });

  it('S4 keeps a response fresh without the fields that a no-cache names', () => {
    const headers = { 'cache-control': 'max-age=60, no-cache="x-a"', ...etag };
    expect(stored(headers, { policy: keeping })).toMatchObject({
      mustValidate: false,
      forbidsStale: false,
    });
  });

  it('S4 validates each time what names a field without which the body means something else', () => {
    const headers = { 'cache-control': 'max-age=60, no-cache="x-a, content-language"', ...etag };
    expect(stored(headers, { policy: keeping })).toMatchObject({
      mustValidate: true,
      forbidsStale: true,
      usefulForMs: 160_000,
    });
  });

  it('S8 holds it to the rule of Authorization too', () => {
    const request = { authorization: 'Bearer x' };
    const headers = { 'cache-control': 'no-cache', ...etag };
    expect(reason(headers, { request, policy: keeping })).toBe('authorization');
    const open = { 'cache-control': 'no-cache, must-revalidate', ...etag };
    expect(reason(open, { request, policy: keeping })).toBeUndefined();
  });
});

describe('storable, of validators', () => {
  it.each<[Fields, boolean]>([
    [{ etag: '"a"' }, true],
    [{ etag: 'W/"a"' }, true],
    [{ 'last-modified': formatHttpDate(now - 5000) }, true],
    [{}, false],
    [{ etag: '' }, false],
    [{ etag: ' ' }, false],
    [{ 'last-modified': 'yesterday' }, false],
    [{ 'last-modified': [formatHttpDate(now), formatHttpDate(now)] }, false],
  ])('V1 says of %j that it has one of its own: %s', (headers, expected) => {
    expect(stored({ ...fresh, ...headers }, { policy: keeping })).toMatchObject({
      ownValidator: expected,
      usefulForMs: expected ? 160_000 : 60_000,
    });
  });

  it.each([
    ['immutable', { immutable: true }],
    ['must-revalidate', { forbidsStale: true, mustValidate: false }],
    ['proxy-revalidate', { forbidsStale: true, mustValidate: false }],
    ['s-maxage=60', { forbidsStale: true, mustValidate: false }],
    ['public', { forbidsStale: false, immutable: false }],
  ])('remembers %s', (directive, expected) => {
    expect(stored({ 'cache-control': `max-age=60, ${directive}` })).toMatchObject(expected);
  });
});

const windows = { revalidate: 10_000, error: 20_000, overload: 30_000 };

describe('storable, of how long a response is of use', () => {
  interface Row {
    cc: string;
    age?: string;
    validator?: boolean;
    stale?: StorePolicy['stale'];
    keep?: number;
    ms: number | string;
  }
  it.each<Row>([
    { cc: 'max-age=60', ms: 60_000 },
    { cc: 'max-age=60', age: '15', ms: 45_000 },
    { cc: 'max-age=60', validator: true, ms: 60_000 },
    { cc: 'max-age=60', keep: 100_000, ms: 60_000 },
    { cc: 'max-age=60', keep: 100_000, validator: true, ms: 160_000 },
    { cc: 'max-age=60', age: '15', keep: 100_000, validator: true, ms: 145_000 },
    { cc: 'max-age=60', stale: { ...windows, overload: 0 }, ms: 80_000 },
    { cc: 'max-age=60', stale: { ...NO_STALE, revalidate: 5000 }, ms: 65_000 },
    { cc: 'max-age=60', stale: windows, ms: 90_000 },
    { cc: 'max-age=60', stale: windows, keep: 100_000, ms: 90_000 },
    { cc: 'max-age=60', stale: windows, keep: 100_000, validator: true, ms: 190_000 },
    { cc: 'max-age=60, stale-while-revalidate=50', stale: windows, ms: 110_000 },
    { cc: 'max-age=60, stale-if-error=50', stale: windows, ms: 110_000 },
    { cc: 'max-age=60, must-revalidate', stale: windows, ms: 60_000 },
    { cc: 's-maxage=60', stale: windows, keep: 100_000, validator: true, ms: 160_000 },
    { cc: 'no-cache, max-age=60', stale: windows, keep: 100_000, validator: true, ms: 160_000 },
    { cc: 'no-cache, max-age=60', stale: windows, validator: true, ms: 'no-cache' },
    { cc: 'no-cache', age: '7', keep: 100_000, validator: true, ms: 100_000 },
    // Never fresh: kept for a refresh, an error or a validation, not for overload.
    { cc: 'max-age=0', ms: 'no-freshness' },
    { cc: 'max-age=0', validator: true, ms: 'no-freshness' },
    { cc: 'max-age=0', keep: 100_000, ms: 'no-freshness' },
    { cc: 'max-age=0', stale: { ...NO_STALE, overload: 30_000 }, ms: 'no-freshness' },
    { cc: 'max-age=0', stale: windows, ms: 20_000 },
    { cc: 'max-age=0', keep: 100_000, validator: true, ms: 100_000 },
    { cc: 'max-age=0', stale: windows, keep: 100_000, validator: true, ms: 120_000 },
    { cc: 'max-age=0, must-revalidate', stale: windows, ms: 'no-freshness' },
    // Stale for 10 s when it came.
    { cc: 'max-age=60', age: '70', stale: windows, ms: 10_000 },
    { cc: 'max-age=60', age: '80', stale: windows, ms: 'no-freshness' },
    { cc: 'max-age=60', age: '70', keep: 100_000, validator: true, ms: 100_000 },
    { cc: 'max-age=60', age: '70', stale: windows, keep: 100_000, validator: true, ms: 120_000 },
    // Without a lifetime there is nothing to store, whatever the windows.
    { cc: 'stale-if-error=50', stale: windows, keep: 100_000, validator: true, ms: 'no-freshness' },
  ])('says it of $cc, age $age, keep $keep, validator $validator: $ms', (row) => {
    const { cc, age, validator = false, stale = NO_STALE, keep = 0, ms } = row;
    const headers = { 'cache-control': cc, age, ...(validator ? etag : {}) };
    const decision = judge(headers, { policy: { ...strict, stale, keep } });
    expect(decision.store ? decision.usefulForMs : decision.reason).toBe(ms);
  });

  it('T2 lets a response speak for its own windows, in seconds', () => {
    const headers = { 'cache-control': 'max-age=60, stale-while-revalidate=1, stale-if-error=0' };
    const facts = stored(headers, { policy: { ...strict, stale: windows } });
    expect(facts.stale).toEqual({ revalidate: 1000, error: 0, overload: 30_000 });
    expect(stored(fresh, { policy: { ...strict, stale: windows } }).stale).toEqual(windows);
  });

  it('never throws, and never stores what has no use', () => {
    const value = fc.oneof(fc.string(), fc.array(fc.string()), fc.constant('max-age=60'));
    const noise = fc.dictionary(
      fc.constantFrom('cache-control', 'expires', 'date', 'age', 'vary', 'content-type', 'etag'),
      value,
    );
    const directive = fc.constantFrom(
      'max-age=0',
      'max-age=60',
      's-maxage=9',
      'no-cache',
      'no-cache="x"',
      'no-cache="vary"',
      'must-revalidate',
      'public',
      'stale-while-revalidate=20',
      'stale-if-error=x',
    );
    const plausible = fc.record(
      {
        'cache-control': fc.array(directive).map((list) => list.join(', ')),
        etag: fc.constantFrom('"a"', ''),
        age: fc.constantFrom('0', '30', '70', '200', 'x'),
        date: fc.constantFrom(formatHttpDate(now), formatHttpDate(now - 90_000), 'x'),
        expires: fc.constantFrom(formatHttpDate(now + 9000), '0'),
        'last-modified': fc.constantFrom(formatHttpDate(now - 900_000), 'x'),
      },
      { requiredKeys: [] },
    );
    const policies = fc.constantFrom(strict, withTtl, keeping).chain((policy) =>
      fc
        .record({
          keep: fc.constantFrom(0, policy.keep),
          stale: fc.constantFrom(NO_STALE, windows),
          heuristic: fc.constantFrom(undefined, { fraction: 0.1, max: 60_000 }),
          ttlMode: fc.constantFrom('fallback' as const, 'override' as const),
        })
        .map((more): StorePolicy => ({ ...policy, ...more })),
    );
    fc.assert(
      fc.property(fc.oneof(noise, plausible), policies, (headers, policy) => {
        const decision = judge(headers, { policy });
        if (!decision.store) return;
        const { freshForMs, usefulForMs, stale, mustValidate, forbidsStale } = decision;
        expect(decision.bornAt).toBeLessThanOrEqual(now);
        expect(usefulForMs).toBeGreaterThan(0);
        expect(usefulForMs).toBeGreaterThanOrEqual(freshForMs);
        const window = forbidsStale ? 0 : Math.max(stale.revalidate, stale.error, stale.overload);
        const answers = !mustValidate && freshForMs + window > 0;
        expect(answers || (decision.ownValidator && policy.keep > 0)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('storable, of heuristic freshness', () => {
  const policy: StorePolicy = { ...strict, heuristic: { fraction: 0.1, max: 60_000 } };
  const modified = { 'last-modified': formatHttpDate(now - 100_000) };

  it('F3 stores by Last-Modified what says nothing else', () => {
    expect(stored(modified, { policy })).toMatchObject({
      lifetimeMs: 10_000,
      source: 'heuristic',
      ttlOnly: false,
      ownValidator: true,
    });
    expect(reason(modified)).toBe('no-freshness');
    expect(reason({}, { policy })).toBe('no-freshness');
  });

  it('F3 counts the age that a response already had', () => {
    expect(stored({ ...modified, age: '4' }, { policy }).freshForMs).toBe(6000);
    expect(reason({ ...modified, age: '10' }, { policy })).toBe('no-freshness');
  });

  it('F3 S1 stores no other status so, but with public', () => {
    expect(reason(modified, { policy, status: 302 })).toBe('no-freshness');
    const headers = { ...modified, 'cache-control': 'public' };
    expect(stored(headers, { policy, status: 302 }).source).toBe('heuristic');
  });
});

describe('storable, of targeted fields', () => {
  const target = (value: string, more: Fields = {}): Fields => ({
    'cdn-cache-control': value,
    ...more,
  });

  it('C1 goes by a targeted field in the place of Cache-Control, no-store included', () => {
    const headers = target('max-age=30', { 'cache-control': 'no-store, private' });
    expect(stored(headers)).toMatchObject({ lifetimeMs: 30_000, source: 'max-age' });
    expect(reason(target('no-store', fresh))).toBe('no-store');
    expect(reason(target('private', fresh))).toBe('private');
  });

  it('C1 takes the first valid field of the list', () => {
    const headers = target('max-age=30', { [OWN_TARGET]: 'max-age=10', ...fresh });
    expect(stored(headers).lifetimeMs).toBe(10_000);
    expect(stored({ ...headers, [OWN_TARGET]: '' }).lifetimeMs).toBe(30_000);
    expect(stored({ ...headers, [OWN_TARGET]: 'max-age 1' }).lifetimeMs).toBe(30_000);
    const turned: StorePolicy = { ...strict, targets: ['cdn-cache-control', OWN_TARGET] };
    expect(stored(headers, { policy: turned }).lifetimeMs).toBe(30_000);
  });

  it('C1 does not read fields that are not in the list', () => {
    const headers = { 'surrogate-cache-control': 'no-store', ...fresh };
    expect(stored(headers).lifetimeMs).toBe(60_000);
    const policy: StorePolicy = { ...strict, targets: [] };
    expect(stored(target('no-store', fresh), { policy }).lifetimeMs).toBe(60_000);
  });

  it('C1 ignores Expires beside it, and counts Age', () => {
    const expires = { expires: formatHttpDate(now + 90_000) };
    expect(reason(target('public', expires))).toBe('no-freshness');
    expect(stored(target('max-age=30', { ...expires, age: '10' })).freshForMs).toBe(20_000);
    expect(stored(target('public', expires), { policy: withTtl }).source).toBe('ttl');
  });

  it('C1 reads s-maxage, windows, permissions and field names there too', () => {
    const headers = target('max-age=60, stale-while-revalidate=5, no-cache="X-A", public');
    expect(stored({ ...headers, 'cache-control': 'must-revalidate' })).toMatchObject({
      stale: { revalidate: 5000, error: 0, overload: 0 },
      forbidsStale: false,
      authorizationAllowed: true,
      omit: ['x-a', 'set-cookie'],
    });
    expect(stored(target('max-age=60, s-maxage=5'))).toMatchObject({
      lifetimeMs: 5000,
      forbidsStale: true,
    });
    const request = { authorization: 'Bearer x' };
    const permitted = target('max-age=60', { 'cache-control': 'public' });
    expect(reason(permitted, { request })).toBe('authorization');
  });

  it('C1 keeps the field that speaks to this cache alone, for a 304 that does not repeat it', () => {
    const policy: StorePolicy = { ...strict, targets: [] };
    const { omit } = stored({ ...fresh, [OWN_TARGET]: 'max-age=1' }, { policy });
    expect(omit).not.toContain(OWN_TARGET);
  });
});

describe('storable, where each identity has responses of its own', () => {
  const policy: StorePolicy = {
    ...withTtl,
    isPrivate: true,
    vary: { add: [':identity'], ignore: [], normalize: new Map() },
  };

  it('stores private responses whole, and those to credentials', () => {
    const headers = { 'cache-control': 'private, max-age=60' };
    const request = { authorization: 'Bearer x', cookie: 'a=b' };
    expect(stored(headers, { policy, request }).vary).toEqual([':identity']);
    expect(stored({}, { policy, request }).ttlOnly).toBe(true);
    const qualified = { 'cache-control': 'max-age=60, private="x-a, content-type"' };
    expect(stored(qualified, { policy }).omit).toEqual(['set-cookie']);
  });

  it('lifts no other veto', () => {
    expect(reason({ 'cache-control': 'no-store, private' }, { policy })).toBe('no-store');
    expect(reason({ ...fresh, 'set-cookie': 'a=b' }, { policy })).toBe('set-cookie');
    expect(reason({ ...fresh, vary: '*' }, { policy })).toBe('vary-star');
  });
});

describe('storable, at its edges', () => {
  it('S1 stores no-cache without freshness only for a status that is cacheable by default, or with public', () => {
    const headers = { 'cache-control': 'no-cache', ...etag };
    expect(reason(headers, { policy: keeping, status: 404 })).toBeUndefined();
    expect(judge(headers, { policy: keeping, status: 302 }).store).toBe(false);
  });

  it('S4 keeps the fields of a no-cache that is taken as unqualified', () => {
    const headers = { 'cache-control': 'no-cache="content-encoding, vary"', ...etag };
    const { omit } = stored({ ...headers, 'content-encoding': 'gzip' }, { policy: keeping });
    expect(omit).not.toContain('content-encoding');
    expect(omit).not.toContain('vary');
  });

  it('P1 lets must-understand not lift the no-store of a quote that is never closed', () => {
    const headers = { 'cache-control': 'max-age=60, must-understand, x=", private' };
    expect(judge(headers).store).toBe(false);
  });

  it('never stores by a ttl of 0, though the policy has windows', () => {
    const ttl = { exact: new Map([[404, 0]]), classes: [] };
    const policy: StorePolicy = { ...strict, ttl, stale: windows };
    expect(judge({}, { policy, status: 404 }).store).toBe(false);
  });

  it('F1 leaves s-maxage to shared caches', () => {
    const policy: StorePolicy = { ...strict, isPrivate: true };
    const headers = { 'cache-control': 'private, max-age=1, s-maxage=60' };
    expect(stored(headers, { policy }).lifetimeMs).toBe(1000);
  });

  it('C1 goes by its own targeted field after a 304 that says nothing, as before', () => {
    const headers = { ...etag, ...fresh, [OWN_TARGET]: 'no-cache', date: formatHttpDate(now) };
    const { omit, mustValidate } = stored(headers, { policy: keeping });
    expect(mustValidate).toBe(true);
    const options = { before: undefined, receivedAt: now };
    const kept = storedFields(headers, { ...options, omit });
    const update = storedFields(etag, { ...options, omit: [] });
    const merged = Object.fromEntries(freshened(kept, update));
    expect(stored(merged, { policy: keeping }).mustValidate).toBe(true);
  });
});
