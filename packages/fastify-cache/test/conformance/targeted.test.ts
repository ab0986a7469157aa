// Fields that aim at some caches only (RFC 9213): the table's rows of topic targeted. The default list of targets is ours, then
// CDN-Cache-Control.
import { expect } from 'vitest';
import { requirementsOf } from './support/requirement.ts';
import { all, outcomes, second } from './support/stage.ts';
import type { Script } from './support/origin.ts';

const requirement = requirementsOf('targeted');
const OURS = 'catzilla-cache-control';
const CDN = 'cdn-cache-control';

function of(target: string, value: string, cacheControl: string): Script {
  return { headers: { [target]: value, 'cache-control': cacheControl } };
}

requirement('9213-2.2-a', async (stage) => {
  for (const target of [OURS, CDN]) {
    const generous = {
      'no-store': of(target, 'max-age=60', 'no-store'),
      private: of(target, 'max-age=60', 'private'),
      'no-cache': of(target, 'max-age=60', 'no-cache'),
      'max-age=0': of(target, 'max-age=60', 'max-age=0'),
      Expires: { headers: { [target]: 'max-age=60', expires: stage.date(-60) } },
    };
    expect(await outcomes(stage, generous)).toEqual(all('reused', Object.keys(generous)));
    const strict = {
      'max-age=0': of(target, 'max-age=0', 'max-age=3600'),
      'no-store': of(target, 'no-store', 'max-age=3600'),
      'no lifetime at all': {
        headers: {
          [target]: 'must-revalidate',
          'cache-control': 'max-age=3600',
          expires: stage.date(3600),
        },
      },
      shorter: of(target, 'max-age=1', 'max-age=3600'),
    };
    expect(await outcomes(stage, strict, { after: 2 })).toEqual(all('asked', Object.keys(strict)));
  }
});

requirement('9213-2.2-b', async (stage) => {
  const both = (ours: string, cdn: string): Script => ({
    headers: { [CDN]: cdn, [OURS]: ours, 'cache-control': 'no-store' },
  });
  expect(await second(stage, both('max-age=60', 'no-store'))).toBe('reused');
  expect(await second(stage, both('no-store', 'max-age=60'))).toBe('asked');
  expect(await second(stage, both('', 'max-age=60'))).toBe('reused');
  expect(await second(stage, both('max-age=60, &', 'no-store'))).toBe('asked');
});

requirement('9213-2.1-a', async (stage) => {
  const bad = [
    '',
    ' ',
    'max-age=60,',
    ', max-age=60',
    'MAX-AGE=60',
    'max-age=',
    'max-age =60',
    '&',
    'a b',
  ];
  const ignored = Object.fromEntries(bad.map((value) => [value, of(CDN, value, 'max-age=60')]));
  expect(await outcomes(stage, ignored)).toEqual(all('reused', bad));
  const unread = Object.fromEntries(bad.map((value) => [value, of(CDN, value, 'max-age=0')]));
  expect(await outcomes(stage, unread)).toEqual(all('asked', bad));
});

requirement('9213-2.1-b', async (stage) => {
  const wrong = [
    'max-age="60"',
    'max-age=60.5',
    'max-age',
    'max-age=?1',
    'max-age=-60',
    'max-age=(60)',
    'max-age=a',
  ];
  const cases = Object.fromEntries(wrong.map((value) => [value, of(CDN, value, 'max-age=0')]));
  expect(await outcomes(stage, cases)).toEqual(all('asked', wrong));
});

requirement('9213-2.1-c', async (stage) => {
  const fine = [
    'max-age=60;foo=bar',
    'max-age=60;no-store',
    'foo, max-age=60, bar="no-store"',
    'max-age=60, foo=(no-store private)',
    'max-age=0, max-age=60',
    'no-store=?0, max-age=60',
  ];
  const cases = Object.fromEntries(fine.map((value) => [value, of(CDN, value, 'no-store')]));
  expect(await outcomes(stage, cases)).toEqual(all('reused', fine));
});

requirement('9213-2.2-c', async (stage) => {
  const vetoes = [
    'no-store',
    'private',
    'max-age=60, no-store',
    'max-age=60, private',
    'max-age=60, no-cache',
  ];
  const cases = Object.fromEntries(vetoes.map((value) => [value, of(CDN, value, 'max-age=3600')]));
  expect(await outcomes(stage, cases)).toEqual(all('asked', vetoes));
});

requirement('9213-2.2-d', async (stage) => {
  expect(await second(stage, of(CDN, 's-maxage=60, max-age=0', 'no-store'))).toBe('reused');
  const aged = { headers: { [CDN]: 'max-age=60', age: '50' } };
  expect(await second(stage, aged, { after: 9 })).toBe('reused');
  expect(await second(stage, aged, { after: 10 })).toBe('asked');
});

requirement('9213-2.2-e', async (stage) => {
  for (const name of ['other-cache-control', 'foo-cdn-cache-control', 'surrogate-control']) {
    const page = stage.resource().responds({ headers: { [name]: 'max-age=60' } });
    expect((await page.get()).headers[name]).toBe('max-age=60');
    await page.get();
    expect([name, page.runs]).toEqual([name, 2]);
    expect(await second(stage, of(name, 'no-store', 'max-age=60'))).toBe('reused');
  }
});

requirement('9213-3-a', async (stage) => {
  const fields = { [CDN]: 'max-age=30', [OURS]: 'max-age=60', 'cache-control': 'no-cache' };
  const page = stage.resource().responds({ headers: fields });
  for (const { headers } of [await page.get(), await page.get()]) {
    expect([headers[CDN], headers[OURS], headers['cache-control']]).toEqual([
      'max-age=30',
      undefined,
      'no-cache',
    ]);
  }
  expect(page.runs).toBe(1);
});
