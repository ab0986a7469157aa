// How a stored response is validated, and what becomes of it (RFC 9111 3.2, 4.3): the table's rows of topic validation.
// The usual course: a response that is fresh for 10 s, a second request after 20.
import { expect } from 'vitest';
import { requirementsOf } from './support/requirement.ts';
import type { Resource, Stage } from './support/stage.ts';
import type { FieldLines, Reply } from './support/origin.ts';

const requirement = requirementsOf('validation');
const SHORT = { 'cache-control': 'max-age=10' };
const ETAG = { ...SHORT, etag: '"a"' };

/** A stale response: stored, and 20 s old; the next requests get what follows. */
async function stale(stage: Stage, headers: FieldLines, ...next: Reply[]): Promise<Resource> {
  const page = stage.resource().responds({ headers, body: 'stored' }, ...next);
  await page.get();
  stage.pass(20);
  return page;
}

function notModified(headers: FieldLines = {}): Reply {
  return { status: 304, headers };
}

requirement('9111-4.3.1-a', async (stage) => {
  for (const etag of ['"a"', 'W/"a"', '"a,b"', '""', '"\xe9"']) {
    const page = await stale(stage, { ...SHORT, etag }, notModified({ etag }));
    await page.get();
    expect(page.received[1]?.headers['if-none-match']).toBe(etag);
  }
});

requirement('9111-4.3.1-b', async (stage) => {
  const modified = stage.date(-1000);
  const page = await stale(stage, { ...SHORT, 'last-modified': modified }, notModified());
  await page.get();
  expect(page.received[1]?.headers['if-modified-since']).toBe(modified);
});

requirement('9111-4.3.1-c', async (stage) => {
  const modified = stage.date(-1000);
  const page = await stale(stage, { ...ETAG, 'last-modified': modified }, notModified());
  await page.get();
  expect(page.received[1]?.headers).toMatchObject({
    'if-none-match': '"a"',
    'if-modified-since': modified,
  });
});

requirement('9111-4.3.1-d', async (stage) => {
  const page = stage
    .resource()
    .responds({ headers: { ...ETAG, vary: 'x-a, accept-language' } }, notModified({ etag: '"a"' }));
  const headers = { 'x-a': '1', 'accept-language': 'de', 'x-other': '2' };
  await page.get(headers);
  stage.pass(20);
  await page.get(headers);
  expect(page.received[1]).toMatchObject({ method: 'GET', url: page.url, headers });
});

requirement('9111-4.3.1-e', async (stage) => {
  const page = await stale(stage, ETAG, notModified({ etag: '"a"' }));
  await page.get({ 'if-none-match': '"zzz"', 'if-modified-since': stage.date() });
  expect(page.received[1]?.headers['if-none-match']).toContain('"a"');
  expect(page.received[1]?.headers['if-modified-since']).toBeUndefined();
});

requirement('9111-4.3.3-a', async (stage) => {
  const page = await stale(stage, { ...ETAG, 'x-a': '1' }, notModified({ etag: '"a"' }));
  const answer = await page.get();
  expect(answer).toMatchObject({ status: 200, body: 'stored', headers: { 'x-a': '1' } });
  expect(answer.headers['content-length'] ?? '6').toBe('6');
  expect(page.runs).toBe(2);
});

requirement('9111-4.3.3-b', async (stage) => {
  const page = await stale(stage, ETAG, notModified({ etag: '"a"' }));
  const answer = await page.get({ 'if-none-match': '"zzz"' });
  expect(answer).toMatchObject({ status: 200, body: 'stored' });
});

requirement('9111-4.3.3-c', async (stage) => {
  const page = await stale(stage, ETAG, notModified({ etag: '"a"' }));
  const answer = await page.get({ 'if-none-match': '"zzz", "a"' });
  expect(answer).toMatchObject({ status: 304, body: '', headers: { etag: '"a"' } });
});

