// When a stale response may be used (src/rfc/stale.ts): what forbids it, and whose windows count.
// What is made of the windows at a moment is use.test.ts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxLifetime } from '../../src/rfc/freshness.ts';
import { parseCacheControl } from '../../src/rfc/parse-cache-control.ts';
import { forbidsStale, NO_STALE, staleWindows } from '../../src/rfc/stale.ts';
import type { StaleWindows } from '../../src/rfc/stale.ts';

const policy: StaleWindows = { revalidate: 10_000, error: 20_000, overload: 30_000 };
const windows = (text: string): StaleWindows => staleWindows(parseCacheControl(text), policy);

describe('stale responses', () => {
  it.each([
    'must-revalidate',
    'proxy-revalidate',
    's-maxage=60',
    's-maxage=0',
    's-maxage=x',
    'no-cache',
  ])('T1 are forbidden by %s, whatever the response says besides', (directive) => {
    expect(forbidsStale(parseCacheControl(directive))).toBe(true);
    const text = `max-age=60, stale-while-revalidate=5, ${directive}, stale-if-error=5`;
    expect(windows(text)).toEqual({ revalidate: 0, error: 0, overload: 0 });
  });

  it.each([
    '',
    'max-age=60',
    'public',
    'no-cache="x-a"',
    'immutable',
    'must-understand',
    'private',
  ])('T1 are not forbidden by %j', (text) => {
    expect(forbidsStale(parseCacheControl(text))).toBe(false);
  });

  it('T1 have no permission by themselves', () => {
    expect(staleWindows(parseCacheControl('max-age=60'), NO_STALE)).toEqual(NO_STALE);
    expect(NO_STALE).toEqual({ revalidate: 0, error: 0, overload: 0 });
    expect(Object.isFrozen(NO_STALE)).toBe(true);
  });

  it.each<[string, Partial<StaleWindows>]>([
    ['', {}],
    ['stale-while-revalidate=5', { revalidate: 5000 }],
    ['stale-if-error=5', { error: 5000 }],
    ['stale-while-revalidate=5, stale-if-error=6', { revalidate: 5000, error: 6000 }],
    ['stale-while-revalidate=0', { revalidate: 0 }],
    ['stale-if-error=0', { error: 0 }],
    ['stale-while-revalidate=x', { revalidate: 0 }],
    ['stale-if-error', { error: 0 }],
    ['stale-if-error=9, stale-if-error=5', { error: 5000 }],
    ['stale-while-revalidate=99999', { revalidate: 99_999_000 }],
  ])('T2 take the windows of %j before those of the policy', (text, own) => {
    expect(windows(text)).toEqual({ ...policy, ...own });
  });

  it('T2 have no window above 2^31 s', () => {
    expect(windows('stale-while-revalidate=99999999999').revalidate).toBe(maxLifetime);
    const parsed = { ...parseCacheControl(undefined), staleIfError: Infinity };
    expect(staleWindows(parsed, policy).error).toBe(maxLifetime);
  });

  it('T1 stay forbidden under any other directives', () => {
    const directive = fc.constantFrom(
      'public',
      'max-age=9',
      'stale-while-revalidate=9',
      'stale-if-error=9',
      'no-cache="a"',
      'immutable',
    );
    const prohibition = fc.constantFrom(
      'must-revalidate',
      'PROXY-REVALIDATE',
      'S-Maxage',
      'no-cache=""',
    );
    fc.assert(
      fc.property(fc.array(directive), prohibition, fc.array(directive), (before, veto, after) => {
        expect(windows([...before, veto, ...after].join(', '))).toEqual(NO_STALE);
      }),
    );
  });
});
