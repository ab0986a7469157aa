import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ageSeconds, isFresh, reuseRefusal } from '../../src/rfc/reuse.ts';
import { storable } from '../../src/rfc/storable.ts';
import type { StorePolicy } from '../../src/rfc/storable.ts';

const ttlVetoFields = ['cookie', 'x-api-key', 'authorization'];
const rfc = { authorization: 'rfc', ttlVetoFields } as const;

describe('reuse', () => {
  it('S8 answers a request with Authorization only where the response allowed it', () => {
    const headers = { authorization: 'Bearer x' };
    const closed = { ttlOnly: false, authorizationAllowed: false };
    const open = { ttlOnly: false, authorizationAllowed: true };
    expect(reuseRefusal(headers, closed, rfc)).toBe('authorization');
    expect(reuseRefusal(headers, open, rfc)).toBeUndefined();
    expect(reuseRefusal(headers, open, { ...rfc, authorization: 'bypass' })).toBe('authorization');
    expect(reuseRefusal(headers, closed, { ...rfc, authorization: 'share' })).toBeUndefined();
    expect(reuseRefusal({}, closed, rfc)).toBeUndefined();
  });

  it('answers no request with credentials from what only a ttl made cacheable', () => {
    const byTtl = { ttlOnly: true, authorizationAllowed: true };
    expect(reuseRefusal({ cookie: 'a=b' }, byTtl, rfc)).toBe('cookie');
    expect(reuseRefusal({ 'x-api-key': 'k' }, byTtl, rfc)).toBe('credentials');
    expect(reuseRefusal({ authorization: 'k' }, byTtl, rfc)).toBe('authorization');
    expect(reuseRefusal({ accept: '*/*' }, byTtl, rfc)).toBeUndefined();
    expect(reuseRefusal({ cookie: 'a=b' }, { ...byTtl, ttlOnly: false }, rfc)).toBeUndefined();
  });

  it('F1 is fresh only while the lifetime is greater than the age', () => {
    const entry = { bornAt: 1000, lifetimeMs: 500 };
    expect(isFresh(entry, 1499)).toBe(true);
    expect(isFresh(entry, 1500)).toBe(false);
  });

  it('U1 gives the age in whole seconds, never negative, never above 2^31', () => {
    expect(ageSeconds({ bornAt: 1000 }, 3999)).toBe(2);
    expect(ageSeconds({ bornAt: 5000 }, 1000)).toBe(0);
    expect(ageSeconds({ bornAt: -1e20 }, 0)).toBe(2_147_483_648);
  });

  it('S8 reads with a request exactly what that request could have stored', () => {
    const credentials = fc.subarray(['cookie', 'authorization', 'x-api-key', 'accept']);
    const cacheControl = fc.constantFrom(
      undefined,
      'max-age=9',
      'max-age=9, public',
      'public',
      's-maxage=9',
    );
    const authorization = fc.constantFrom('rfc' as const, 'share' as const, 'bypass' as const);
    fc.assert(
      fc.property(credentials, cacheControl, authorization, (names, directive, mode) => {
        const policy: StorePolicy = {
          ttl: { exact: new Map([[200, 1000]]), classes: [] },
          ttlMode: 'fallback',
          authorization: mode,
          setCookie: 'refuse',
          types: undefined,
          ttlVetoFields,
          vary: { add: [], ignore: [] },
        };
        const headers = Object.fromEntries(names.map((name) => [name, 'x']));
        const response = { status: 200, headers: { 'cache-control': directive }, receivedAt: 0 };
        const anonymous = storable({ method: 'GET', headers: {}, startedAt: 0 }, response, policy);
        const own = storable({ method: 'GET', headers, startedAt: 0 }, response, policy);
        if (!anonymous.store) throw new Error('expected the anonymous response to be stored');
        const refusal = reuseRefusal(headers, anonymous, policy);
        expect(own.store ? undefined : own.reason).toBe(refusal);
      }),
    );
  });
});
