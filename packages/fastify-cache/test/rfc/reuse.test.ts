// Who may be answered from a stored response, and with which Age (src/rfc/reuse.ts).
// The last test holds it against storable.ts: nobody reads what he could not have stored.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ageSeconds, reuseRefusal, untilNextAge } from '../../src/rfc/reuse.ts';
import { storable } from '../../src/rfc/storable.ts';
import type { StorePolicy } from '../../src/rfc/storable.ts';
import { NO_STALE } from '../../src/rfc/stale.ts';

const ttlVetoFields = ['cookie', 'x-api-key', 'authorization'];
const rfc = { authorization: 'rfc', ttlVetoFields, isPrivate: false } as const;

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

  it('S8 answers each identity from its own responses, whatever credentials it brings', () => {
    const closed = { ttlOnly: true, authorizationAllowed: false };
    const headers = { authorization: 'Bearer x', cookie: 'a=b', 'x-api-key': 'k' };
    expect(reuseRefusal(headers, closed, { ...rfc, isPrivate: true })).toBeUndefined();
  });

  it('names the first field of the veto list that the request has', () => {
    const byTtl = { ttlOnly: true, authorizationAllowed: true };
    const headers = { 'x-api-key': 'k', cookie: 'a=b' };
    expect(reuseRefusal(headers, byTtl, rfc)).toBe('cookie');
    const turned = { ...rfc, ttlVetoFields: ['x-api-key', 'cookie'] };
    expect(reuseRefusal(headers, byTtl, turned)).toBe('credentials');
    expect(reuseRefusal(headers, byTtl, { ...rfc, ttlVetoFields: [] })).toBeUndefined();
  });

  it('U1 gives the age in whole seconds, never negative, never above 2^31', () => {
    expect(ageSeconds({ bornAt: 1000 }, 3999)).toBe(2);
    expect(ageSeconds({ bornAt: 5000 }, 1000)).toBe(0);
    expect(ageSeconds({ bornAt: -1e20 }, 0)).toBe(2_147_483_648);
  });

  it('U1 says until when an Age holds', () => {
    expect(untilNextAge({ bornAt: 1000 }, 3999)).toBe(4000);
    expect(untilNextAge({ bornAt: 1000 }, 4000)).toBe(5000);
    const moment = fc.integer({ min: 0, max: 1e12 });
    fc.assert(
      fc.property(moment, fc.integer({ min: 0, max: 1e9 }), (bornAt, age) => {
        const now = bornAt + age;
        const until = untilNextAge({ bornAt }, now);
        expect(ageSeconds({ bornAt }, until - 1)).toBe(ageSeconds({ bornAt }, now));
        expect(ageSeconds({ bornAt }, until)).toBe(ageSeconds({ bornAt }, now) + 1);
      }),
    );
  });

  it('U1 lets an Age of 0 hold for a second at most before the entry is born', () => {
    expect(untilNextAge({ bornAt: 5000 }, 1000)).toBe(2000);
  });

  it('S8 reads with a request exactly what that request could have stored', () => {
    const credentials = fc.subarray(['cookie', 'authorization', 'x-api-key', 'accept']);
    const cacheControl = fc.constantFrom(
      undefined,
      'max-age=9',
      'max-age=9, public',
      'public',
      's-maxage=9',
      'no-cache',
      'no-cache, must-revalidate',
    );
    const authorization = fc.constantFrom('rfc' as const, 'share' as const, 'bypass' as const);
    fc.assert(
      fc.property(
        credentials,
        cacheControl,
        authorization,
        fc.boolean(),
        (names, directive, mode, isPrivate) => {
          const policy: StorePolicy = {
            ttl: { exact: new Map([[200, 1000]]), classes: [] },
            ttlMode: 'fallback',
            heuristic: undefined,
            targets: [],
            stale: NO_STALE,
            keep: 1000,
            storesErrors: false,
            storePartial: false,
            isPrivate,
            requestDirectives: 'safe',
            authorization: mode,
            setCookie: 'refuse',
            types: undefined,
            ttlVetoFields,
            vary: { add: [], ignore: [], normalize: new Map() },
          };
          const headers = Object.fromEntries(names.map((name) => [name, 'x']));
          const fields = { 'cache-control': directive, etag: '"a"' };
          const response = { status: 200, headers: fields, receivedAt: 0 };
          const anonymous = storable(
            { method: 'GET', headers: {}, startedAt: 0 },
            response,
            policy,
          );
          const own = storable({ method: 'GET', headers, startedAt: 0 }, response, policy);
          if (!anonymous.store) throw new Error('expected the anonymous response to be stored');
          const refusal = reuseRefusal(headers, anonymous, policy);
          expect(own.store ? undefined : own.reason).toBe(refusal);
        },
      ),
    );
  });
});
