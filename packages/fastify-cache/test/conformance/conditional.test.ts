// Conditions of clients against what is stored (RFC 9110 13, 15.4.5; RFC 9111 4.3.2): the table's rows of topic conditional.
import { expect } from 'vitest';
import { requirementsOf } from './support/requirement.ts';
import type { Resource, Stage } from './support/stage.ts';
import type { FieldLines } from './support/origin.ts';

const requirement = requirementsOf('conditional');
const FRESH = { 'cache-control': 'max-age=3600' };
const MODIFIED = 'Tue, 14 Nov 2023 12:00:00 GMT';

async function stored(stage: Stage, headers: FieldLines, status = 200): Promise<Resource> {
  const page = stage.resource().responds({ status, headers: { ...FRESH, ...headers } });
  await page.get();
  return page;
}

/** The status of the answer to each value of a field; the origin is not asked. */
async function statuses(
  page: Resource,
  field: string,
  values: (string | string[])[],
): Promise<Map<string | string[], number>> {
  const found = new Map<string | string[], number>();
  for (const value of values) found.set(value, (await page.get({ [field]: value })).status);
  expect(page.runs).toBe(1);
  return found;
}

function each(values: (string | string[])[], status: number): Map<string | string[], number> {
  return new Map(values.map((value) => [value, status]));
}

requirement('9110-13.1.2-a', async (stage) => {
  const page = await stored(stage, { etag: '"a"' });
  const values = [
    '"a"',
    '"x", "a"',
    '"a", "x"',
    '"x","a","y"',
    ', "a" ,',
    '"b,c", "a"',
    ['"x"', '"a"'],
  ];
  expect(await statuses(page, 'if-none-match', values)).toEqual(each(values, 304));
});

requirement('9110-13.1.2-b', async (stage) => {
  const strong = await stored(stage, { etag: '"a"' });
  expect((await strong.get({ 'if-none-match': 'W/"a"' })).status).toBe(304);
  const weak = await stored(stage, { etag: 'W/"a"' });
  const values = ['"a"', 'W/"a"', '"x", W/"a"'];
  expect(await statuses(weak, 'if-none-match', values)).toEqual(each(values, 304));
});

requirement('9110-13.1.2-c', async (stage) => {
  const page = await stored(stage, { etag: '"a"' });
  const values = ['"b"', '"A"', '"a', 'a', 'w/"a"', 'W/a', '"x", a', '"a"x', '""', '"*"', "'a'"];
  expect(await statuses(page, 'if-none-match', values)).toEqual(each(values, 200));
});

requirement('9110-13.1.2-d', async (stage) => {
  const page = await stored(stage, { etag: '"a"' });
  expect((await page.get({ 'if-none-match': '*' })).status).toBe(304);
  expect(page.runs).toBe(1);
});

requirement('9110-13.1.2-e', async (stage) => {
  const page = await stored(stage, { etag: '"a"' });
  expect(await page.head({ 'if-none-match': '"a"' })).toMatchObject({ status: 304, body: '' });
  expect((await page.head({ 'if-none-match': '"b"' })).status).toBe(200);
  expect(page.runs).toBe(1);
});

requirement('9110-13.1.3-a', async (stage) => {
  const page = await stored(stage, { 'last-modified': MODIFIED });
  const same = [
    MODIFIED,
    'Tuesday, 14-Nov-23 12:00:00 GMT',
    'Tue Nov 14 12:00:00 2023',
    'Tue, 14 Nov 2023 12:00:01 GMT',
    'tue, 14 nov 2023 12:00:00 gmt',
  ];
  expect(await statuses(page, 'if-modified-since', same)).toEqual(each(same, 304));
  const earlier = [
    'Tue, 14 Nov 2023 11:59:59 GMT',
    'Tuesday, 14-Nov-23 11:59:59 GMT',
    'Tue Nov 14 11:59:59 2023',
    'Thu, 01 Jan 1970 00:00:00 GMT',
  ];
  expect(await statuses(page, 'if-modified-since', earlier)).toEqual(each(earlier, 200));
});

requirement('9110-13.1.3-b', async (stage) => {
  const page = await stored(stage, { 'last-modified': MODIFIED });
  const bad = [
    'foo',
    '',
    '0',
    '1700000000',
    MODIFIED.replace('GMT', 'UTC'),
    `${MODIFIED}, ${MODIFIED}`,
  ];
  expect(await statuses(page, 'if-modified-since', bad)).toEqual(each(bad, 200));
});

