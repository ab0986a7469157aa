import type { InjectOptions } from 'fastify';
import { expect, test } from 'vitest';
import type { EngineChoice } from '../../src/engine/engine.ts';
import { catzillaRouter } from '../../src/fastify/plugin.ts';
import type { RouterOptions } from '../../src/fastify/plugin.ts';
import { REQUESTS, demo } from './demo.ts';
import { VERSIONS } from './versions.ts';

const OPTIONS: readonly (readonly [string, RouterOptions])[] = [
  ['defaults', {}],
  ['ignoreTrailingSlash', { ignoreTrailingSlash: true }],
  [
    'everything overlooked',
    { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, caseSensitive: false },
  ],
  ['semicolons and long parameters', { useSemicolonDelimiter: true, maxParamLength: 300 }],
];
const ENGINES: readonly EngineChoice[] = ['auto', 'walk', 'native', 'compile'];

async function answers(
  app: Awaited<ReturnType<typeof demo>>,
  request: InjectOptions,
): Promise<unknown> {
  const { statusCode, headers, payload } = await app.inject(request);
  const { date: _date, ...rest } = headers;
  return { statusCode, headers: rest, payload };
}

for (const [version, make] of VERSIONS) {
  for (const [name, options] of OPTIONS) {
    for (const engine of ENGINES) {
      test(`Fastify ${version}, ${name}: engine ${engine} answers every request as Fastify alone`, async () => {
        const router = catzillaRouter({
          engine,
          nativeThreshold: 5,
          strict: true,
          onConflict: 'ignore',
          verify: 'always',
        });
        const plain = await demo(make, options);
        const ours = await demo(make, options, router);
        expect(ours.routerStats().fallback).toBeUndefined();
        for (const request of REQUESTS) {
          expect(await answers(ours, request), `${request.method} ${String(request.url)}`).toEqual(
            await answers(plain, request),
          );
        }
        expect(ours.routerStats().fallback).toBeUndefined();
        expect(ours.routerStats().compared).toBeGreaterThan(REQUESTS.length);
        expect(ours.printRoutes({ includeMeta: true })).toBe(
          plain.printRoutes({ includeMeta: true }),
        );
        expect(ours.hasRoute({ method: 'GET', url: '/users/:id' })).toBe(true);
        await Promise.all([plain.close(), ours.close()]);
      });
    }
  }
}
