// RouteTable against find-my-way and against a reading of URLs of its own; findBatch against find; an image in a worker.
import { once } from 'node:events';
import { inspect, isDeepStrictEqual } from 'node:util';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import type { EngineName } from '../../src/engine/engine.ts';
import { errors } from '../../src/errors.ts';
import { walkOf } from '../../src/find-my-way/router.ts';
import { loadTrie } from '../../src/native/addon.ts';
import type { BuiltTable, RouteMatch } from '../../src/table/built-table.ts';
import { RouteTable } from '../../src/table/route-table.ts';
import { randomQuestion } from '../support/differential.ts';
import type { Question } from '../support/differential.ts';
import { randomTable } from '../support/random-tables.ts';
import type { RouteSpec, TableKind, TableSpec } from '../support/random-tables.ts';
import { randomFrom } from '../support/random.ts';
import type { Random } from '../support/random.ts';
import { makeRouter, routerOptions } from '../support/routers.ts';

const tables = 400;
const questionsPerTable = 120;
const ENGINES: readonly EngineName[] = ['native', 'compile', 'walk'];

/** A table as find-my-way and as a RouteTable, whose values are the places of its routes. */
interface Pair {
  readonly random: Random;
  readonly table: TableSpec;
  readonly built: BuiltTable<number>;
  readonly questions: readonly Question[];
}

it(`finds values, parameters, path and query as find-my-way does, in ${tables * questionsPerTable} comparisons`, () => {
  let hits = 0;
  for (let number = 0; number < tables; number++) {
    const { table, built, questions } = makePair(number, { isConstrained: number % 2 === 1 });
    const router = makeRouter(table, (index) => () => index);
    for (const { method, url, derived } of questions) {
      const wanted = attempt(() => walkOf(router).call(router, method, url, derived));
      const found = attempt(() => built.find(method, url, derived));
      const expected =
        wanted === null || typeof wanted === 'string'
          ? wanted
          : {
              value: wanted.handler(),
              params: Object.entries(wanted.params),
              ...split(url, table.options.useSemicolonDelimiter),
            };
      const got = typeof found === 'string' || found === null ? found : plain(found);
      if (!isDeepStrictEqual(got, expected)) {
        throw new Error(inspect({ number, table, method, url, derived, expected, got }, false, 9));
      }
      if (typeof got === 'object' && got !== null) hits++;
    }
  }
  expect(hits).toBeGreaterThan((tables * questionsPerTable) / 5);
});

it(`finds batches as it finds one by one, in ${tables * questionsPerTable} comparisons`, () => {
  let found = 0;
  let left = 0;
  for (let number = 0; number < tables; number++) {
    const { random, table, built, questions } = makePair(number, {
      isConstrained: number % 4 === 3,
    });
    const urls = questions.map(({ url }) => url).filter((url) => !/[^\0-\xff]/.test(url));
    const { bytes, ends } = packed(urls);
    const out = new Int32Array(urls.length + random.int(2)).fill(99);
    const raw = new Int32Array(urls.length).fill(99);
    const method = random.pick(['GET', 'GET', 'GET', 'POST', 'PUT']);
    const wanted = attempt(() => urls.map((url) => built.find(method, url)?.id ?? -1));
    // A few tables make find-my-way throw.
    if (typeof wanted === 'string') continue;
    const count = built.findBatch(method, bytes, ends, out);
    const rawFound = built.findBatch(method, bytes, ends, raw, { raw: true });
    const ids = [...out.subarray(0, urls.length)];
    const isRight =
      isDeepStrictEqual(ids, wanted) &&
      count === hitsIn(wanted) &&
      rawFound === hitsIn([...raw]) &&
      raw.every((id, i) => id === wanted[i] || (id === -2 && built.stats().backend === 'native'));
    if (!isRight) {
      const shown = { number, method, table, urls, wanted, ids, count, raw, rawFound };
      throw new Error(inspect(shown, { depth: 9, maxArrayLength: 200 }));
    }
    expect(out.subarray(urls.length).every((id) => id === 99)).toBe(true);
    found += rawFound;
    left += raw.filter((id) => id === -2).length;
  }
  expect(found).toBeGreaterThan(1000);
  expect(left).toBeGreaterThan(1000);
});

