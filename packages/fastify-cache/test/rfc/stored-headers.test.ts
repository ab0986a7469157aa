// Which fields of a response are kept with it (src/rfc/stored-headers.ts), RFC 9111 3.1.
// Which ones its own directives forbid to keep is storable.test.ts.
import { describe, expect, it } from 'vitest';
import type { Fields } from '@catzilla/http';
import { isRepresentationField, storedFields } from '../../src/rfc/stored-headers.ts';

const receivedAt = Date.UTC(1994, 10, 6, 8, 49, 37, 500);
const date = 'Sun, 06 Nov 1994 08:49:37 GMT';
const keep = (headers: Fields, omit: readonly string[] = [], before?: Fields) =>
  storedFields(headers, { omit, before, receivedAt });

describe('stored fields', () => {
  it('S5 keeps all fields, unknown ones and several lines too, in their order', () => {
    expect(keep({ 'x-unknown': 'a', link: ['b', 'c'], 'content-length': 5, date })).toEqual([
      ['x-unknown', 'a'],
      ['link', ['b', 'c']],
      ['content-length', '5'],
      ['date', date],
    ]);
  });

  it('S5 drops the fields of one connection and those Connection lists', () => {
    const dropped = {
      connection: 'close, X-Hop',
      'x-hop': '1',
      'keep-alive': 'timeout=5',
      'proxy-connection': 'a',
      'proxy-authenticate': 'a',
      'proxy-authentication-info': 'a',
      'proxy-authorization': 'a',
      te: 'a',
      trailer: 'a',
      'transfer-encoding': 'chunked',
      upgrade: 'a',
    };
    expect(keep({ ...dropped, date })).toEqual([['date', date]]);
    expect(keep({ Connection: 'close', Date: date, date }).map(([name]) => name)).not.toContain(
      'connection',
    );
  });

  it('S4 drops the fields it is told to omit', () => {
    expect(keep({ 'set-cookie': ['a'], 'x-a': 'b', date }, ['set-cookie', 'x-a'])).toEqual([
      ['date', date],
    ]);
  });

  it('U1 does not keep Age', () => {
    expect(keep({ age: '5', date })).toEqual([['date', date]]);
  });

  it('S7 records the time of receipt where there is no valid Date', () => {
    expect(keep({})).toEqual([['date', date]]);
    expect(keep({ date: 'today', 'x-a': '1' })).toEqual([
      ['x-a', '1'],
      ['date', date],
    ]);
    const earlier = 'Sun, 06 Nov 1994 08:00:00 GMT';
    expect(keep({ date: earlier })).toEqual([['date', earlier]]);
  });

  it('drops a field of the current request unless the handler changed it', () => {
    const before = {
      'x-request-id': '1',
      'access-control-allow-origin': 'https://a',
      etag: '"a"',
      n: 5,
    };
    const headers = { ...before, 'access-control-allow-origin': '*', n: '5', date };
    expect(keep(headers, [], before)).toEqual([
      ['access-control-allow-origin', '*'],
      ['etag', '"a"'],
      ['date', date],
    ]);
    expect(keep({ link: ['a'], date }, [], { link: ['a', 'b'] })).toContainEqual(['link', ['a']]);
    expect(keep({ link: ['a', 'b'], date }, [], { link: ['a', 'b'] })).toEqual([['date', date]]);
  });

  it('takes a Content-Security-Policy set by a hook for a field of the request: it may hold a nonce', () => {
    const csp = { 'content-security-policy': "script-src 'nonce-a'" };
    expect(keep({ ...csp, date }, [], csp)).toEqual([['date', date]]);
    expect(isRepresentationField('content-security-policy')).toBe(false);
    expect(isRepresentationField('content-type')).toBe(true);
    expect(isRepresentationField('x-request-id')).toBe(false);
  });

  it.each([
    'cdn-cache-control',
    'catzilla-cache-control',
    'any-cache-control',
    'surrogate-control',
    'no-vary-search',
    'cache-groups',
    'cache-tag',
    'surrogate-key',
    'cache-control',
    'vary',
  ])('C1 keeps %s though a hook has set it: it describes what is stored', (name) => {
    const fields = { [name]: 'a' };
    expect(keep({ ...fields, date }, [], fields)).toEqual([
      [name, 'a'],
      ['date', date],
    ]);
    expect(isRepresentationField(name)).toBe(true);
  });

  it('C1 takes no other field for a targeted one', () => {
    expect(isRepresentationField('cache-control-x')).toBe(false);
    expect(isRepresentationField('x-cachecontrol')).toBe(false);
  });

  it('compares lines with those of the request as they are sent', () => {
    expect(keep({ 'x-a': ' 1 ', date }, [], { 'x-a': 1 })).toEqual([['date', date]]);
    expect(keep({ 'x-a': 'A', date }, [], { 'x-a': 'a' })).toContainEqual(['x-a', 'A']);
    expect(keep({ 'x-a': 'a', date }, [], { 'x-b': 'a' })).toContainEqual(['x-a', 'a']);
  });

  it('S5 drops what any line of Connection names, and a field of that name in any case', () => {
    const headers = { connection: ['close', 'x-a , X-B'], 'X-A': '1', 'x-b': '2', 'x-c': '3' };
    expect(keep({ ...headers, date })).toEqual([
      ['x-c', '3'],
      ['date', date],
    ]);
  });

  it('S7 takes a repeated Date for none', () => {
    expect(keep({ date: [date, date] })).toEqual([['date', date]]);
    expect(keep({ date: ['Sun, 06 Nov 1994 08:00:00 GMT', date] })).toEqual([['date', date]]);
  });

  it('leaves out absent fields', () => {
    expect(keep({ 'x-a': undefined, date })).toEqual([['date', date]]);
  });
});
