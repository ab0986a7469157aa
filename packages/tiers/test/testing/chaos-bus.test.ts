import { memoryBus } from '@catzilla/bus';
import type { Bus, SubscribeOptions, Subscription } from '@catzilla/bus';
import { busContract, until } from '@catzilla/bus/testing';
import { describe, expect, it } from 'vitest';
import { chaosBus } from '../../src/testing/index.ts';
import { expectNoUnhandled } from '../faults/support.ts';

expectNoUnhandled();

busContract(
  { describe, it },
  {
    title: 'behind chaos',
    async open(options) {
      const bus = chaosBus(memoryBus(options));
      return { bus, peer: bus };
    },
  },
);

/** A subscriber of topic `t`, and what it was told. */
async function listen(
  bus: Bus,
  options?: SubscribeOptions,
): Promise<{ log: string[]; subscription: Subscription }> {
  const log: string[] = [];
  const subscription = bus.subscribe('t', ({ payload }) => log.push(payload.toString()), {
    onGap: ({ reason }) => log.push(`gap ${reason}`),
    onLive: (isLive) => log.push(isLive ? 'live' : 'not live'),
    ...options,
  });
  await until('live', () => log.includes('live'));
  return { log, subscription };
}

describe('a chaos bus', () => {
  it('delivers what was appended while it was cut off, and tells when it is live', async () => {
    const inner = memoryBus();
    const bus = chaosBus(inner);
    const { log, subscription } = await listen(bus);
    const start = subscription.position;
    bus.cut();
    bus.cut();
    await inner.append('t', 'one');
    const second = await inner.append('t', 'two');
    await until('the bus has delivered', () => inner.stats().delivered === 2);
    expect(log).toEqual(['live', 'not live']);
    expect([subscription.isLive, subscription.position]).toEqual([false, start]);
    expect(bus.health()).toMatchObject({ state: 'down', lastError: 'cut by chaos' });
    await expect(bus.append('t', 'three')).rejects.toMatchObject({
      code: 'CATZ_BUS_UNAVAILABLE',
      message: 'topic t could not be appended to: cut by chaos',
    });
    bus.mend();
    bus.mend();
    await until('live again', () => log.at(-1) === 'live');
    expect(log).toEqual(['live', 'not live', 'one', 'two', 'live']);
    expect([subscription.isLive, subscription.position]).toEqual([true, second]);
    expect(bus.health().state).toBe('live');
    await bus.close();
    expect(bus.health().state).toBe('closed');
  });

  it('tells a gap in place of what was lost meanwhile', async () => {
    const inner = memoryBus();
    const bus = chaosBus(inner);
    const { log } = await listen(bus);
    bus.cut();
    await inner.append('t', 'lost');
    await until('the bus has delivered', () => inner.stats().delivered === 1);
    bus.mend('trimmed');
    await bus.append('t', 'after');
    await until('what came after', () => log.includes('after'));
    expect(log).toEqual(['live', 'not live', 'gap trimmed', 'live', 'after']);
    await bus.close();
  });

  it('delivers later, in order, and not once it is cut off', async () => {
    const bus = chaosBus(memoryBus(), { delay: 10, methods: ['deliver'] });
    const { log } = await listen(bus);
    for (const text of ['a', 'b', 'c']) await bus.append('t', text);
    await until('the first', () => log.includes('a'));
    bus.cut();
    const before = [...log];
    await new Promise((resolve) => setTimeout(resolve, 25));
    expect(log).toEqual(before);
    bus.mend();
    bus.set({ delay: 0 });
    await until('the last', () => log.includes('c'));
    expect(log.filter((text) => text.length === 1)).toEqual(['a', 'b', 'c']);
    await bus.close();
  });

  it('loses messages, confirmed or on their way', async () => {
    const inner = memoryBus();
    const bus = chaosBus(inner, { drop: true, methods: ['append'] });
    const { log } = await listen(bus);
    expect(await bus.append('t', 'a')).toBe('lost-1');
    bus.set({ methods: ['deliver'] });
    await bus.append('t', 'b');
    await until('the bus has delivered', () => inner.stats().delivered === 1);
    bus.set({ drop: false });
    await bus.append('t', 'c');
    await until('the last', () => log.includes('c'));
    expect(log).toEqual(['live', 'c']);
    await bus.close();
  });

  it('fails and hangs appends as a bus does that is not there', async () => {
    const bus = chaosBus(memoryBus(), { fail: true, methods: ['append'] });
    const code = { code: 'CATZ_BUS_UNAVAILABLE' };
    await expect(bus.append('t', 'a')).rejects.toMatchObject(code);
    // Nobody waits for this one.
    void bus.append('t', 'b');
    bus.set({ fail: false, hang: true });
    const cut = bus.append('t', 'c');
    bus.cut();
    await expect(cut).rejects.toMatchObject(code);
    bus.mend();
    bus.set({ hang: false, delay: 5 });
    const late = bus.append('t', 'd');
    bus.cut();
    await expect(late).rejects.toMatchObject(code);
    bus.mend();
    bus.set({ delay: 0, hang: true });
    const closed = bus.append('t', 'e');
    await bus.close();
    await expect(closed).rejects.toMatchObject(code);
  });

  it('counts what handlers throw, and leaves out those that ended', async () => {
    const inner = memoryBus();
    const bus = chaosBus(inner);
    const { log, subscription } = await listen(bus);
    bus.subscribe('t', () => {
      throw new Error('handler');
    });
    bus.cut();
    await inner.append('t', 'a');
    await until('the bus has delivered', () => inner.stats().delivered === 2);
    subscription[Symbol.dispose]();
    subscription.close();
    bus.mend();
    await until('it was caught', () => bus.stats().handlerErrors === 1);
    expect(log).toEqual(['live', 'not live']);
    await bus.close();
  });
});