it('gives images that find the same in a worker thread', async () => {
  const pairs = Array.from({ length: 40 }, (_, number) =>
    makePair(number * 3, { isConstrained: false }),
  );
  const jobs = pairs.flatMap(({ built, questions }) => {
    const image = built.image('GET');
    return image === undefined ? [] : [{ image, urls: questions.map(({ url }) => url) }];
  });
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     import(workerData.addon).then(({ loadTrie }) => {
       parentPort.postMessage(workerData.jobs.map(({ image, urls }) => {
         const { find } = loadTrie(image);
         return urls.map((url) => find(url));
       }));
     });`,
    {
      eval: true,
      workerData: { jobs, addon: new URL('../../dist/native/addon.js', import.meta.url).href },
    },
  );
  const [answers] = (await once(worker, 'message')) as [number[][]];
  await worker.terminate();
  const here = jobs.map(({ image, urls }) => urls.map((url) => loadTrie(image)!.find(url)));
  expect(answers).toEqual(here);
  expect(answers.flat().filter((answer) => answer >= 0).length).toBeGreaterThan(500);
});

function makePair(number: number, kind: TableKind): Pair {
  const random = randomFrom(number + 9_000_000);
  const spec = randomTable(random, kind);
  // A RouteTable has no fallbacks, and keeps queries as they came.
  const options = { ...spec.options, hasFallbacks: false, keepsQuery: true };
  const { querystringParser: _always, ...rest } = routerOptions(options);
  const wanted = ENGINES[number % ENGINES.length]!;
  const engine = spec.routes.some(({ path }) => /\(\?/.test(path)) ? 'walk' : wanted;
  const table = new RouteTable<number>({ ...rest, engine });
  const routes = spec.routes.filter((route) => isAdded(table, route));
  const questions = Array.from({ length: questionsPerTable }, () =>
    randomQuestion(random, spec, kind),
  );
  return { random, table: { options, routes }, built: table.build(), questions };
}

// find-my-way keeps one half of a route with an optional parameter when the other is there already; a RouteTable none.
function isAdded(table: RouteTable<number>, { method, path, constraints }: RouteSpec): boolean {
  try {
    table.add(method, path, table.size, constraints === undefined ? {} : { constraints });
    return true;
  } catch (error) {
    if (error instanceof errors.BAD_PATTERN || error instanceof errors.DUPLICATE) return false;
    throw error;
  }
}

function plain({ value, params, path, query }: RouteMatch<number>): object {
  return { value, params: Object.entries(params), path, query };
}

function attempt<T>(run: () => T): T | string {
  try {
    return run();
  } catch (error) {
    return String(error);
  }
}

function hitsIn(ids: readonly number[]): number {
  return ids.filter((id) => id >= 0).length;
}

function packed(urls: readonly string[]): { bytes: Uint8Array; ends: Uint32Array } {
  let end = 0;
  const ends = Uint32Array.from(urls, (url) => (end += url.length));
  return { bytes: Buffer.from(urls.join(''), 'latin1'), ends };
}

// Path and query by the rules for request targets: an origin is left out, and the query begins at the first delimiter
// behind the first character.
function split(url: string, semicolon: boolean): { path: string; query: string } {
  const origin = /^https?:\/\/[^/?]*/i.exec(url)?.[0];
  let target = url;
  if (origin !== undefined) {
    const behind = url.slice(origin.length);
    target = behind.startsWith('/') ? behind : `/${behind}`;
  }
  const at = target.slice(1).search(semicolon ? /[?#;]/ : /[?#]/);
  return at === -1
    ? { path: target, query: '' }
    : { path: target.slice(0, at + 1), query: target.slice(at + 2) };
}
