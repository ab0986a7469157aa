import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addConstant } from '../../src/constant/add-constant.ts';
import { isNotModified } from '../../src/constant/conditional.ts';
import { chooseCoding } from '../../src/constant/encoding.ts';
import { makeApp } from './apps.ts';

const TEXT = 'The quick brown fox jumps over the lazy dog. '.repeat(40);
const CODINGS = [undefined, 'gzip', 'br'];
const GZIP = 1;
const BR = 2;

test('each client gets the smallest form that it accepts, with a tag of its own', async () => {
  const app = makeApp();
  addConstant(app, '/x', { body: TEXT, headers: { vary: 'origin' } }, { compress: true });
  const ask = (accepted?: string) =>
    app.inject({
      url: '/x',
      headers: accepted === undefined ? {} : { 'accept-encoding': accepted },
    });
  const [plain, gzip, br] = [await ask(), await ask('gzip'), await ask('gzip, deflate, br, zstd')];
  expect(plain.body).toBe(TEXT);
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(gunzipSync(gzip.rawPayload).toString()).toBe(TEXT);
  expect(gzip.headers['content-encoding']).toBe('gzip');
  expect(brotliDecompressSync(br.rawPayload).toString()).toBe(TEXT);
  expect(br.headers['content-encoding']).toBe('br');
  for (const { headers, rawPayload } of [plain, gzip, br]) {
    expect(headers['vary']).toBe('origin, accept-encoding');
    expect(headers['content-length']).toBe(String(rawPayload.length));
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
  }
  const tags = [plain, gzip, br].map(({ headers }) => headers['etag']);
  expect(new Set(tags).size).toBe(3);
  // The field that came last is remembered; it must not answer for another one.
  expect((await ask()).headers['etag']).toBe(tags[0]);
  expect((await ask('gzip')).headers['etag']).toBe(tags[1]);
});

test('a 304 is about the form that would have been sent', async () => {
  const app = makeApp();
  addConstant(app, '/x', { body: TEXT, etag: '"v1"' }, { compress: true });
  const ask = (accepted: string, tag: string) =>
    app.inject({ url: '/x', headers: { 'accept-encoding': accepted, 'if-none-match': tag } });
  const answer = await ask('gzip', '"v1-gzip"');
  expect(answer.statusCode).toBe(304);
  expect(answer.headers).toMatchObject({ etag: '"v1-gzip"', vary: 'accept-encoding' });
  expect(answer.headers['content-encoding']).toBeUndefined();
  expect((await ask('gzip', '"v1"')).statusCode).toBe(200);
  expect((await ask('br', '"v1-br"')).statusCode).toBe(304);
  expect((await ask('identity', '"v1"')).statusCode).toBe(304);
});

test('what gets no smaller has one form, and nothing varies', async () => {
  const app = makeApp();
  addConstant(app, '/x', 'ok', { compress: true });
  addConstant(app, '/none', { body: null }, { compress: true });
  for (const url of ['/x', '/none']) {
    const { headers } = await app.inject({ url, headers: { 'accept-encoding': 'br' } });
    expect(headers['vary']).toBeUndefined();
    expect(headers['content-encoding']).toBeUndefined();
  }
});

test('a Vary of everything stays one of everything', async () => {
  const app = makeApp();
  addConstant(app, '/x', { body: TEXT, headers: { vary: '*' } }, { compress: true });
  expect((await app.inject('/x')).headers['vary']).toBe('*');
});

describe('Accept-Encoding (RFC 9110 12.5.3)', () => {
  test.each([
    [undefined, 0],
    ['', 0],
    ['gzip', GZIP],
    ['GZIP', GZIP],
    ['x-gzip', GZIP],
    ['br', BR],
    ['gzip, br', BR],
    ['br;q=0.5, gzip', GZIP],
    ['br;q=0.5, gzip;q=0.5', BR],
    ['br; q=0, gzip ;q=0.001', GZIP],
    ['br;q=0, gzip;q=0', 0],
    ['deflate', 0],
    ['*', BR],
    ['*;q=0', 0],
    ['*, br;q=0', GZIP],
    ['gzip;q=0.5, *;q=0.1', GZIP],
    ['gzip;q=0.5, identity', 0],
    ['identity;q=0.5, gzip;q=0.5', GZIP],
    ['identity;q=0, gzip;q=0.1', GZIP],
    ['identity;q=0', 0],
    ['gzip;q=2', 0],
    ['br, gzip;q=2', 0],
    ['gzip;level=9', 0],
    [',, gzip ,', GZIP],
  ])('%s', (field, index) => {
    expect(chooseCoding(field, CODINGS)).toBe(index);
  });

  test('a coding is chosen only where it is named or anything is welcome', () => {
    const member = fc.tuple(
      fc.constantFrom('gzip', 'br', 'identity', '*', 'deflate'),
      fc.constantFrom('', ';q=0', ';q=0.3', ';q=1', '; q=0.0', ';q=x'),
    );
    fc.assert(
      fc.property(fc.array(member), (members) => {
        const index = chooseCoding(members.map((parts) => parts.join('')).join(', '), CODINGS);
        const isAccepted = members.some(
          ([name, q]) => (name === CODINGS[index] || name === '*') && !/0$|x/.test(q),
        );
        return index === 0 || isAccepted;
      }),
      { seed: 20_260_301, numRuns: 500 },
    );
  });
});

test('no field makes the judging of conditions throw, and the own tag is found in any list', () => {
  const etag = '"v1"';
  const noise = fc.array(fc.constantFrom('"a"', 'W/"b"', '"c,d"', '""'));
  fc.assert(
    fc.property(fc.string(), noise, noise, fc.boolean(), (text, before, after, isWeak) => {
      isNotModified(
        { 'if-none-match': text, 'if-modified-since': text },
        { etag, lastModified: 1 },
      );
      isNotModified({ 'if-modified-since': text }, { etag, lastModified: 1 });
      const list = [...before, isWeak ? `W/${etag}` : etag, ...after].join(' , ');
      const without = [...before, ...after].join(',');
      const validators = { etag, lastModified: undefined };
      return (
        isNotModified({ 'if-none-match': list }, validators) &&
        !isNotModified({ 'if-none-match': without }, validators)
      );
    }),
    { seed: 20_260_301, numRuns: 500 },
  );
});
