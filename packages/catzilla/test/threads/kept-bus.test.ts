// The log of live channels in the main thread, for threads that are lines within this one.
import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { expect, it, onTestFinished, vi } from 'vitest';
import { realtime } from '@catzilla/realtime';
import { KeptBus } from '../../src/threads/kept-bus.ts';
import { offerBus } from '../../src/threads/offer-bus.ts';
import type { FromThread } from '../../src/threads/protocol.ts';

/** Offers it to what is made in this thread, until the test ends. */
function offer(kept: KeptBus): void {
  const { port1, port2 } = new MessageChannel();
  port2.on('message', (message: FromThread) => {
    if (message.type === 'bus') kept.connect(message.port);
  });
  offerBus(port1);
  onTestFinished(() => {
    delete (globalThis as { [name: symbol]: unknown })[Symbol.for('@catzilla/bus.log')];
    port1.close();
  });
}

async function channels(): Promise<FastifyInstance> {
  const app = Fastify();
  onTestFinished(() => app.close());
  await app.register(realtime, { closeDelay: 0 });
  app.realtime.channel('news', { public: true });
  await app.ready();
  return app;
}

it('has one log for all that ask, and keeps it when they are gone', async () => {
  const kept = new KeptBus((error) => expect.unreachable(error.message));
  offer(kept);
  const [one, two] = [await channels(), await channels()];
  const id = await one.realtime.publish('news', 1);
  await expect.poll(() => two.realtime.position).toBe(id);
  await Promise.all([one.close(), two.close()]);
  const three = await channels();
  await expect.poll(() => three.realtime.position).toBe(id);
  await kept.close();
  await expect
    .poll(() => three.realtime.health())
    .toMatchObject({
      state: 'degraded',
      reasons: ['the bus is down: the thread that has the log has ended'],
    });
  // Those who are here hear it all the same.
  expect(await three.realtime.publish('news', 2)).toBeUndefined();
});

it('is closed though nobody has asked', async () => {
  await new KeptBus((error) => expect.unreachable(error.message)).close();
});

it('tells why it cannot be had, and closes the port', async () => {
  vi.doMock('@catzilla/bus/port', () => {
    throw new Error('not installed');
  });
  onTestFinished(() => vi.doUnmock('@catzilla/bus/port'));
  const failures: Error[] = [];
  const kept = new KeptBus((error) => failures.push(error));
  const { port1, port2 } = new MessageChannel();
  const closed = once(port1, 'close');
  kept.connect(port2);
  await closed;
  expect(failures).toHaveLength(1);
  await kept.close();
});
