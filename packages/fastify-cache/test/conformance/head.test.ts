// HEAD against what GETs have stored (RFC 9110 9.3.2; RFC 9111 4.3.5): the table's rows of topic head.
import { expect } from 'vitest';
import { requirementsOf } from './support/requirement.ts';

const requirement = requirementsOf('head');
const FRESH = { 'cache-control': 'max-age=3600' };
const LENGTH = { 'content-length': '6' };

requirement('9110-9.3.2-a', async (stage) => {
  const page = stage.resource().responds({ headers: { ...FRESH, etag: '"a"' } });
  await page.get();
  stage.pass(5);
  expect(await page.head()).toMatchObject({ status: 200, body: '', headers: { age: '5' } });
  expect(page.runs).toBe(1);
});

requirement('9110-9.3.2-b', async (stage) => {
  const page = stage.resource().responds({ headers: FRESH });
  expect((await page.head()).status).toBe(200);
  expect(page.received[0]?.method).toBe('HEAD');
  expect(await page.get()).toMatchObject({ status: 200, body: 'body 2' });
  expect(page.received[1]?.method).toBe('GET');
});

requirement('9110-9.3.2-c', async (stage) => {
  const fields = { ...FRESH, etag: '"a"', 'content-type': 'text/plain', vary: 'x-a', 'x-b': '1' };
  const page = stage.resource().responds({ headers: fields });
  await page.get();
  const [get, head] = [await page.get(), await page.head()];
  const { connection: _, 'keep-alive': __, ...same } = get.headers;
  expect(head.headers).toMatchObject({ ...same, ...LENGTH });
  expect(page.runs).toBe(1);
});

requirement('9111-4.3.5-a', async (stage) => {
  const page = stage
    .resource()
    .responds({ headers: { 'cache-control': 'max-age=10', etag: '"a"', 'x-kept': 'old' } }, () => ({
      headers: { ...FRESH, ...LENGTH, etag: '"a"', 'x-new': '1', date: stage.date() },
    }));
  await page.get();
  stage.pass(20);
  await page.head();
  expect(page.received[1]?.method).toBe('HEAD');
  const answer = await page.get();
  expect(answer).toMatchObject({ status: 200, body: 'body 1' });
  expect(answer.headers).toMatchObject({ ...FRESH, 'x-new': '1', 'x-kept': 'old', age: '0' });
  expect(page.runs).toBe(2);
});

requirement(
  '9111-4.3.5-b',
  async (stage) => {
    for (const [label, changed] of Object.entries({
      ETag: { etag: '"b"', ...LENGTH },
      'Content-Length': { etag: '"a"', 'content-length': '7' },
    })) {
      const page = stage
        .resource()
        .responds(
          { headers: { ...FRESH, etag: '"a"' } },
          { headers: { ...FRESH, ...changed } },
          { headers: { ...FRESH, etag: '"b"' }, body: 'new' },
        );
      await page.get();
      await page.head({ 'cache-control': 'no-cache' });
      expect([label, page.received[1]?.method]).toEqual([label, 'HEAD']);
      expect([label, (await page.get()).body]).toEqual([label, 'new']);
    }
  },
  { options: { requestDirectives: 'full' } },
);
