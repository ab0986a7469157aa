// How long a response is fresh, and how old it is (src/rfc/freshness.ts), RFC 9111 4.2.
// What is stored of it, and what a stale one is good for, are storable.test.ts and use.test.ts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatHttpDate } from '@catzilla/http';
import type { Fields } from '@catzilla/http';
import {
  bornAt,
  dateOf,
  lifetimeOf,
  maxLifetime,
  parseAge,
  ttlOf,
} from '../../src/rfc/freshness.ts';
import type { Lifetime, LifetimeFacts, TtlTable } from '../../src/rfc/freshness.ts';
import { parseCacheControl } from '../../src/rfc/parse-cache-control.ts';

const now = Date.UTC(2026, 0, 1);
const date = (offset: number): string => formatHttpDate(now + offset * 1000);
const table: TtlTable = {
  exact: new Map([
    [200, 5000],
    [404, 0],
  ]),
  classes: [undefined, undefined, undefined, undefined, 9000],
};

function lifetime(headers: Fields, more: Partial<LifetimeFacts> = {}): Lifetime | undefined {
  return lifetimeOf({
    status: 200,
    headers,
    cacheControl: parseCacheControl(headers['cache-control']),
    isTargeted: false,
    receivedAt: now,
    ttl: undefined,
    ttlMode: 'fallback',
    heuristic: undefined,
    ...more,
  });
}

describe('freshness', () => {
  it('F1 takes s-maxage before max-age before Expires, also when the first is shorter', () => {
    const headers = {
      'cache-control': 'max-age=60, s-maxage=30',
      date: date(0),
      expires: date(90),
    };
    expect(lifetime(headers)).toMatchObject({ source: 's-maxage', ms: 30_000 });
    expect(lifetime({ ...headers, 'cache-control': 'max-age=60' })).toMatchObject({
      source: 'max-age',
      ms: 60_000,
    });
    expect(lifetime({ ...headers, 'cache-control': 'public' })).toMatchObject({
      source: 'expires',
      ms: 90_000,
    });
  });

  it('F1 ignores Expires, even an invalid one, beside max-age', () => {
    expect(lifetime({ 'cache-control': 'max-age=5', expires: '0' })?.ms).toBe(5000);
  });

  it('F1 counts Expires from Date, and from the time of receipt without a valid one', () => {
    expect(lifetime({ expires: date(60), date: date(-20) })?.ms).toBe(80_000);
    expect(lifetime({ expires: date(60) })?.ms).toBe(60_000);
    expect(lifetime({ expires: date(60), date: 'yesterday' })?.ms).toBe(60_000);
  });

  it('F1 takes an invalid, a past or a repeated Expires for stale', () => {
    expect(lifetime({ expires: '0' })).toMatchObject({ source: 'expires', ms: 0 });
    expect(lifetime({ expires: date(-5), date: date(0) })?.ms).toBe(0);
    expect(lifetime({ expires: [date(60), date(60)] })?.ms).toBe(0);
    expect(lifetime({ expires: `${date(60)}, ${date(60)}` })?.ms).toBe(0);
  });

  it('C1 ignores Expires beside a targeted field, though that gives no lifetime', () => {
    const more = { isTargeted: true };
    expect(lifetime({ expires: date(60) }, more)).toBeUndefined();
    expect(lifetime({ expires: '0' }, { ...more, ttl: table })?.source).toBe('ttl');
    expect(lifetime({ 'cache-control': 'max-age=5' }, more)?.ms).toBe(5000);
  });

  it('F1 clamps far dates', () => {
    expect(lifetime({ expires: 'Fri, 31 Dec 9999 23:59:59 GMT' })?.ms).toBe(maxLifetime);
  });

  it('uses a ttl where the response says nothing, not where it says something invalid', () => {
    expect(lifetime({}, { ttl: table })).toEqual({ ms: 5000, source: 'ttl', ownMs: undefined });
    expect(lifetime({ 'cache-control': 'max-age=x' }, { ttl: table })?.ms).toBe(0);
    expect(lifetime({}, { ttl: table, status: 302 })).toBeUndefined();
    expect(lifetime({})).toBeUndefined();
  });

  it('puts a ttl first under override, where it holds the status', () => {
    const more: Partial<LifetimeFacts> = { ttl: table, ttlMode: 'override' };
    const headers = { 'cache-control': 'max-age=60' };
    expect(lifetime(headers, more)).toEqual({ ms: 5000, source: 'ttl', ownMs: 60_000 });
    expect(lifetime(headers, { ...more, status: 500 })?.source).toBe('max-age');
    expect(
      lifetime({}, { ...more, ttl: { exact: new Map([[200, Infinity]]), classes: [] } })?.ms,
    ).toBe(maxLifetime);
  });

  it('finds the ttl of a status before that of its class', () => {
    expect(ttlOf(table, 404)).toBe(0);
    expect(ttlOf(table, 410)).toBe(9000);
    expect(ttlOf(table, 500)).toBeUndefined();
    expect(ttlOf(undefined, 200)).toBeUndefined();
  });

  it.each([
    ['60', 60],
    ['060', 60],
    ['60, 7200', 60],
    [['60', '7200'], 60],
    [' 60 ', 60],
    [60, 60],
    ['99999999999', 2_147_483_648],
    ['-1', undefined],
    ['1.5', undefined],
    ['a', undefined],
    ['"60"', undefined],
    ['', undefined],
    [undefined, undefined],
    [[], undefined],
  ])('P5 reads the Age %j as %j', (value, seconds) => {
    expect(parseAge(value)).toBe(seconds);
  });

  it('F2 takes the greater of apparent age and Age plus response delay', () => {
    const base = { startedAt: now - 2000, receivedAt: now, date: undefined, age: undefined };
    expect(now - bornAt(base)).toBe(2000);
    expect(now - bornAt({ ...base, date: now - 10_000 })).toBe(10_000);
    expect(now - bornAt({ ...base, age: 30 })).toBe(32_000);
    expect(now - bornAt({ ...base, age: 3, date: now - 10_000 })).toBe(10_000);
  });

  it('F2 gains no youth from a Date in the future or a clock set back', () => {
    const base = { startedAt: now, receivedAt: now, date: now + 60_000, age: undefined };
    expect(bornAt(base)).toBe(now);
    expect(bornAt({ ...base, startedAt: now + 5000, age: 7 })).toBe(now - 7000);
  });

  it('F1 takes a repeated Date for none', () => {
    expect(dateOf({ date: date(0) }, now)).toBe(now);
    expect(dateOf({ date: [date(0), date(0)] }, now)).toBeUndefined();
    expect(dateOf({}, now)).toBeUndefined();
  });
});

