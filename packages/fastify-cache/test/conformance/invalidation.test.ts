// What unsafe requests invalidate (RFC 9111 4.4; RFC 9110 9.2.1): the table's rows of topic invalidation.
import { expect } from 'vitest';
import { requirementsOf } from './support/requirement.ts';
import type { Resource, Stage } from './support/stage.ts';
import type { Reply } from './support/origin.ts';

const requirement = requirementsOf('invalidation');
const FRESH = { 'cache-control': 'max-age=3600' };

/** A resource that a GET has stored. */
async function stored(stage: Stage, name?: string): Promise<Resource> {
  const page = stage.resource(name).responds({ headers: FRESH });
  await page.get();
  return page;
}

/** Another URL, whose response to a POST is scripted. */
async function post(stage: Stage, reply: Reply): Promise<void> {
  await stage.resource().responds(reply).ask({ method: 'POST', body: 'x' });
}

/** Whether the next GET reaches the origin. */
async function isGone(page: Resource): Promise<boolean> {
  const { runs } = page;
  await page.get();
  return page.runs > runs;
}

requirement('9111-4.4-a', async (stage) => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'M-SEARCH']) {
    for (const status of [200, 201, 204, 299, 302, 303]) {
      const page = stage.resource().responds({ headers: FRESH }, { status }, { headers: FRESH });
      await page.get();
      await page.ask({ method });
      await page.get();
      expect([method, status, page.runs]).toEqual([method, status, 3]);
    }
  }
});

requirement('9111-4.4-b', async (stage) => {
  for (const method of ['POST', 'PUT', 'DELETE', 'M-SEARCH']) {
    for (const reply of [
      { status: 400 },
      { status: 404 },
      { status: 500 },
      { fails: 'before' },
    ] as Reply[]) {
      const page = stage.resource().responds({ headers: FRESH }, reply);
      await page.get();
      await page.ask({ method });
      expect([method, reply, (await page.get()).body]).toEqual([method, reply, 'body 1']);
    }
  }
});

requirement('9111-4.4-c', async (stage) => {
  for (const field of ['location', 'content-location']) {
    for (const form of ['absolute', 'path', 'relative']) {
      const page = await stored(stage);
      const value = {
        absolute: `http://app.test${page.url}`,
        path: page.url,
        relative: page.url.slice(1),
      };
      await post(stage, { status: 201, headers: { [field]: value[form as keyof typeof value] } });
      expect([field, form, await isGone(page)]).toEqual([field, form, true]);
    }
  }
  const page = await stored(stage, 'with?a=1');
  await post(stage, { status: 201, headers: { location: '/with?a=1' } });
  expect(await isGone(page)).toBe(true);
});

requirement('9111-4.4-d', async (stage) => {
  for (const field of ['location', 'content-location']) {
    for (const origin of [
      'http://other.test',
      'https://app.test',
      'http://app.test:8080',
      '//other.test',
    ]) {
      const page = await stored(stage);
      await post(stage, { status: 201, headers: { [field]: origin + page.url } });
      expect([field, origin, await isGone(page)]).toEqual([field, origin, false]);
    }
  }
});

requirement('9111-4.4-e', async (stage) => {
  for (const method of ['OPTIONS', 'HEAD']) {
    const page = await stored(stage);
    await page.ask({ method });
    expect((await page.get()).body).toBe('body 1');
  }
  const page = await stored(stage);
  await stage
    .resource()
    .responds({ headers: { 'content-location': page.url, location: page.url } })
    .get();
  expect(await isGone(page)).toBe(false);
});

requirement('9111-4.4-f', async (stage) => {
  const page = stage.resource().responds({ headers: { ...FRESH, vary: 'x-a' } });
  for (const value of ['1', '2', '3']) await page.get({ 'x-a': value });
  await page.ask({ method: 'PUT', body: 'x' });
  for (const value of ['1', '2', '3']) await page.get({ 'x-a': value });
  expect(page.runs).toBe(7);
});

requirement('9111-4.4-g', async (stage) => {
  const [plain, one, two] = [
    await stored(stage, 'list'),
    await stored(stage, 'list?page=1'),
    await stored(stage, 'list?page=2'),
  ];
  await one.ask({ method: 'POST', body: 'x' });
  expect([await isGone(plain), await isGone(one), await isGone(two)]).toEqual([false, true, false]);
});

requirement('9111-4.4-h', async (stage) => {
  for (const status of [400, 404, 500, 503]) {
    const page = await stored(stage);
    await post(stage, { status, headers: { location: page.url, 'content-location': page.url } });
    expect([status, await isGone(page)]).toEqual([status, false]);
  }
});

requirement('9111-4.4-i', async (stage) => {
  const page = stage.resource();
  // While the GET is being computed, a POST changes the resource and is done.
  const meanwhile = (): Promise<unknown> => page.ask({ method: 'POST', body: 'x' });
  page.responds(
    { headers: FRESH, body: 'old', meanwhile },
    { body: 'changed' },
    { headers: FRESH },
  );
  expect((await page.get()).body).toBe('old');
  expect((await page.get()).body).toBe('body 3');
  expect((await page.get()).body).toBe('body 3');
});
