// What requests ask of the cache, and immutable (RFC 9111 5.2.1; RFC 8246): the table's rows of topic directives.
import { expect } from 'vitest';
import { requirementsOf } from './support/requirement.ts';
import type { Resource, Stage } from './support/stage.ts';

const requirement = requirementsOf('directives');
const full = { options: { requestDirectives: 'full' as const } };

/** A response with these directives, stored so many seconds ago. */
async function stored(stage: Stage, cacheControl: string, age: number): Promise<Resource> {
  const page = stage
    .resource()
    .responds({ headers: { 'cache-control': cacheControl, etag: '"a"' } });
  await page.get();
  stage.pass(age);
  return page;
}

/** Whether a request with these directives reaches the origin. */
async function asks(page: Resource, cacheControl: string): Promise<boolean> {
  const { runs } = page;
  await page.get({ 'cache-control': cacheControl });
  return page.runs > runs;
}

requirement('9111-5.2.1-a', async (stage) => {
  const page = await stored(stage, 'max-age=3600', 10);
  for (const value of ['no-cache', 'max-age=0', 'max-age=5', 'min-fresh=9999', 'max-stale']) {
    expect([value, await asks(page, value)]).toEqual([value, false]);
  }
  const old = await stored(stage, 'max-age=10', 20);
  expect(await asks(old, 'max-stale')).toBe(true);
});

requirement(
  '9111-5.2.1.1-a',
  async (stage) => {
    const page = await stored(stage, 'max-age=3600', 10);
    expect([await asks(page, 'max-age=11'), await asks(page, 'max-age=9')]).toEqual([false, true]);
    const again = await stored(stage, 'max-age=3600', 10);
    expect(await asks(again, 'max-age=0')).toBe(true);
  },
  full,
);

requirement(
  '9111-5.2.1.2-a',
  async (stage) => {
    const page = await stored(stage, 'max-age=10', 20);
    expect(await asks(page, 'max-stale=11')).toBe(false);
    expect(await asks(page, 'max-stale')).toBe(false);
    expect(await asks(page, 'max-stale=9')).toBe(true);
    const answer = await (
      await stored(stage, 'max-age=10', 20)
    ).get({ 'cache-control': 'max-stale' });
    expect(answer).toMatchObject({ status: 200, body: 'body 1', headers: { age: '20' } });
  },
  full,
);

requirement(
  '9111-5.2.1.3-a',
  async (stage) => {
    const page = await stored(stage, 'max-age=100', 10);
    expect(await asks(page, 'min-fresh=89')).toBe(false);
    expect(await asks(page, 'min-fresh=91')).toBe(true);
  },
  full,
);

requirement(
  '9111-5.2.1.4-a',
  async (stage) => {
    const page = stage
      .resource()
      .responds(
        { headers: { 'cache-control': 'max-age=3600', etag: '"a"' } },
        { status: 304, headers: { 'cache-control': 'max-age=3600', etag: '"a"' } },
      );
    await page.get();
    const answer = await page.get({ 'cache-control': 'no-cache' });
    expect(answer).toMatchObject({ status: 200, body: 'body 1' });
    expect(page.received[1]?.headers['if-none-match']).toBe('"a"');
    await page.get();
    expect(page.runs).toBe(2);
  },
  full,
);

requirement('9111-5.2.1.7-a', async (stage) => {
  const page = stage.resource().responds({ headers: { 'cache-control': 'max-age=10' } });
  const header = { 'cache-control': 'only-if-cached' };
  expect((await page.get(header)).status).toBe(504);
  expect(page.runs).toBe(0);
  await page.get();
  stage.pass(20);
  expect((await page.get(header)).status).toBe(504);
  expect(page.runs).toBe(1);
  const varying = stage
    .resource()
    .responds({ headers: { 'cache-control': 'max-age=3600', vary: 'x-a' } });
  await varying.get({ 'x-a': '1' });
  expect((await varying.get({ ...header, 'x-a': '2' })).status).toBe(504);
});

requirement('9111-5.2.1.7-b', async (stage) => {
  const page = await stored(stage, 'max-age=3600', 10);
  const answer = await page.get({ 'cache-control': 'only-if-cached' });
  expect(answer).toMatchObject({ status: 200, body: 'body 1' });
  expect(page.runs).toBe(1);
});

requirement(
  '9111-5.2.2.2-b',
  async (stage) => {
    for (const value of [
      'max-age=10, must-revalidate',
      'max-age=10, proxy-revalidate',
      's-maxage=10',
      'max-age=10, no-cache',
    ]) {
      const page = await stored(stage, value, 20);
      expect([value, await asks(page, 'max-stale=3600')]).toEqual([value, true]);
    }
  },
  full,
);

requirement(
  '8246-2-a',
  async (stage) => {
    const page = await stored(stage, 'max-age=3600, immutable', 10);
    expect(await asks(page, 'max-age=0')).toBe(false);
    // What a forced reload sends is a wish that counts.
    expect(await asks(page, 'no-cache')).toBe(true);
    const plain = await stored(stage, 'max-age=3600', 10);
    expect(await asks(plain, 'max-age=0')).toBe(true);
  },
  full,
);

requirement('8246-2-b', async (stage) => {
  const page = await stored(stage, 'max-age=10, immutable', 20);
  await page.get();
  expect(page.runs).toBe(2);
  const without = stage.resource().responds({ headers: { 'cache-control': 'immutable' } });
  await without.get();
  await without.get();
  expect(without.runs).toBe(2);
});

requirement(
  '8246-2-c',
  async (stage) => {
    const page = await stored(stage, 'max-age=3600, immutable=0', 10);
    expect(await asks(page, 'max-age=0')).toBe(false);
  },
  full,
);

requirement(
  '9111-5.2.1-b',
  async (stage) => {
    const page = await stored(stage, 'max-age=3600', 10);
    expect(await asks(page, 'no-cache, max-age=0')).toBe(false);
    const other = stage.resource().responds({ headers: { 'cache-control': 'max-age=3600' } });
    expect((await other.get({ 'cache-control': 'only-if-cached' })).status).toBe(200);
    const kept = stage.resource().responds({ headers: { 'cache-control': 'max-age=3600' } });
    await kept.get({ 'cache-control': 'no-store' });
    await kept.get();
    expect(kept.runs).toBe(1);
  },
  { options: { requestDirectives: 'ignore' } },
);

requirement('9111-5.2.1-c', async (stage) => {
  const page = await stored(stage, 'max-age=3600', 10);
  for (const value of ['foo', 'foo="no-store"', 'stale-if-error=60', 'x=1, y']) {
    expect([value, await asks(page, value)]).toEqual([value, false]);
  }
});