describe('heuristic freshness', () => {
  const heuristic = { fraction: 0.1, max: 86_400_000 };
  const modified = { 'last-modified': date(-1000), date: date(0) };
  // RFC 9110 15.1 and RFC 9111 3.3: without 206, which is a part.
  const byDefault = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501];

  it.each(byDefault)('F3 gives status %d a tenth of the time since its last change', (status) => {
    expect(lifetime(modified, { heuristic, status })).toEqual({
      ms: 100_000,
      source: 'heuristic',
      ownMs: undefined,
    });
  });

  it('F3 gives every other status a lifetime only with public', () => {
    for (let status = 200; status < 600; status++) {
      if (byDefault.includes(status)) continue;
      expect(lifetime(modified, { heuristic, status }), String(status)).toBeUndefined();
      const headers = { ...modified, 'cache-control': 'public' };
      expect(lifetime(headers, { heuristic, status })?.ms).toBe(100_000);
    }
  });

  it('F3 gives none unless it is asked for', () => {
    expect(lifetime(modified)).toBeUndefined();
    expect(lifetime({ ...modified, 'cache-control': 'public' })).toBeUndefined();
  });

  it('F3 takes the fraction it is given, in whole ms, and no more than the maximum', () => {
    const ms = (fraction: number, max: number): number | undefined =>
      lifetime(modified, { heuristic: { fraction, max } })?.ms;
    expect(ms(0.5, Infinity)).toBe(500_000);
    expect(ms(0.000_001_6, Infinity)).toBe(1);
    expect(ms(0.1, 100_000)).toBe(100_000);
    expect(ms(0.1, 99_999)).toBe(99_999);
  });

  it.each<[string, Fields]>([
    ['no Last-Modified', {}],
    ['one that is no date', { 'last-modified': 'yesterday' }],
    ['two lines of it', { 'last-modified': [date(-1000), date(-1000)] }],
    ['two dates in a line', { 'last-modified': `${date(-1000)}, ${date(-1000)}` }],
  ])('F3 gives none to a response with %s', (_, headers) => {
    expect(lifetime({ date: date(0), ...headers }, { heuristic })).toBeUndefined();
  });

  it('F3 counts from Date, from the time of receipt without a valid one, and from neither backwards', () => {
    const ms = (headers: Fields): number | undefined => lifetime(headers, { heuristic })?.ms;
    const last = { 'last-modified': date(-1000) };
    expect(ms({ ...last, date: date(-500) })).toBe(50_000);
    expect(ms({ ...last, date: 'today' })).toBe(100_000);
    expect(ms(last)).toBe(100_000);
    expect(ms({ 'last-modified': date(60) })).toBe(0);
    expect(ms({ ...last, date: date(-2000) })).toBe(0);
  });

  it.each<[string, Fields]>([
    ['max-age', { 'cache-control': 'max-age=5' }],
    ['s-maxage', { 'cache-control': 's-maxage=5' }],
    ['a max-age that cannot be read', { 'cache-control': 'max-age=x' }],
    ['Expires', { expires: date(5) }],
    ['an Expires that cannot be read', { expires: '0' }],
  ])('F3 never takes the place of %s', (_, headers) => {
    const more = { ...modified, ...headers };
    expect(lifetime(more, { heuristic })).toEqual(lifetime(more));
    expect(lifetime(more, { heuristic })).toBeDefined();
  });

  it('F3 comes after a ttl, and for the statuses that the ttl does not hold', () => {
    expect(lifetime(modified, { heuristic, ttl: table })?.source).toBe('ttl');
    expect(lifetime(modified, { heuristic, ttl: table, status: 501 })?.source).toBe('heuristic');
    const override = { heuristic, ttl: table, ttlMode: 'override' as const };
    expect(lifetime(modified, override)?.ms).toBe(5000);
  });

  it('F3 is never negative, and never above its fraction or its maximum, whatever the dates', () => {
    const seconds = fc.integer({ min: -1_000_000, max: 1_000_000 });
    const share = fc.double({ min: 0.001, max: 0.5, noNaN: true });
    fc.assert(
      fc.property(seconds, seconds, share, fc.nat(), (last, sent, fraction, max) => {
        const headers = { 'last-modified': date(last), date: date(sent) };
        const ms = lifetime(headers, { heuristic: { fraction, max } })?.ms;
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(Math.min(Math.max(0, sent - last) * 1000 * fraction, max));
      }),
    );
  });
});

describe('lifetimes and ages', () => {
  it('never throw, never pass 2^31 s, and take nothing unreadable for youth', () => {
    const value = fc.oneof(fc.string(), fc.array(fc.string()), fc.constant(date(-10)));
    const names = fc.constantFrom('cache-control', 'expires', 'date', 'age', 'last-modified');
    const heuristic = { fraction: 0.5, max: maxLifetime };
    fc.assert(
      fc.property(fc.dictionary(names, value), fc.nat(), (headers, waited) => {
        const found = lifetime(headers, { heuristic });
        if (found !== undefined) {
          expect(found.ms).toBeGreaterThanOrEqual(0);
          expect(found.ms).toBeLessThanOrEqual(maxLifetime);
        }
        const age = parseAge(headers['age']);
        const startedAt = now - waited;
        const facts = { startedAt, receivedAt: now, date: dateOf(headers, now), age };
        expect(bornAt(facts)).toBeLessThanOrEqual(startedAt);
      }),
    );
  });
});
