// The quick way to 'no-freshness' (src/rfc/silent-replies.ts), held against storable(): whatever it calls silent is refused
// there by that word. What it leaves to storable() it may leave: that replies of everyday are not among them is tested too.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fields } from '@catzilla/http';
import { SilentReplies } from '../../src/rfc/silent-replies.ts';
import type { StorePolicy } from '../../src/rfc/storable.ts';
import { keeping, reason, strict, withTtl } from '../support/storable.ts';

const everyday: Fields = {
  'content-type': 'application/json; charset=utf-8',
  'content-security-policy': "default-src 'self'",
  vary: 'Origin, Accept-Encoding',
  etag: '"a"',
  'x-request-id': '1',
  'content-length': 12,
};

function isSilent(
  headers: Fields,
  more: { policy?: StorePolicy; request?: Fields; method?: string; status?: number } = {},
): boolean {
  const { policy = strict, request = {}, method = 'GET', status = 200 } = more;
  return new SilentReplies(policy).has(method, request, status, headers, undefined);
}

/** A field, as a name and one of its values: those that mean something to caches, and others. */
const field: fc.Arbitrary<readonly [string, string | number | string[]]> = fc.oneof(
  fc.tuple(
    fc.constantFrom('cache-control', 'catzilla-cache-control', 'cdn-cache-control'),
    fc.constantFrom('', 'public', 'max-age=60', 'no-cache', 'private', 'no-store', 'x="'),
  ),
  fc.tuple(fc.constant('vary'), fc.constantFrom('*', 'Origin', 'a, *', '', ' * ')),
  fc.tuple(
    fc.constant('content-type'),
    fc.constantFrom('text/html', 'text/event-stream', 'Multipart/X-Mixed-Replace; boundary=x', ''),
  ),
  fc.tuple(fc.constant('content-encoding'), fc.constantFrom('gzip', 'secret', '')),
  fc.tuple(
    fc.constantFrom('expires', 'date', 'last-modified'),
    fc.constantFrom('Thu, 01 Jan 2026 00:00:00 GMT', 'Fri, 01 Jan 2027 00:00:00 GMT', '0'),
  ),
  fc.tuple(fc.constant('set-cookie'), fc.constantFrom<string | string[]>('a=b', ['a=b'], [])),
  fc.tuple(
    fc.constantFrom('trailer', 'age', 'etag', 'x-a', 'surrogate-key', 'cache-groups', 'bad name'),
    fc.constantFrom<string | number>('"a"', 'b\r\nc', 'ü', 'Ā', 7, ''),
  ),
);
const headersOf = fc.array(field, { maxLength: 6 }).map((fields) => Object.fromEntries(fields));

const policyOf: fc.Arbitrary<StorePolicy> = fc.constantFrom(
  strict,
  keeping,
  withTtl,
  { ...strict, heuristic: { fraction: 0.1, max: 1000 } },
  { ...strict, types: ['text/html'] },
  { ...strict, isPrivate: true },
  { ...strict, targets: [] },
  { ...strict, targets: ['x-a'] },
  { ...strict, setCookie: 'store' as const },
  { ...strict, requestDirectives: 'ignore' as const },
  { ...strict, storePartial: true },
  { ...strict, vary: { ...strict.vary, ignore: ['*'] } },
);

const caseOf = fc.record({
  policy: policyOf,
  request: fc.constantFrom<Fields>(
    {},
    { authorization: 'a' },
    { cookie: 'a' },
    { 'cache-control': 'no-store' },
  ),
  method: fc.constantFrom('GET', 'HEAD'),
  status: fc.constantFrom(200, 204, 206, 302, 304, 404, 500, 199, 600, 200.5),
});

describe('silent replies', () => {
  it('are what storable() refuses for want of freshness alone', () => {
    let silent = 0;
    fc.assert(
      fc.property(headersOf, caseOf, (headers, more) => {
        if (!isSilent(headers, more)) return;
        silent++;
        expect(reason(headers, more)).toBe('no-freshness');
      }),
      { numRuns: 5000, seed: 8 },
    );
    expect(silent).toBeGreaterThan(100);
  });

  it('are known whatever was remembered of others', () => {
    fc.assert(
      fc.property(fc.array(headersOf, { minLength: 2, maxLength: 8 }), policyOf, (all, policy) => {
        const replies = new SilentReplies(policy);
        for (const headers of all) {
          const isKnown = replies.has('GET', {}, 200, headers, undefined);
          expect(isKnown).toBe(isSilent(headers, { policy }));
        }
      }),
      { numRuns: 1000, seed: 9 },
    );
  });

  it('are those of everyday, by whatever status', () => {
    for (const status of [200, 201, 301, 404, 500])
      expect(isSilent(everyday, { status })).toBe(true);
    expect(isSilent({})).toBe(true);
  });

  it('are those of a status that no ttl names', () => {
    expect(isSilent(everyday, { policy: withTtl })).toBe(false);
    expect(isSilent(everyday, { policy: withTtl, status: 404 })).toBe(true);
  });

  it.each<[string, Fields]>([
    ['a directive', { 'cache-control': 'max-age=60' }],
    ['a directive of ours', { 'catzilla-cache-control': 'max-age=60' }],
    ['Expires', { expires: 'Fri, 01 Jan 2027 00:00:00 GMT' }],
    ['a cookie', { 'set-cookie': 'a=b' }],
    ['a list, which may change in place', { 'x-a': ['b'] }],
    ['a value that cannot be written', { 'x-a': 'b\r\nc' }],
    ['Vary: *', { vary: 'Origin, *' }],
    ['a body without an end', { 'content-type': 'text/event-stream' }],
  ])('are none with %s, also behind fields that are known', (_, speaking) => {
    const replies = new SilentReplies(strict);
    expect(replies.has('GET', {}, 200, everyday, undefined)).toBe(true);
    expect(replies.has('GET', {}, 200, { ...everyday, ...speaking }, undefined)).toBe(false);
    expect(replies.has('GET', {}, 200, everyday, speaking)).toBe(false);
    expect(replies.has('GET', {}, 200, everyday, undefined)).toBe(true);
  });

  it('may have more fields and longer ones than are remembered', () => {
    const replies = new SilentReplies(strict);
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`x-${at}`, 'a']));
    const long: Fields = { 'x-long': 'a'.repeat(2000), 'x-after': 'b' };
    for (let round = 0; round < 2; round++) {
      expect(replies.has('GET', {}, 200, many, undefined)).toBe(true);
      expect(replies.has('GET', {}, 200, { ...many, 'x-199': 'a\n' }, undefined)).toBe(false);
      expect(replies.has('GET', {}, 200, long, undefined)).toBe(true);
      expect(replies.has('GET', {}, 200, { ...long, 'x-long': '\n' }, undefined)).toBe(false);
    }
  });
});
