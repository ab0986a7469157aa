// Which requests a response with Vary answers (RFC 9111 4.1; RFC 9110 12.5.5; No-Vary-Search): the table's rows of topic vary.
import { expect } from 'vitest';
import { requirementsOf } from './support/requirement.ts';
import type { Resource, Stage } from './support/stage.ts';

const requirement = requirementsOf('vary');
const FRESH = { 'cache-control': 'max-age=3600' };

function varying(stage: Stage, vary: string | string[]): Resource {
  return stage.resource().responds({ headers: { ...FRESH, vary } });
}

/** The number of the origin's run that each request was answered with. */
async function answers(
  page: Resource,
  ...requests: Record<string, string | string[]>[]
): Promise<number[]> {
  const found: number[] = [];
  for (const headers of requests) found.push(Number((await page.get(headers)).body.slice(5)));
  return found;
}

requirement('9111-4.1-a', async (stage) => {
  const page = varying(stage, 'x-a');
  expect(await answers(page, { 'x-a': '1' }, { 'x-a': '1' }, { 'x-a': '2' })).toEqual([1, 1, 2]);
});

requirement('9111-4.1-b', async (stage) => {
  const page = varying(stage, 'x-a');
  expect(await answers(page, {}, { 'x-a': '1' }, {}, { 'x-a': '' }, {})).toEqual([1, 2, 1, 3, 1]);
});

requirement('9111-4.1-c', async (stage) => {
  const page = stage
    .resource()
    .responds(
      { headers: { ...FRESH, vary: 'X-A, x-b' } },
      { headers: { ...FRESH, vary: 'x-B,X-a' } },
    );
  const [one, two] = [
    { 'x-a': '1', 'x-b': '2' },
    { 'x-a': '2', 'x-b': '1' },
  ];
  expect(await answers(page, one, two, one, two)).toEqual([1, 2, 1, 2]);
});

requirement('9111-4.1-d', async (stage) => {
  const page = varying(stage, 'x-a');
  const requests = [{ 'x-a': '1', 'x-b': '1' }, { 'x-a': '1', 'x-b': '2' }, { 'x-a': '1' }];
  expect(await answers(page, ...requests)).toEqual([1, 1, 1]);
});

requirement('9111-4.1-e', async (stage) => {
  for (const vary of ['*', '*, *', ', *', 'x-a, *', '*, x-a', ['x-a', '*'], ['*', 'x-a'], ' * ']) {
    const page = varying(stage, vary);
    expect([vary, await answers(page, { 'x-a': '1' }, { 'x-a': '1' })]).toEqual([vary, [1, 2]]);
  }
});

requirement('9111-4.1-f', async (stage) => {
  for (const vary of ['x-a, x-b', ['x-a', 'x-b'], 'x-a,,x-b,']) {
    const page = varying(stage, vary);
    const found = await answers(
      page,
      { 'x-a': '1', 'x-b': '1' },
      { 'x-a': '1', 'x-b': '2' },
      { 'x-a': '2', 'x-b': '1' },
      { 'x-a': '1', 'x-b': '1' },
    );
    expect([vary, found]).toEqual([vary, [1, 2, 3, 1]]);
  }
});

requirement('9111-4.1-g', async (stage) => {
  const page = varying(stage, 'x-a');
  const values = Array.from({ length: 10 }, (_, i) => ({ 'x-a': String(i) }));
  const runs = values.map((_, i) => i + 1);
  expect(await answers(page, ...values, ...values)).toEqual([...runs, ...runs]);
});

requirement('9111-4.1-h', async (stage) => {
  const page = varying(stage, 'x-a');
  const requests = [
    { 'x-a': ['1', '2'] },
    { 'x-a': '1, 2' },
    { 'x-a': ' 1, 2 ' },
    { 'x-a': '2, 1' },
  ];
  expect(await answers(page, ...requests)).toEqual([1, 1, 1, 2]);
});

