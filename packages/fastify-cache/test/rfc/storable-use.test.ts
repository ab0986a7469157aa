// Of what use a stored response is (src/rfc/storable.ts): to be validated, within its windows, by a heuristic, by a targeted
// field, to one identity. Lifetimes are freshness.test.ts, windows alone stale.test.ts, directives targeted.test.ts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatHttpDate } from '@catzilla/http';
import type { Fields } from '@catzilla/http';
import { OWN_TARGET } from '../../src/rfc/storable.ts';
import type { StorePolicy } from '../../src/rfc/storable.ts';
import { NO_STALE } from '../../src/rfc/stale.ts';
import { storedFields } from '../../src/rfc/stored-headers.ts';
import { freshened } from '../../src/rfc/freshen.ts';
import {
  now,
  strict,
  keeping,
  withTtl,
  judge,
  reason,
  fresh,
  stored,
  etag,
} from '../support/storable.ts';

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
