// How answers are made of stored responses, and when not (RFC 9111 4, 5.2.2.6; RFC 9110 9.3.3): rows of topic constructing.
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { requirementsOf } from './support/requirement.ts';

const requirement = requirementsOf('constructing');
const FRESH = { 'cache-control': 'max-age=3600' };
const withPost = { options: { methods: ['GET', 'HEAD', 'POST'] as ('GET' | 'HEAD' | 'POST')[] } };

requirement('9111-4-c', async (stage) => {
  const page = stage.resource().responds({ headers: FRESH });
  await page.get();
  for (const [i, method] of ['POST', 'PUT', 'PATCH', 'DELETE', 'M-SEARCH'].entries()) {
    const answer = await page.ask({ method, body: 'x' });
    expect([method, answer.body]).toEqual([method, `body ${i + 2}`]);
  }
  expect(page.received.map(({ method }) => method)).toEqual([
    'GET',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'M-SEARCH',
  ]);
});

requirement(
  '9111-4-d',
  async (stage) => {
    const page = stage.resource().responds(
      () => ({ headers: { ...FRESH, vary: 'x-a', date: stage.date() }, body: 'older' }),
      () => ({ headers: { ...FRESH, vary: 'x-b', date: stage.date() }, body: 'newer' }),
    );
    const headers = { 'x-a': '1', 'x-b': '1' };
    await page.get(headers);
    stage.pass(5);
    await page.get({ ...headers, 'cache-control': 'no-cache' });
    stage.pass(5);
    expect((await page.get(headers)).body).toBe('newer');
    expect(page.runs).toBe(2);
  },
  { options: { requestDirectives: 'full' } },
);

requirement('9111-5.2.2.6-a', async (stage) => {
  const body = 'text '.repeat(2000);
  const headers = { 'cache-control': 'max-age=3600, no-transform', 'content-type': 'text/plain' };
  const page = stage.resource().responds({ headers, body });
  await page.get({ 'accept-encoding': 'gzip' });
  const answer = await page.get({ 'accept-encoding': 'gzip' });
  expect(page.runs).toBe(1);
  expect(answer.headers['content-encoding']).toBeUndefined();
  expect(answer.headers['content-type']).toBe('text/plain');
  expect(answer.body).toBe(body);
});

requirement(
  '9111-5.2.2.6-b',
  async (stage) => {
    const body = gzipSync('text '.repeat(2000));
    const page = stage.resource().responds({
      headers: { ...FRESH, 'content-encoding': 'gzip', vary: 'accept-encoding' },
      body,
    });
    await page.get({ 'accept-encoding': 'gzip' });
    const answer = await page.get({ 'accept-encoding': 'gzip' });
    expect([page.runs, answer.headers['content-encoding']]).toEqual([1, 'gzip']);
    expect(gunzipSync(Buffer.from(answer.body, 'latin1')).toString()).toBe('text '.repeat(2000));
  },
  { only: ['stream', 'proxy'], why: 'the handler of this suite gives text' },
);

requirement(
  '9110-9.3.3-a',
  async (stage) => {
    const page = stage.resource();
    page.responds({ headers: { ...FRESH, 'content-location': page.url } });
    expect((await page.ask({ method: 'POST', body: 'x' })).body).toBe('body 1');
    expect((await page.get()).body).toBe('body 1');
    expect((await page.head()).status).toBe(200);
    expect(page.runs).toBe(1);
  },
  withPost,
);

requirement(
  '9110-9.3.3-b',
  async (stage) => {
    const page = stage.resource();
    page.responds({ headers: { ...FRESH, 'content-location': page.url } });
    await page.ask({ method: 'POST', body: 'x' });
    expect((await page.ask({ method: 'POST', body: 'x' })).body).toBe('body 2');
    // The later one took the place of the first.
    expect((await page.get()).body).toBe('body 2');
    expect(page.runs).toBe(2);
  },
  withPost,
);

requirement(
  '9110-9.3.3-c',
  async (stage) => {
    for (const location of [undefined, '/elsewhere', 'http://other.test/']) {
      const page = stage.resource().responds({
        headers: location === undefined ? FRESH : { ...FRESH, 'content-location': location },
      });
      await page.ask({ method: 'POST', body: 'x' });
      await page.get();
      expect([location, page.runs]).toEqual([location, 2]);
    }
    const page = stage.resource();
    page.responds({ headers: { 'content-location': page.url } });
    await page.ask({ method: 'POST', body: 'x' });
    await page.get();
    expect(page.runs).toBe(2);
  },
  withPost,
);

requirement('9111-4-e', async (stage) => {
  for (const size of [1, 2, 16_383, 16_384, 65_536, 300_000, 600_000]) {
    const body = Buffer.alloc(size, 'abcdefghij').toString('latin1');
    const page = stage.resource().responds({ headers: FRESH, body });
    const [first, next] = [await page.get(), await page.get()];
    expect([size, page.runs, first.body === body, next.body === body]).toEqual([
      size,
      1,
      true,
      true,
    ]);
    expect(next.headers['content-length']).toBe(String(size));
  }
});
