// What may be stored (src/rfc/storable.ts), one rule of RFC 9111 3 after the other: vetoes, Authorization, and what only a ttl
// makes cacheable. For how long it is of use, and to whom: storable-use.test.ts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatHttpDate } from '@catzilla/http';
import type { Fields } from '@catzilla/http';
import type { StorePolicy } from '../../src/rfc/storable.ts';
import { NO_STALE } from '../../src/rfc/stale.ts';
import { now, strict, withTtl, judge, reason, fresh, stored } from '../support/storable.ts';

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
