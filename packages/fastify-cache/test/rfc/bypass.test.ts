// Which requests pass the cache by (src/rfc/bypass.ts), told from the request alone.
// Ranges and conditions of reading do not: the cache answers them itself (range.test.ts, conditional.test.ts).
import { describe, expect, it } from 'vitest';
import { requestBypass } from '../../src/rfc/bypass.ts';
import type { BypassPolicy } from '../../src/rfc/bypass.ts';

const policy: BypassPolicy = { methods: ['GET', 'HEAD'], authorization: 'rfc', cookies: 'auto' };

describe('request bypass', () => {
  it('lets ordinary requests through', () => {
    expect(requestBypass('GET', { accept: '*/*' }, policy)).toBeUndefined();
    expect(requestBypass('HEAD', { cookie: 'a=b', authorization: 'x' }, policy)).toBeUndefined();
    expect(requestBypass('GET', { 'content-length': '0' }, policy)).toBeUndefined();
  });

  it('names the method', () => {
    expect(requestBypass('POST', {}, policy)).toEqual({ fwd: 'method', detail: 'method' });
    expect(requestBypass('HEAD', {}, { ...policy, methods: ['GET'] })?.fwd).toBe('method');
    expect(requestBypass('get', {}, policy)?.fwd).toBe('method');
  });

  it.each([
    [{ 'content-length': '5' }, 'request-body'],
    [{ 'content-length': '' }, 'request-body'],
    [{ 'transfer-encoding': 'chunked' }, 'request-body'],
    [{ upgrade: 'websocket' }, 'upgrade'],
    [{ 'if-match': '*' }, 'precondition'],
    [{ 'if-unmodified-since': 'x' }, 'precondition'],
  ])('V4 sends %j to the handler: %s', (headers, detail) => {
    expect(requestBypass('GET', headers, policy)).toEqual({ fwd: 'bypass', detail });
  });

  it('R1 V4 lets the cache look for ranges, If-Range and conditions of reading', () => {
    for (const headers of [
      { range: 'bytes=0-1' },
      { range: 'bytes=0-1', 'if-range': '"a"' },
      { 'if-none-match': '"a"' },
      { 'if-modified-since': 'x' },
    ]) {
      expect(requestBypass('GET', headers, policy)).toBeUndefined();
    }
  });

  it('says what forbids it first: method, upgrade, body, precondition, credentials', () => {
    const closed: BypassPolicy = { ...policy, authorization: 'bypass', cookies: 'bypass' };
    const fields: [string, string, string][] = [
      ['upgrade', 'h2c', 'upgrade'],
      ['content-length', '1', 'request-body'],
      ['if-match', '*', 'precondition'],
      ['authorization', 'x', 'authorization'],
      ['x-auth-token', 'x', 'credentials'],
      ['cookie', 'a=b', 'cookie'],
    ];
    for (let i = 0; i < fields.length; i++) {
      const headers = Object.fromEntries(fields.slice(i).map(([name, value]) => [name, value]));
      expect(requestBypass('GET', headers, closed)?.detail).toBe(fields[i]![2]);
      expect(requestBypass('PUT', headers, closed)?.detail).toBe('method');
    }
  });

  it('takes a length of 0 for no body', () => {
    expect(requestBypass('GET', { 'content-length': '0' }, policy)).toBeUndefined();
    expect(requestBypass('GET', { 'content-length': 0 }, policy)).toBeUndefined();
    expect(requestBypass('GET', { 'content-length': '00' }, policy)?.detail).toBe('request-body');
  });

  it('sends credentials to the handler where the policy says so', () => {
    const closed: BypassPolicy = { ...policy, authorization: 'bypass', cookies: 'bypass' };
    expect(requestBypass('GET', { authorization: 'x' }, closed)?.detail).toBe('authorization');
    expect(requestBypass('GET', { 'x-api-key': 'x' }, closed)?.detail).toBe('credentials');
    expect(requestBypass('GET', { cookie: 'x' }, closed)?.detail).toBe('cookie');
    expect(requestBypass('GET', {}, closed)).toBeUndefined();
    expect(requestBypass('GET', { 'x-api-key': 'x' }, policy)).toBeUndefined();
  });
});
