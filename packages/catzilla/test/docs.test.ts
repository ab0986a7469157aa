import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

// The programs printed in README and guide are run as they stand there, from built packages.

const ROOT = new URL('../../../', import.meta.url);

/** The code blocks of a page that are whole programs. */
async function programs(page: string): Promise<string[]> {
  const text = await readFile(new URL(page, ROOT), 'utf8');
  const blocks = [...text.matchAll(/^```js\n(.*?)^```$/gms)].map((match) => match[1]!);
  return blocks.filter((block) => block.includes('import ') && block.includes('.listen('));
}

/** Runs a program inside the package, where its imports resolve, and gives its URL. */
async function run(program: string): Promise<string> {
  const cache = new URL('../.cache/', import.meta.url);
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(fileURLToPath(new URL('docs-', cache)));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(`${folder}/app.mjs`, program);
  const child = spawn(process.execPath, [`${folder}/app.mjs`], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    if (child.exitCode === null && child.kill()) await once(child, 'close');
  });
  child.stdout.setEncoding('utf8');
  let output = '';
  for await (const text of child.stdout) {
    output += String(text);
    const url = /http:\/\/\S+/.exec(output);
    if (url) return url[0];
  }
  throw new Error(`ended without an address: ${output}`);
}

async function get(url: string, init?: RequestInit) {
  const response = await fetch(url, init);
  expect(response.status).toBe(200);
  return { body: await response.text(), status: response.headers.get('cache-status') };
}

describe('the programs of the documentation', () => {
  it('README: answers /time from the cache until it is purged', async () => {
    const [program] = await programs('packages/catzilla/README.md');
    const url = await run(program!);
    const first = await get(`${url}/time`);
    const second = await get(`${url}/time`);
    expect(second.body).toBe(first.body);
    expect(second.status).toMatch(/^catzilla; hit(;|$)/);
    await get(`${url}/clock`, { method: 'POST' });
    expect((await get(`${url}/time`)).status).toMatch(/^catzilla; fwd=uri-miss; stored(;|$)/);
  });

  it('getting started: the first application caches names and purges them', async () => {
    const [program] = await programs('docs/guide/getting-started.md');
    const url = await run(program!);
    expect((await get(`${url}/names`)).status).toMatch(/^catzilla; fwd=uri-miss; stored(;|$)/);
    expect((await get(`${url}/names`)).status).toMatch(/^catzilla; hit(;|$)/);
    await get(`${url}/names/Margaret`, { method: 'POST' });
    expect((await get(`${url}/names`)).body).toContain('Margaret');
  });

  it('getting started: routes have options of their own', async () => {
    const [, program] = await programs('docs/guide/getting-started.md');
    const url = await run(program!);
    await get(`${url}/articles?page=2`);
    expect((await get(`${url}/articles?utm=x&page=2`)).status).toMatch(/^catzilla; hit/);
    expect((await get(`${url}/articles?page=3`)).body).toContain('3');
    await get(`${url}/now`);
    expect((await get(`${url}/now`)).status ?? '').not.toMatch(/; hit/);
    await get(`${url}/rates`);
    expect((await get(`${url}/rates`)).status).toMatch(/^catzilla; hit/);
  });

  it('getting started: the plugin works in a Fastify application', async () => {
    const [, , program, ...rest] = await programs('docs/guide/getting-started.md');
    expect(rest).toStrictEqual([]);
    const url = await run(program!);
    const first = await get(`${url}/time`);
    expect((await get(`${url}/time`)).body).toBe(first.body);
  });
});

describe('the guide to the framework', () => {
  it('has a first application that checks, caches, documents itself and ends by a signal', async () => {
    const [program] = await programs('docs/guide/the-framework.md');
    const url = await run(program!);
    await get(`${url}/items/1`);
    expect((await get(`${url}/items/1`)).status).toMatch(/^catzilla; hit(;|$)/);
    const wrong = await fetch(`${url}/items/x`);
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({ errors: [{ in: 'params', pointer: '/id' }] });
    const unknown = await fetch(`${url}/items/2`);
    expect(await unknown.json()).toMatchObject({ status: 404, code: 'NO_SUCH_ITEM' });
    const headers = { 'content-type': 'application/json' };
    await get(`${url}/items/1`, { method: 'PUT', headers, body: '{"name":"Chair"}' });
    expect((await get(`${url}/items/1`)).body).toContain('Chair');
    expect((await get(`${url}/readyz`)).body).toBe('{"status":"ready"}');
    expect((await get(`${url}/openapi.json`)).body).toContain('/items/{id}');
  });

  it('has an application that was made by Fastify', async () => {
    const [, program, ...rest] = await programs('docs/guide/the-framework.md');
    expect(rest).toStrictEqual([]);
    const url = await run(program!);
    const first = await get(`${url}/time`);
    expect((await get(`${url}/time`)).body).toBe(first.body);
  });
});

describe('the guide to metrics', () => {
  it('has an application with a metric of its own beside ours', async () => {
    const [program] = await programs('docs/guide/metrics.md');
    const url = await run(program!);
    const headers = { 'content-type': 'application/json' };
    await get(`${url}/orders`, { method: 'POST', headers, body: '{"country":"CZ"}' });
    const { body } = await get(`${url}/metrics`);
    expect(body).toContain('shop_orders_total{country="CZ"} 1');
    expect(body).toContain('route="/orders"');
  });
});

describe('the guide to the HTTP cache', () => {
  it('explains every word that Cache-Status may give as detail, and no other', async () => {
    const read = (path: string) => readFile(new URL(path, ROOT), 'utf8');
    const guide = await read('docs/guide/http-cache.md');
    const table = guide.slice(guide.indexOf('## Why was this not cached?'));
    const rows = table.split('\n').filter((line) => /^\| `(?!detail`)/.test(line));
    const explained = rows.flatMap((row) => row.split('|')[1]!.match(/[a-z-]+(?=`)/g) ?? []);
    const words = async (path: string, type: string) => {
      const union = new RegExp(`export type ${type} =([^;]*);`).exec(await read(path));
      return [...union![1]!.matchAll(/'([a-z-]+)'/g)].map((match) => match[1]!);
    };
    const source = 'packages/fastify-cache/src';
    const given = [
      ...(await words(`${source}/rfc/reasons.ts`, 'Reason')),
      ...(await words(`${source}/stats.ts`, 'PluginReason')),
    ];
    // `method` is a value of fwd as well, and explained there; `vary-cap` is reserved, the oldest variant goes instead.
    const elsewhere = new Set(['method', 'vary-cap']);
    expect(explained.sort()).toStrictEqual(given.filter((word) => !elsewhere.has(word)).sort());
  });
});
