// What clients are told about keeping a response (src/answer/client-control.ts), in the place of what it is stored by.
// That stored fields are left as they are, and answers carry no Age then, is shown by the plugin's tests.
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { toldFields } from '../../src/answer/client-control.ts';
import type { RoutePolicy } from '../../src/options/policy.ts';
import type { StoredField } from '../../src/rfc/stored-headers.ts';

type Told = NonNullable<RoutePolicy['clientCacheControl']>;

const born = Date.UTC(2026, 0, 1);
const now = born + 20_000;
const facts = {
  status: 200,
  key: '1|http|https|a.example|/products?a=1',
  lifetimeMs: 60_000,
  bornAt: born,
};
const fields: readonly StoredField[] = [
  ['cache-control', 'max-age=60'],
  ['content-type', 'text/plain'],
  ['expires', 'Thu, 01 Jan 2026 00:01:00 GMT'],
  ['date', 'Thu, 01 Jan 2026 00:00:00 GMT'],
  ['etag', '"a"'],
  ['set-cookie', ['a=b', 'c=d']],
];

function cacheControl(told: Told, more: Partial<typeof facts> = {}): unknown {
  return new Map(toldFields(fields, told, { ...facts, ...more }, now)).get('cache-control');
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('what clients are told', () => {
  it('stands in the place of Cache-Control and Expires, with a Date of now', () => {
    expect(toldFields(fields, 'max-age=5', facts, now)).toEqual([
      ['content-type', 'text/plain'],
      ['etag', '"a"'],
      ['set-cookie', ['a=b', 'c=d']],
      ['date', 'Thu, 01 Jan 2026 00:00:20 GMT'],
      ['cache-control', 'max-age=5'],
    ]);
  });

  it('is said also where the response has none of these', () => {
    expect(toldFields([], 'no-cache', facts, now).map(([name]) => name)).toEqual([
      'date',
      'cache-control',
    ]);
  });

  it('leaves the stored fields as they are', () => {
    const before = structuredClone(fields);
    toldFields(fields, 'max-age=5', facts, now);
    expect(fields).toEqual(before);
  });

  it('is what a function makes of the response', () => {
    const told = vi.fn((_: object) => 'max-age=40');
    expect(cacheControl(told, { status: 404 })).toBe('max-age=40');
    expect(told).toHaveBeenCalledExactlyOnceWith({
      status: 404,
      ttl: 40_000,
      lifetime: 60_000,
      url: '/products?a=1',
    });
  });

  it('says by a negative ttl for how long the response is stale', () => {
    expect(cacheControl(({ ttl }) => String(ttl), { bornAt: born - 50_000 })).toBe('-10000');
  });

  it.each([
    ['1|http|https|a.example|/', '/'],
    ['1|http|https|a.example|/a|b?c|d', '/a|b?c|d'],
    ['1|http|http|a.example:8080|/a\nGET /a\naccept=3:*/*;', '/a'],
    ['1|http|http|a.example|/a|b\nGET /|c', '/a|b'],
  ])('is told of the key %j that the url is %j', (key, url) => {
    expect(cacheControl((response) => response.url, { key })).toBe(url);
  });

  it.each([[undefined], [null], [60], [['max-age=5']], [{}], ['max-age=5\r\nx: y'], ['\u20ac']])(
    'is no-store where a function gives %j',
    (value) => {
      expect(cacheControl((() => value) as unknown as Told)).toBe('no-store');
    },
  );

  it('is no-store where a function throws, with a warning', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    for (const thrown of [new Error('broken'), 'broken', undefined]) {
      const told = (): string => {
        throw thrown as Error;
      };
      expect(cacheControl(told)).toBe('no-store');
    }
    expect(warn).toHaveBeenCalled();
  });
});

describe('a function that fails', () => {
  it('warns with its code, which an Error given to emitWarning would lose', async () => {
    const warned = once(process, 'warning');
    cacheControl(() => {
      throw new Error('broken');
    });
    const [warning] = (await warned) as [NodeJS.ErrnoException];
    expect(warning.code).toBe('CATZ_WARN_FASTIFY_CACHE_CLIENT_CONTROL');
  });

  it('observes a promise that a function gives: its rejection would end the process', async () => {
    const promise = Promise.reject(new Error('broken'));
    const then = vi.spyOn(promise, 'then');
    expect(cacheControl((() => promise) as unknown as Told)).toBe('no-store');
    const observed = then.mock.calls.length;
    await promise.catch(() => undefined);
    expect(observed).toBeGreaterThan(0);
  });

  it('is no-store where a function gives an empty text, which no option may be either', () => {
    expect(cacheControl(() => '')).toBe('no-store');
    expect(cacheControl(() => ' ')).toBe('no-store');
  });
});
