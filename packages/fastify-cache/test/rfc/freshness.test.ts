import { describe, expect, it } from 'vitest';
import {
  bornAt,
  dateOf,
  lifetimeOf,
  maxLifetime,
  parseAge,
  ttlOf,
} from '../../src/rfc/freshness.ts';
import type { LifetimeFacts, TtlTable } from '../../src/rfc/freshness.ts';
import type { Fields } from '../../src/rfc/fields.ts';
import { formatHttpDate } from '../../src/rfc/http-date.ts';
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

function lifetime(headers: Fields, more: Partial<LifetimeFacts> = {}) {
  return lifetimeOf({
    status: 200,
    headers,
    cacheControl: parseCacheControl(headers['cache-control']),
    receivedAt: now,
    ttl: undefined,
    ttlMode: 'fallback',
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
