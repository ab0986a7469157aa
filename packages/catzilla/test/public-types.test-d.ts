// What TypeScript knows of an application by importing `catzilla` alone, as users do: the built package, not its sources.
import { createApp } from 'catzilla';
import type { Snapshot, TieredCache } from 'catzilla';
import { expectTypeOf } from 'vitest';

export async function look(): Promise<void> {
  const app = await createApp();
  expectTypeOf(app.tiers).toEqualTypeOf<TieredCache>();
  expectTypeOf(app.config.mode).toEqualTypeOf<'development' | 'production'>();
  expectTypeOf(app.health.snapshot).toBeFunction();
  expectTypeOf(app.health.drain).toBeFunction();
  expectTypeOf(app.monitor.snapshot()).toEqualTypeOf<Promise<Snapshot>>();
  expectTypeOf(app.monitor.paths.dashboard).toEqualTypeOf<string | false>();
  expectTypeOf(app.realtime.publish).toBeFunction();
  app.realtime.channel('orders/:id', {
    authorize: (request, { id }) => request.url.endsWith(id),
  });
  app.get('/timed', async (_request, reply) => {
    reply.timing('db', 3);
    return '';
  });
  expectTypeOf(app.lifecycle.stop).toBeFunction();
  expectTypeOf(app.di.get).toBeFunction();
  expectTypeOf(app.cache.purgeTags).toBeFunction();
  expectTypeOf(app.routes).toBeFunction();
  expectTypeOf(app.middlewareOrder).toBeFunction();
  app.get('/hidden', { schema: { hide: true } }, async () => 'hidden');
  app.get('/told', { schema: { tags: ['a'], summary: 'told', deprecated: true } }, async () => '');
}
