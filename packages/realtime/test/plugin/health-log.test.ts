// What the log hears of a bus that is away, and of nothing else.
import { memoryBus } from '@catzilla/bus';
import type { Bus, BusHealth } from '@catzilla/bus';
import Fastify from 'fastify';
import { expect, it, onTestFinished, vi } from 'vitest';
import { realtime } from '../../src/index.ts';

it('a bus that is away is told once with its reason, and once that it is back', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const { bus, fail } = failing();
  const lines: { msg: string; reasons?: string[]; part?: string }[] = [];
  const app = Fastify({
    logger: { stream: { write: (line: string) => void lines.push(JSON.parse(line) as never) } },
  });
  onTestFinished(() => app.close());
  await app.register(realtime, { bus });
  await app.ready();
  await vi.waitFor(() => expect(app.realtime.health().state).toBe('ok'));
  vi.advanceTimersByTime(20_000);
  expect(lines).toEqual([]);

  fail('ECONNREFUSED');
  vi.advanceTimersByTime(20_000);
  fail('ETIMEDOUT');
  vi.advanceTimersByTime(20_000);
  expect(lines).toMatchObject([
    {
      level: 40,
      part: 'realtime',
      msg: 'live channels are degraded',
      reasons: ['the bus is down: ECONNREFUSED'],
    },
  ]);

  fail(undefined);
  vi.advanceTimersByTime(20_000);
  expect(lines.slice(1)).toMatchObject([{ level: 30, msg: 'live channels are well again' }]);
});

/** A bus that says of itself what it is told to. */
function failing(): { bus: Bus; fail: (reason: string | undefined) => void } {
  const bus = memoryBus();
  onTestFinished(() => bus.close());
  let lastError: string | undefined;
  const health = (): BusHealth => ({
    ...bus.health(),
    ...(lastError !== undefined && { state: 'down' as const, lastError }),
  });
  return {
    bus: {
      append: (...args) => bus.append(...args),
      subscribe: (...args) => bus.subscribe(...args),
      close: () => bus.close(),
      health,
    } as Bus,
    fail: (reason) => (lastError = reason),
  };
}
