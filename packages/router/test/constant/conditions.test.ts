// Conditional requests to constant routes: 304 by If-None-Match and If-Modified-Since (RFC 9110 13.2.2).
import { describe, expect, test } from 'vitest';
import { addConstant } from '../../src/constant/add-constant.ts';
import { makeApp } from './apps.ts';

const SINCE = new Date('2026-03-01T12:00:00.700Z');

describe('conditions', () => {
  const tag = '"v1"';

  test.each([
    ['If-None-Match', '"v1"', 304],
    ['If-None-Match', 'W/"v1"', 304],
    ['If-None-Match', '"v0", W/"v1"', 304],
    ['If-None-Match', ' , "v0",\t"v1" ', 304],
    ['If-None-Match', '"a,b", "v1"', 304],
    ['If-None-Match', '*', 304],
    ['If-None-Match', '"v2"', 200],
    ['If-None-Match', 'v1', 200],
    ['If-None-Match', '"v1"x', 200],
    ['If-None-Match', '"v0" "v1"', 200],
    ['If-None-Match', 'w/"v1"', 200],
    ['If-None-Match', '', 200],
    ['If-Modified-Since', 'Sun, 01 Mar 2026 12:00:00 GMT', 304],
    ['If-Modified-Since', 'Sun, 01 Mar 2026 12:00:01 GMT', 304],
    ['If-Modified-Since', 'Sunday, 01-Mar-26 12:00:00 GMT', 304],
    ['If-Modified-Since', 'Sun Mar  1 12:00:00 2026', 304],
    ['If-Modified-Since', 'Sun, 01 Mar 2026 11:59:59 GMT', 200],
    ['If-Modified-Since', 'Sun Mar  1 11:59:59 2026', 200],
    ['If-Modified-Since', '2026-03-02T12:00:00Z', 200],
    ['If-Modified-Since', 'Sun, 01 Mar 2026 32:00:00 GMT', 200],
    ['If-Modified-Since', 'tomorrow', 200],
  ])('%s: %s is answered with %i', async (name, value, status) => {
    const app = makeApp();
    addConstant(app, '/x', { body: 'x', etag: tag, lastModified: SINCE });
    const answer = await app.inject({ url: '/x', headers: { [name]: value } });
    expect(answer.statusCode).toBe(status);
  });

  test('If-Modified-Since counts only without If-None-Match', async () => {
    const app = makeApp();
    addConstant(app, '/x', { body: 'x', etag: tag, lastModified: SINCE });
    const headers = { 'if-none-match': '"v2"', 'if-modified-since': SINCE.toUTCString() };
    expect((await app.inject({ url: '/x', headers })).statusCode).toBe(200);
  });

  test('Last-Modified is told in whole seconds, and in a 304 only where there is no tag', async () => {
    const app = makeApp();
    addConstant(app, '/tagged', { body: 'x', lastModified: SINCE });
    addConstant(app, '/dated', { body: 'x', etag: false, lastModified: SINCE });
    const headers = { 'if-modified-since': SINCE.toUTCString() };
    expect((await app.inject('/tagged')).headers['last-modified']).toBe(SINCE.toUTCString());
    const tagged = await app.inject({ url: '/tagged', headers });
    expect(tagged.statusCode).toBe(304);
    expect(tagged.headers['last-modified']).toBeUndefined();
    const dated = await app.inject({ url: '/dated', headers });
    expect(dated.statusCode).toBe(304);
    expect(dated.headers).toMatchObject({ 'last-modified': SINCE.toUTCString() });
    expect(dated.headers['etag']).toBeUndefined();
  });

  test('validators in the headers are what conditions are judged by', async () => {
    const app = makeApp();
    const lastModified = 'Sun, 01 Mar 2026 12:00:00 GMT';
    addConstant(app, '/x', {
      body: 'x',
      headers: { ETag: 'W/"v1"', 'Last-Modified': lastModified },
    });
    const answer = await app.inject('/x');
    expect(answer.headers).toMatchObject({ etag: 'W/"v1"', 'last-modified': lastModified });
    const headers = { 'if-none-match': tag };
    expect((await app.inject({ url: '/x', headers })).statusCode).toBe(304);
    const since = { 'if-modified-since': lastModified };
    expect((await app.inject({ url: '/x', headers: since })).statusCode).toBe(304);
  });

  test('a date without Last-Modified and a tag without ETag match nothing', async () => {
    const app = makeApp();
    addConstant(app, '/x', { body: 'x', etag: false });
    const ask = (headers: Record<string, string>) => app.inject({ url: '/x', headers });
    expect((await ask({ 'if-modified-since': new Date().toUTCString() })).statusCode).toBe(200);
    expect((await ask({ 'if-none-match': '"x"' })).statusCode).toBe(200);
    expect((await ask({})).headers['etag']).toBeUndefined();
  });

  test.each([
    [301, null, '0'],
    [404, 'not here', '8'],
    [500, '', '0'],
    [204, null, undefined],
    [304, null, undefined],
  ])('%i has no tag and no 304', async (status, body, length) => {
    const app = makeApp();
    addConstant(app, '/x', { status, body, headers: { location: '/y' } });
    const answer = await app.inject({ url: '/x', headers: { 'if-none-match': '*' } });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['etag']).toBeUndefined();
    expect(answer.headers['content-length']).toBe(length);
  });
});