requirement(
  '9111-4.1-i',
  async (stage) => {
    const page = stage
      .resource()
      .responds({ headers: { ...FRESH, vary: 'x-a' } }, { headers: FRESH });
    await page.get({ 'x-a': '1' });
    stage.pass(5);
    await page.get({ 'x-a': '2' });
    expect(await answers(page, { 'x-a': '1' }, { 'x-a': '2' }, { 'x-a': '3' })).toEqual([1, 2, 2]);
    expect(page.runs).toBe(2);
  },
  { options: { requestDirectives: 'full' } },
);

requirement('9111-4.1-j', async (stage) => {
  const page = varying(stage, 'accept-encoding, accept-language');
  const [gzip, plain] = [{ 'accept-encoding': 'gzip' }, { 'accept-encoding': 'identity' }];
  const found = await answers(
    page,
    { ...gzip, 'accept-language': 'de' },
    { ...plain, 'accept-language': 'de' },
    { ...gzip, 'accept-language': 'fr' },
    { ...gzip, 'accept-language': 'de' },
    { ...plain, 'accept-language': 'de' },
    { 'accept-language': 'de' },
  );
  expect(found.slice(0, 5)).toEqual([1, 2, 3, 1, 2]);
  expect(found[5]).not.toBe(1);
});

requirement('9111-4.1-k', async (stage) => {
  const page = varying(stage, 'cookie');
  const found = await answers(page, { cookie: 'a=1' }, { cookie: 'a=2' }, { cookie: 'a=1' }, {});
  expect(found).toEqual([1, 2, 1, 3]);
  const guarded = stage
    .resource()
    .responds({ headers: { 'cache-control': 'public, max-age=3600', vary: 'authorization' } });
  const [one, two] = [{ authorization: 'Basic YTph' }, { authorization: 'Basic Yjpi' }];
  expect(await answers(guarded, one, two, one, {}, two)).toEqual([1, 2, 1, 3, 2]);
});

requirement(
  '9111-4.1-l',
  async (stage) => {
    const page = varying(stage, 'accept-language');
    const wishes = ['de, en', 'en,de', 'en;q=0.5'].map((value) => ({ 'accept-language': value }));
    expect(await answers(page, ...wishes)).toEqual([1, 1, 2]);
  },
  { options: { vary: { normalize: { 'accept-language': 'set' } } } },
);

requirement('9111-4.1-m', async (stage) => {
  const page = stage
    .resource()
    .responds({ headers: { ...FRESH, vary: 'x-a' } }, { headers: { ...FRESH, vary: 'x-a, x-b' } });
  const [one, two] = [
    { 'x-a': '1', 'x-b': '1' },
    { 'x-a': '2', 'x-b': '1' },
  ];
  expect(await answers(page, one, two, { ...one, 'x-b': '2' }, two)).toEqual([1, 2, 1, 2]);
  expect(await answers(page, { ...two, 'x-b': '2' })).toEqual([3]);
});

requirement(
  'nvs-4-a',
  async (stage) => {
    const headers = { ...FRESH, 'no-vary-search': 'key-order, params=("utm")' };
    const first = stage.resource('search?a=1&b=2&utm=x').responds({ headers, body: 'first' });
    const same = stage.resource('search?b=2&utm=y&a=1').responds({ headers, body: 'same' });
    const other = stage.resource('search?a=1&b=3').responds({ headers, body: 'other' });
    expect((await first.get()).body).toBe('first');
    expect((await same.get()).body).toBe('first');
    expect((await other.get()).body).toBe('other');
    expect([first.runs, same.runs, other.runs]).toEqual([1, 0, 1]);
  },
  { options: { noVarySearch: true } },
);

requirement('nvs-4-b', async (stage) => {
  const headers = { ...FRESH, 'no-vary-search': 'params' };
  const first = stage.resource('plain?a=1').responds({ headers, body: 'first' });
  const other = stage.resource('plain?a=2').responds({ headers, body: 'other' });
  expect((await first.get()).body).toBe('first');
  expect((await other.get()).body).toBe('other');
  expect((await first.get()).headers['no-vary-search']).toBe('params');
});
