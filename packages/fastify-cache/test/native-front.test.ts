// What a native front end can answer without JavaScript, by the C interfaces of router and cache together: constant routes, and
// entries of a cache that JavaScript fills. front.c takes cc: everywhere but on Windows.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Fastify from 'fastify';
import { openCache } from '@catzilla/cache-core';
import { catzillaRouter } from '@catzilla/router';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

interface Front {
  open(router: unknown, cache: unknown): object;
  answer(front: object, method: string, target: string, prefix: string): Answer | null;
  close(front: object): void;
}
interface Answer {
  from: string;
  body: Buffer;
}

const isWindows = process.platform === 'win32';
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

describe('a native front', () => {
  const folder = mkdtempSync(join(tmpdir(), 'catzilla-front-'));
  let front: Front;

  beforeAll(() => {
    if (isWindows) return;
    const file = join(folder, 'front.node');
    const shared =
      process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
    const headers = [
      '-isystem',
      join(dirname(dirname(process.execPath)), 'include', 'node'),
      '-I',
      path('../../../native/cache/include'),
      '-I',
      path('../../../native/router/include'),
    ];
    const strict = ['-std=c99', '-pedantic', '-Wall', '-Wextra', '-Werror', '-O2', '-fPIC'];
    const compiler = process.env['CC'] ?? 'cc';
    execFileSync(compiler, [
      ...strict,
      ...shared,
      ...headers,
      path('native-front/front.c'),
      '-o',
      file,
    ]);
    front = createRequire(import.meta.url)(file) as Front;
  });
  beforeEach((context) => {
    if (isWindows) context.skip('the front is compiled with cc');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('answers constant routes and cached entries, and leaves the rest to JavaScript', async () => {
    const cache = openCache({ maxBytes: 2 ** 20 });
    const router = catzillaRouter();
    const app = Fastify({ routerOptions: router.options() });
    await app.register(router);
    app.constant('/health', 'fine');
    app.get('/cities/:id', async (request) => {
      const { id } = request.params as { id: string };
      const city = `city ${id}`;
      cache.set(`city:${id}`, city);
      return city;
    });
    await app.ready();
    const it = front.open(router.abi, cache.abi);
    const ask = (method: string, target: string): string | undefined => {
      const answer = front.answer(it, method, target, 'city:');
      return answer === null ? undefined : `${answer.from}: ${answer.body.toString()}`;
    };
    try {
      expect(ask('GET', '/health?probe=1')).toBe('constant: fine');
      expect(ask('GET', '/cities/7')).toBeUndefined();
      expect((await app.inject('/cities/7')).body).toBe('city 7');
      expect(ask('GET', '/cities/7?lang=de')).toBe('cache: city 7');
      cache.delete('city:7');
      expect(ask('GET', '/cities/7')).toBeUndefined();
      cache.set('city:7', 'city 7');
      // Another spelling of the same path is JavaScript's to read, another method has no such route.
      expect(ask('GET', '/cities/%37')).toBeUndefined();
      expect(ask('POST', '/cities/7')).toBeUndefined();
      await app.close();
      expect(ask('GET', '/cities/7')).toBeUndefined();
      expect(ask('GET', '/health')).toBeUndefined();
    } finally {
      front.close(it);
      cache.close();
    }
  });
});