requirement('9111-4.3.2-a', async (stage) => {
  const page = await stored(stage, { date: stage.date(-10) });
  const values = [stage.date(-10), stage.date()];
  expect(await statuses(page, 'if-modified-since', values)).toEqual(each(values, 304));
  expect((await page.get({ 'if-modified-since': stage.date(-11) })).status).toBe(200);
});

requirement('9110-13.2.2-a', async (stage) => {
  const page = await stored(stage, { etag: '"a"', 'last-modified': MODIFIED });
  const [match, none] = ['"a"', '"b"'];
  const [since, before] = [MODIFIED, 'Thu, 01 Jan 1970 00:00:00 GMT'];
  for (const [etag, date, status] of [
    [match, before, 304],
    [none, since, 200],
    [match, since, 304],
    [none, before, 200],
  ] as const) {
    const answer = await page.get({ 'if-none-match': etag, 'if-modified-since': date });
    expect([etag, date, answer.status]).toEqual([etag, date, status]);
  }
  expect(page.runs).toBe(1);
});

requirement('9110-13.2.1-a', async (stage) => {
  for (const status of [301, 404, 410, 500]) {
    const page = await stored(stage, { etag: '"a"', 'last-modified': MODIFIED }, status);
    expect((await page.get({ 'if-none-match': '"a"' })).status).toBe(status);
    expect((await page.get({ 'if-modified-since': stage.date() })).status).toBe(status);
    expect(page.runs).toBe(1);
  }
});

requirement('9110-15.4.5-a', async (stage) => {
  const headers = {
    'cache-control': 'max-age=3600',
    'content-location': '/other',
    date: stage.date(-5),
    etag: '"a"',
    expires: stage.date(3600),
    vary: 'x-a',
  };
  const page = await stored(stage, headers);
  const answer = await page.get({ 'if-none-match': '"a"' });
  expect(answer.status).toBe(304);
  expect(answer.headers).toMatchObject(headers);
});

requirement('9110-15.4.5-b', async (stage) => {
  const page = await stored(stage, {
    etag: '"a"',
    'content-type': 'text/plain',
    'content-language': 'de',
  });
  const { status, headers, body } = await page.get({ 'if-none-match': '"a"' });
  expect([status, body]).toEqual([304, '']);
  for (const name of ['content-type', 'content-language', 'content-length', 'content-encoding']) {
    expect([name, headers[name]]).toEqual([name, undefined]);
  }
});

requirement('9110-13.1.1-a', async (stage) => {
  const page = stage
    .resource()
    .responds({ headers: { ...FRESH, etag: '"a"' } }, { status: 412, body: 'no' });
  await page.get();
  const match = { 'if-match': '"zzz"' };
  expect(await page.get(match)).toMatchObject({ status: 412, body: 'no' });
  expect(page.received[1]?.headers).toMatchObject(match);
  const unmodified = { 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' };
  expect((await page.get(unmodified)).status).toBe(412);
  expect(page.received[2]?.headers).toMatchObject(unmodified);
});

requirement('9111-4.3.2-b', async (stage) => {
  const page = stage
    .resource()
    .responds(({ headers }) =>
      headers['if-none-match'] === '"a"'
        ? { status: 304, headers: { etag: '"a"' } }
        : { headers: { ...FRESH, etag: '"a"' } },
    );
  expect(await page.get({ 'if-none-match': '"a"' })).toMatchObject({ status: 304, body: '' });
  expect(await page.get()).toMatchObject({ status: 200, body: 'body 1' });
  expect(page.runs).toBe(1);
});

requirement(
  '9111-4.3.2-c',
  async (stage) => {
    const page = stage.resource().responds({ status: 304, headers: { etag: '"a"' } });
    const headers = { 'if-none-match': '"a"' };
    expect(await page.get(headers)).toMatchObject({ status: 304, body: '' });
    expect(page.received[0]?.headers).toMatchObject(headers);
    page.responds({ headers: { ...FRESH, etag: '"b"' } });
    expect(await page.get(headers)).toMatchObject({ status: 200, body: 'body 1' });
    expect(page.runs).toBe(1);
  },
  { options: { conditionalMiss: 'forward' } },
);