requirement('9111-4.3.3-d', async (stage) => {
  const page = await stale(stage, ETAG, { headers: { ...ETAG, etag: '"b"' }, body: 'new' });
  expect(await page.get()).toMatchObject({ status: 200, body: 'new', headers: { etag: '"b"' } });
  expect((await page.get()).body).toBe('new');
  expect(page.runs).toBe(2);
});

requirement('9111-4.3.3-e', async (stage) => {
  const page = await stale(
    stage,
    ETAG,
    { status: 503, body: 'down' },
    notModified({ etag: '"a"', ...SHORT }),
  );
  expect(await page.get()).toMatchObject({ status: 503, body: 'down' });
  expect(await page.get()).toMatchObject({ status: 200, body: 'stored' });
  expect(page.received[2]?.headers['if-none-match']).toBe('"a"');
});

requirement('9111-4.3.3-f', async (stage) => {
  for (const status of [404, 410]) {
    const page = await stale(stage, ETAG, { status, headers: SHORT, body: 'gone' });
    expect(await page.get()).toMatchObject({ status, body: 'gone' });
    expect(await page.get()).toMatchObject({ status, body: 'gone' });
    expect(page.runs).toBe(2);
  }
});

requirement('9111-4.3.4-a', async (stage) => {
  const page = stage
    .resource()
    .responds({ headers: ETAG, body: 'stored' }, () =>
      notModified({ etag: '"a"', 'cache-control': 'max-age=100', date: stage.date() }),
    );
  await page.get();
  stage.pass(20);
  expect((await page.get()).headers['age'] ?? '0').toBe('0');
  stage.pass(99);
  expect(await page.get()).toMatchObject({ status: 200, body: 'stored', headers: { age: '99' } });
  expect(page.runs).toBe(2);
  stage.pass(2);
  await page.get();
  expect(page.runs).toBe(3);
});

requirement('9111-4.3.4-b', async (stage) => {
  const page = await stale(stage, ETAG, notModified({ etag: '"zzz"', 'x-new': '1' }), {
    headers: { ...ETAG, etag: '"zzz"' },
    body: 'new',
  });
  expect(await page.get()).toMatchObject({ status: 200, body: 'new', headers: { etag: '"zzz"' } });
  expect(page.received[2]?.headers['if-none-match']).toBeUndefined();
  expect((await page.get()).headers['x-new']).toBeUndefined();
  expect(page.runs).toBe(3);
});

requirement('9111-4.3.4-c', async (stage) => {
  const page = await stale(
    stage,
    { ...SHORT, etag: 'W/"a"' },
    notModified({ etag: 'W/"a"', ...SHORT, 'x-new': '1' }),
  );
  expect(await page.get()).toMatchObject({
    status: 200,
    body: 'stored',
    headers: { 'x-new': '1' },
  });
  await page.get();
  expect(page.runs).toBe(2);
});

requirement('9111-4.3.4-d', async (stage) => {
  const page = await stale(stage, ETAG, notModified({ ...SHORT, 'x-new': '1' }));
  expect(await page.get()).toMatchObject({
    status: 200,
    body: 'stored',
    headers: { 'x-new': '1' },
  });
  expect((await page.get()).headers['x-new']).toBe('1');
  expect(page.runs).toBe(2);
});

requirement('9111-4.3.4-e', async (stage) => {
  const modified = { 'last-modified': stage.date(-1000) };
  const page = await stale(
    stage,
    { ...SHORT, ...modified },
    notModified({ ...SHORT, ...modified, 'x-new': '1' }),
  );
  expect(await page.get()).toMatchObject({
    status: 200,
    body: 'stored',
    headers: { 'x-new': '1' },
  });
  await page.get();
  expect(page.runs).toBe(2);
});

