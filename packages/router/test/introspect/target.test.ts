// Request targets, taken apart as find-my-way does: a router with `*` alone shows what it makes of them.
import FindMyWay from 'find-my-way';
import { expect, test } from 'vitest';
import type { Router } from '../../src/find-my-way/router.ts';
import { paramValue, readTarget } from '../../src/introspect/target.ts';
import { randomTable } from '../support/random-tables.ts';
import { randomUrl } from '../support/random-urls.ts';
import { randomFrom } from '../support/random.ts';
import { routerOptions } from '../support/routers.ts';

test('over random targets a path and a query are those that find-my-way reads', () => {
  let read = 0;
  let malformed = 0;
  for (let seed = 0; seed < 3000; seed++) {
    const random = randomFrom(seed);
    const table = randomTable(random, { isConstrained: false });
    const options = {
      ...routerOptions(table.options),
      querystringParser: (query: string) => query,
    };
    const router = FindMyWay(options as object) as unknown as Router;
    router.on('GET', '*', {}, () => {}, 'all');
    for (let i = 0; i < 10; i++) {
      const url = randomUrl(random, table);
      const label = `seed ${seed}, ${JSON.stringify(url)}`;
      const target = readTarget(router, url);
      const found = router.find('GET', url);
      if (found?.store !== 'all') {
        malformed++;
        expect(target, label).toBeUndefined();
        continue;
      }
      read++;
      expect(target?.query, label).toBe(found.searchParams);
      expect(paramValue(target!, target!.origin), label).toBe(found.params['*']);
    }
  }
  console.log({ read, malformed });
  expect(read).toBeGreaterThan(20_000);
  expect(malformed).toBeGreaterThan(500);
});

test.each([
  '%zz/%25',
  '%25/%41',
  '%2',
  '/%252F',
  '/%25%32',
  '/a%2f%2F',
  'http://a#b/c',
  'http://a/b#c',
  '//',
])('%s is read as find-my-way reads it', (url) => {
  const router = FindMyWay({ ignoreTrailingSlash: true }) as unknown as Router;
  router.on('GET', '*', {}, () => {}, 'all');
  const target = readTarget(router, url);
  const read = target === undefined ? undefined : paramValue(target, target.origin);
  expect(read).toBe(router.find('GET', url)?.params['*']);
});
