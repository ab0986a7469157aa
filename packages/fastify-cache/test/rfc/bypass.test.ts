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
    [{ range: 'bytes=0-1' }, 'range'],
    [{ 'if-match': '*' }, 'precondition'],
    [{ 'if-unmodified-since': 'x' }, 'precondition'],
  ])('V4 sends %j to the handler: %s', (headers, detail) => {
    expect(requestBypass('GET', headers, policy)).toEqual({ fwd: 'bypass', detail });
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
