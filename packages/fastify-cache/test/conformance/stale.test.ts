// When a stale response may be used, and when never (RFC 9111 4.2.4, 5.2.2; RFC 5861): the table's rows of topic stale.
import { expect } from 'vitest';
import { requirementsOf } from './support/requirement.ts';
import type { Resource, Stage } from './support/stage.ts';
import type { Reply } from './support/origin.ts';

const requirement = requirementsOf('stale');
const FAILURES: readonly Reply[] = [
  { status: 500, body: 'error' },
  { status: 502, body: 'error' },
  { status: 503, body: 'error' },
  { status: 504, body: 'error' },
  { fails: 'before' },
];

/** A response stored with these directives, so many seconds ago; then the origin answers with `next`. */
async function stored(
  stage: Stage,
  cacheControl: string,
  age: number,
  ...next: Reply[]
): Promise<Resource> {
  const headers = { 'cache-control': cacheControl, etag: '"a"' };
  const page = stage.resource().responds({ headers, body: 'stored' }, ...next);
  await page.get();
  stage.pass(age);
  return page;
}

/** Each failure of the origin reaches the client as an error, and never what is stored. */
async function expectErrors(stage: Stage, cacheControl: string, age = 20): Promise<void> {
  for (const failure of FAILURES) {
    const page = await stored(stage, cacheControl, age, failure);
    const { status, body } = await page.get();
    expect([cacheControl, failure, status >= 500, body]).not.toContain('stored');
    expect(status).toBeGreaterThanOrEqual(500);
    expect(page.runs).toBeGreaterThan(1);
  }
}

requirement('9111-4.2.4-a', async (stage) => {
  const page = await stored(stage, 'max-age=10', 20, { body: 'new' });
  expect((await page.get()).body).toBe('new');
  await expectErrors(stage, 'max-age=10');
});

requirement('9111-4.2.4-b', async (stage) => {
  const page = stage.resource().responds({ fails: 'before' });
  expect((await page.get()).status).toBeGreaterThanOrEqual(500);
  const stale = await stored(stage, 'max-age=10', 20, { fails: 'before' });
  expect((await stale.get()).status).toBeGreaterThanOrEqual(500);
});

const PERMITTED = 'stale-if-error=3600, stale-while-revalidate=3600';

requirement('9111-5.2.2.2-a', async (stage) => {
  await expectErrors(stage, `max-age=10, must-revalidate, ${PERMITTED}`);
});

requirement('9111-5.2.2.8-a', async (stage) => {
  await expectErrors(stage, `max-age=10, proxy-revalidate, ${PERMITTED}`);
});

requirement('9111-5.2.2.10-a', async (stage) => {
  await expectErrors(stage, `s-maxage=10, ${PERMITTED}`);
});

requirement('9111-5.2.2.4-e', async (stage) => {
  await expectErrors(stage, `no-cache, max-age=3600, ${PERMITTED}`, 1);
  await expectErrors(stage, `no-cache, ${PERMITTED}`, 1);
});

requirement('5861-3-a', async (stage) => {
  const page = await stored(stage, 'max-age=10, stale-while-revalidate=60', 20, { body: 'new' });
  expect(await page.get()).toMatchObject({ status: 200, body: 'stored' });
  await page.reaches(2);
  expect(page.runs).toBe(2);
  const late = await stored(stage, 'max-age=10, stale-while-revalidate=60', 69, { body: 'new' });
  expect((await late.get()).body).toBe('stored');
});

requirement('5861-3-b', async (stage) => {
  for (const age of [70, 71, 1000]) {
    const page = await stored(stage, 'max-age=10, stale-while-revalidate=60', age, { body: 'new' });
    expect([age, (await page.get()).body]).toEqual([age, 'new']);
  }
  const zero = await stored(stage, 'max-age=10, stale-while-revalidate=0', 10, { body: 'new' });
  expect((await zero.get()).body).toBe('new');
});

requirement('5861-3-c', async (stage) => {
  const cacheControl = 'max-age=10, stale-while-revalidate=60';
  const full = await stored(stage, cacheControl, 20, {
    headers: { 'cache-control': cacheControl, etag: '"b"' },
    body: 'new',
  });
  await full.get();
  await full.reaches(2);
  expect((await full.get()).body).toBe('new');
  expect(full.runs).toBe(2);
  const same = await stored(stage, cacheControl, 20, {
    status: 304,
    headers: { 'cache-control': cacheControl, etag: '"a"', 'x-new': '1' },
  });
  await same.get();
  await same.reaches(2);
  expect(await same.get()).toMatchObject({
    status: 200,
    body: 'stored',
    headers: { 'x-new': '1' },
  });
  expect(same.runs).toBe(2);
});

requirement(
  '5861-3-d',
  async (stage) => {
    const page = await stored(stage, 'max-age=10', 69, { body: 'new' });
    expect((await page.get()).body).toBe('stored');
    const late = await stored(stage, 'max-age=10', 70, { body: 'new' });
    expect((await late.get()).body).toBe('new');
    const forbidden = await stored(stage, 'max-age=10, must-revalidate', 20, { body: 'new' });
    expect((await forbidden.get()).body).toBe('new');
  },
  { options: { staleWhileRevalidate: 60_000 } },
);

requirement('5861-4-a', async (stage) => {
  for (const failure of FAILURES) {
    for (const age of [20, 69]) {
      const page = await stored(stage, 'max-age=10, stale-if-error=60', age, failure);
      const { status, body } = await page.get();
      expect([failure, age, status, body]).toEqual([failure, age, 200, 'stored']);
      expect(page.runs).toBeGreaterThan(1);
    }
  }
});

requirement('5861-4-b', async (stage) => {
  await expectErrors(stage, 'max-age=10, stale-if-error=60', 70);
  await expectErrors(stage, 'max-age=10, stale-if-error=0', 10);
});

requirement('5861-4-c', async (stage) => {
  for (const status of [400, 403, 404, 410, 429, 501, 505]) {
    const page = await stored(stage, 'max-age=10, stale-if-error=60', 20, {
      status,
      body: 'other',
    });
    expect(await page.get()).toMatchObject({ status, body: 'other' });
  }
});

requirement(
  '5861-4-d',
  async (stage) => {
    for (const failure of FAILURES) {
      const page = await stored(stage, 'max-age=10', 69, failure);
      expect(await page.get()).toMatchObject({ status: 200, body: 'stored' });
    }
    await expectErrors(stage, 'max-age=10', 70);
    await expectErrors(stage, 'max-age=10, must-revalidate', 20);
  },
  { options: { staleIfError: 60_000 } },
);

requirement('9111-4.2.4-c', async (stage) => {
  const page = await stored(stage, 'max-age=10, stale-while-revalidate=60', 20, { body: 'new' });
  expect((await page.get()).headers['age']).toBe('20');
  const other = await stored(stage, 'max-age=10, stale-if-error=60', 30, { status: 503 });
  expect((await other.get()).headers['age']).toBe('30');
});