requirement('9111-3.2-a', async (stage) => {
  const page = await stale(
    stage,
    { ...ETAG, 'x-kept': 'old', 'x-changed': ['old', 'older'], expires: stage.date(10) },
    notModified({ ...ETAG, 'x-changed': 'new', 'x-new': ['1', '2'], expires: stage.date(3600) }),
  );
  const expires = stage.date(3600 - 20);
  for (const answer of [await page.get(), await page.get()]) {
    expect(answer.headers).toMatchObject({
      'x-kept': 'old',
      'x-changed': 'new',
      'x-new': '1, 2',
      etag: '"a"',
      expires,
    });
  }
  expect(page.runs).toBe(2);
});

requirement('9111-3.2-b', async (stage) => {
  const old = {
    'content-type': 'text/plain',
    'content-language': 'de',
    'content-security-policy': "default-src 'none'",
    'x-content-foo': 'old',
  };
  const next = {
    'content-type': 'text/plain;charset=utf-8',
    'content-language': 'fr',
    'content-security-policy': "default-src 'self'",
    'x-content-foo': 'new',
  };
  const page = await stale(stage, { ...ETAG, ...old }, notModified({ ...ETAG, ...next }));
  expect((await page.get()).headers).toMatchObject(next);
  expect((await page.get()).headers).toMatchObject(next);
  expect(page.runs).toBe(2);
});

requirement('9111-3.2-c', async (stage) => {
  const page = await stale(
    stage,
    ETAG,
    notModified({
      ...ETAG,
      'content-length': '99',
      'content-encoding': 'br',
      'content-range': 'bytes 0-1/99',
    }),
  );
  for (const { status, body, headers } of [await page.get(), await page.get()]) {
    expect([status, body]).toEqual([200, 'stored']);
    expect([headers['content-encoding'], headers['content-range']]).toEqual([undefined, undefined]);
    expect(headers['content-length'] ?? '6').toBe('6');
  }
  expect(page.runs).toBe(2);
});

requirement('9111-3.2-d', async (stage) => {
  const page = await stale(
    stage,
    ETAG,
    notModified({
      ...ETAG,
      connection: 'x-listed',
      'x-listed': '1',
      'proxy-authenticate': 'Basic',
      'x-kept': '2',
    }),
  );
  for (const { headers } of [await page.get(), await page.get()]) {
    expect([headers['x-listed'], headers['proxy-authenticate'], headers['x-kept']]).toEqual([
      undefined,
      undefined,
      '2',
    ]);
  }
});

requirement('9111-3.2-e', async (stage) => {
  const page = await stale(
    stage,
    ETAG,
    notModified({ ...ETAG, 'set-cookie': 'a=1' }),
    notModified(ETAG),
  );
  await page.get();
  expect(await page.get()).toMatchObject({ status: 200, body: 'stored' });
  expect((await page.get()).headers['set-cookie']).toBeUndefined();
});

requirement('9111-5.2.2.4-b', async (stage) => {
  const headers = { 'cache-control': 'no-cache', etag: '"a"' };
  const page = stage.resource().responds({ headers, body: 'stored' }, notModified(headers));
  await page.get();
  for (const run of [2, 3]) {
    expect(await page.get()).toMatchObject({ status: 200, body: 'stored' });
    expect(page.runs).toBe(run);
    expect(page.received[run - 1]?.headers['if-none-match']).toBe('"a"');
  }
});

requirement('9111-5.2.2.4-c', async (stage) => {
  const page = stage.resource().responds({ headers: { 'cache-control': 'no-cache' } });
  expect((await page.get()).body).toBe('body 1');
  expect((await page.get()).body).toBe('body 2');
  expect((await page.get()).body).toBe('body 3');
});

requirement('9111-5.2.2.4-d', async (stage) => {
  for (const value of ['no-cache, max-age=3600', 's-maxage=3600, no-cache', 'public, no-cache']) {
    const headers = { 'cache-control': value, expires: stage.date(3600), etag: '"a"' };
    const page = stage.resource().responds({ headers }, notModified(headers));
    await page.get();
    expect(await page.get()).toMatchObject({ status: 200, body: 'body 1' });
    expect([value, page.runs]).toEqual([value, 2]);
  }
});
