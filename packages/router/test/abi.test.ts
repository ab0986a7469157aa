// Another addon finds routes and answers constant ones by the C interface, without JavaScript. addon.c takes cc and
// pthread: everywhere but on Windows.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { catzillaRouter } from '../src/fastify/plugin.ts';
import type { CatzillaRouter } from '../src/fastify/plugin.ts';
import { RouteTable } from '../src/table/route-table.ts';
import { Slot } from '../src/native/slot.ts';
import { buildAddon } from './abi/build.ts';
import type { TestAddon } from './abi/build.ts';

const [HIT, MISS, DEFER] = [1, 0, -1];
const isWindows = process.platform === 'win32';

describe('the C interface', () => {
  const folder = mkdtempSync(join(tmpdir(), 'catzilla-router-abi-'));
  const apps: FastifyInstance[] = [];
  const uses: object[] = [];
  let addon: TestAddon;

  beforeAll(() => {
    if (!isWindows) addon = buildAddon(folder);
  });
  beforeEach((context) => {
    if (isWindows) context.skip('the addon is compiled with cc and pthread');
  });
  afterEach(async () => {
    for (const use of uses.splice(0)) addon.done(use);
    await Promise.all(apps.splice(0).map((app) => app.close()));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function take(abi: unknown): object {
    const use = addon.use(abi);
    uses.push(use);
    return use;
  }

  async function application(): Promise<{ app: FastifyInstance; router: CatzillaRouter }> {
    const router = catzillaRouter();
    const app = Fastify({ routerOptions: router.options() });
    apps.push(app);
    await app.register(router);
    app.get('/users/:id', async () => 'user');
    app.get('/pages/:lang/*', async () => 'page');
    app.post('/users', async () => 'created');
    app.get('/at/:hour(^\\d+$)', async () => 'regex');
    app.constant('/constant', { body: 'known ahead!', headers: { 'x-kind': 'constant' } });
    await app.ready();
    return { app, router };
  }

  it('finds routes with their parameters as JavaScript does, and leaves to it what it must', async () => {
    const { router } = await application();
    const use = take(router.abi);
    expect(addon.find(use, 'GET', '/users/7?full=1')).toMatchObject({
      verdict: HIT,
      generation: 1,
      pathEnd: 8,
      params: ['7'],
    });
    expect(addon.find(use, 'GET', '/pages/de/a/b')).toMatchObject({
      verdict: HIT,
      params: ['de', 'a/b'],
    });
    expect(addon.find(use, 'POST', '/users')).toMatchObject({ verdict: HIT, params: [] });
    expect(addon.find(use, 'POST', '/users')!.route).not.toBe(
      addon.find(use, 'GET', '/users/7')!.route,
    );
    expect(addon.find(use, 'GET', '/nowhere')).toMatchObject({ verdict: MISS });
    expect(addon.find(use, 'PURGE', '/users/7')).toMatchObject({ verdict: MISS });
    expect(addon.find(use, 'GET', '/users/%37')).toMatchObject({ verdict: DEFER, reason: 1 });
    expect(addon.find(use, 'GET', '/at/12')).toMatchObject({ verdict: DEFER, reason: 4 });
  });

  it('answers a constant route with the bytes that Fastify sends', async () => {
    const { app, router } = await application();
    const use = take(router.abi);
    const bytes = addon.answer(use, 'GET', '/constant?n=1')!.toString('latin1');
    const [head = '', body] = bytes.split('\r\n\r\n');
    const [status, ...lines] = head.split('\r\n');
    const sent = await app.inject('/constant');
    expect([status, body]).toEqual(['HTTP/1.1 200 OK', sent.body]);
    const fields = lines.map((line) => line.split(': '));
    expect(fields).toContainEqual(['x-kind', 'constant']);
    for (const [name = '', value] of fields)
      expect(sent.headers[name.toLowerCase()], name).toBe(value);
    expect(addon.answer(use, 'GET', '/users/7')).toBeNull();
  });

  it('keeps to what it has pinned while routes are published anew, on a thread without JavaScript', () => {
    const slot = new Slot();
    const use = take(slot.abi);
    expect(addon.find(use, 'GET', '/a')).toBeNull();
    const table = new RouteTable<number>();
    const image = table.add('GET', '/constant', 0).build().image('GET')!;
    const plan = (n: number) => ({
      route: 0,
      status: 200,
      head: Buffer.from('HTTP/1.1 200 OK\r\nx: 1\r\n'),
      body: Buffer.from(`${'x'.repeat(n % 1000)}!`),
      etag: Buffer.alloc(0),
    });
    addon.start(use);
    try {
      let n = 0;
      // Until the thread has seen many of them, however the two are scheduled.
      while (n < 5_000 || addon.answered(use) < 5_000)
        slot.publish([{ method: 'GET', image }], [plan(++n)]);
      expect(slot.generation).toBe(n);
    } finally {
      expect(addon.stop(use)).toBe(0);
    }
  });

  it('defers everything where a request may have a version, which it does not see', async () => {
    const router = catzillaRouter();
    const app = Fastify({ routerOptions: router.options() });
    apps.push(app);
    await app.register(router);
    app.get('/plain', async () => 'plain');
    app.get('/versioned', { constraints: { version: '1.0.0' } }, async () => 'versioned');
    await app.ready();
    const refused = await app.inject({ url: '/plain', headers: { 'accept-version': '1.x' } });
    expect(refused.statusCode).toBe(404);
    expect(addon.find(take(router.abi), 'GET', '/plain')).toMatchObject({ verdict: DEFER });
  });

  it('defers everything once the application has closed', async () => {
    const { app, router } = await application();
    const use = take(router.abi);
    await app.close();
    expect(addon.find(use, 'GET', '/users/7')).toMatchObject({ verdict: DEFER });
    expect(addon.answer(use, 'GET', '/constant')).toBeNull();
  });

  it('is refused by an addon where it is another external, and an image or plan that is wrong is refused', () => {
    expect(() => addon.use(addon.stranger())).toThrow('not the abi of a router');
    expect(() => addon.use({})).toThrow('not the abi of a router');
    const slot = new Slot();
    const image = new RouteTable<number>().add('GET', '/a', 0).build().image('GET')!;
    const damaged = image.slice();
    damaged[20]! ^= 1;
    expect(() => slot.publish([{ method: 'GET', image: damaged }], [])).toThrow(
      expect.objectContaining({ code: 'CATZ_ROUTER_BAD_IMAGE' }),
    );
    const empty = Buffer.alloc(0);
    const plan = { route: 1, status: 200, head: empty, body: empty, etag: empty };
    expect(() => slot.publish([{ method: 'GET', image }], [plan])).toThrow(
      expect.objectContaining({ code: 'CATZ_ROUTER_BAD_IMAGE' }),
    );
    expect(slot.generation).toBe(0);
  });

  it('is described with the code that is tested here', () => {
    const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
    const page = read('../../../docs/reference/router-c-interface.md');
    const source = read('abi/addon.c');
    const blocks = [...page.matchAll(/^```c\n(.*?)^```/gms)].map(([, code]) => code!);
    expect(blocks).toHaveLength(2);
    for (const block of blocks) expect(source).toContain(block);
  });
});
