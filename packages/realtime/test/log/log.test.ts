import { errors as busErrors } from '@catzilla/bus';
import { describe, expect, it, vi } from 'vitest';
import { Log } from '../../src/log/log.ts';
import type { RingBounds } from '../../src/log/ring.ts';
import { ScriptServer, settle } from '../support/script-bus.ts';

function open(bounds: RingBounds = { max: 100, maxBytes: 1e6 }, server = new ScriptServer()) {
  const bus = server.bus();
  const told: string[] = [];
  const log = new Log({
    bus,
    topic: 't',
    bounds,
    onEntry: ({ delivery, turn }) => {
      told.push(turn === undefined ? delivery.data : `again ${delivery.data}`);
    },
    onLocal: ({ data, id }) => told.push(`here ${data} ${id}`),
    onGap: () => told.push('gap'),
    onReached: () => told.push('reached'),
    onGivenUp: () => told.push('given up'),
  });
  // The mark of an empty log is for nobody.
  const heard = (): string[] => told.filter((text) => text !== 'null');
  return { server, bus, log, heard };
}

function message(data: unknown, channel = 'a') {
  return { channel, data: JSON.stringify(data), event: undefined, key: undefined };
}

describe('the log', () => {
  it('has a place also where nothing was published yet', async () => {
    const { log, heard, server } = open();
    expect(log.isReached).toBe(false);
    await settle();
    expect(log.isReached).toBe(true);
    expect(log.ring.lastId).toBe('p1');
    expect(heard()).toEqual(['reached']);
    const second = open(undefined, server);
    await settle();
    expect([second.log.ring.lastId, second.log.isReached]).toEqual(['p1', true]);
    expect(server.all).toHaveLength(1);
  });

  it('reads what was there before into the ring, and tells only what comes after', async () => {
    const { log, server } = open();
    await settle();
    for (const data of [1, 2]) await log.publish(message(data));
    const late = open(undefined, server);
    await settle();
    await log.publish(message(3));
    await settle();
    expect(late.heard()).toEqual(['reached', '3']);
    expect(late.log.ring.size).toBe(4);
  });

  it('tells what the bus does not take here, at once, and appends it later, once', async () => {
    const { log, heard, bus, server } = open();
    const other = open(undefined, server);
    await settle();
    bus.cut();
    expect(await log.publish(message(1))).toBeUndefined();
    expect(await log.publish(message(2))).toBeUndefined();
    expect(heard()).toEqual(['reached', 'here 1 undefined', 'here 2 undefined']);
    expect([log.pending, log.turn]).toEqual([2, 2]);
    bus.restore();
    await vi.waitFor(() => expect(log.pending).toBe(0));
    await settle();
    expect(heard().slice(3)).toEqual(['again 1', 'again 2']);
    expect(other.heard()).toEqual(['reached', '1', '2']);
    expect(log.ring.lastId).toBe('p3');
  });

  it('puts what is published behind what waits', async () => {
    const { log, bus, server } = open();
    const other = open(undefined, server);
    await settle();
    bus.cut();
    await log.publish(message(1));
    bus.isConnected = true;
    expect(await log.publish(message(2))).toBeUndefined();
    bus.restore();
    await vi.waitFor(() => expect(other.heard()).toEqual(['reached', '1', '2']));
  });

  it('knows a message that was taken though the answer was lost', async () => {
    const { log, bus, heard } = open();
    await settle();
    bus.losesAnswers = true;
    expect(await log.publish(message(1))).toBe('p2');
    expect(log.pending).toBe(0);
    await settle();
    expect(heard()).toEqual(['reached', '1']);
  });

  it('gives up the oldest where more waits than its bounds', async () => {
    const { log, bus, heard } = open({ max: 2, maxBytes: 1e6 });
    await settle();
    bus.cut();
    for (const data of [1, 2, 3]) await log.publish(message(data));
    expect(log.pending).toBe(2);
    expect(heard().filter((text) => text === 'given up')).toHaveLength(1);
  });

  it('tells no second time what it gave up and the bus had taken after all', async () => {
    const { log, bus, server, heard } = open({ max: 1, maxBytes: 1e6 });
    await settle();
    bus.cut();
    const append = vi.spyOn(bus, 'append').mockImplementation(async (topic, payload, options) => {
      server.take(topic, String(payload), bus.origin, options?.id);
      throw new busErrors.UNAVAILABLE(topic, 'the answer was lost');
    });
    for (const data of [1, 2]) await log.publish(message(data));
    expect(heard()).toContain('given up');
    append.mockRestore();
    bus.restore();
    await settle();
    expect(heard().slice(-2)).toEqual(['again 1', 'again 2']);
    expect(heard()).not.toContain('1');
  });

  it('gives up by bytes too, but keeps one', async () => {
    const { log, bus } = open({ max: 100, maxBytes: 300 });
    await settle();
    bus.cut();
    for (let count = 0; count < 5; count++) await log.publish(message('x'.repeat(100)));
    expect(log.pending).toBeLessThan(3);
    await log.publish(message('x'.repeat(1_000)));
    expect(log.pending).toBe(1);
  });

  it('tells a gap, knows no place before it, and has one after it', async () => {
    const { log, bus, heard } = open();
    await settle();
    const id = await log.publish(message(1));
    await settle();
    bus.gap();
    expect(log.ring.sequenceOf(id!)).toBeUndefined();
    await settle();
    expect(heard()).toEqual(['reached', '1', 'gap']);
    expect(log.ring.lastId).toBe('p3');
  });

  it('takes what it cannot read for a gap', async () => {
    const { bus, heard, log } = open();
    await settle();
    await bus.append('t', 'of another version');
    await settle();
    await log.publish(message(1));
    await settle();
    expect(heard()).toEqual(['reached', 'gap', '1']);
  });

  it('is not reached while the bus is away, and tells here all the same', async () => {
    const server = new ScriptServer();
    const { log, bus, heard } = open(undefined, server);
    bus.cut();
    await log.publish(message(1));
    await settle();
    expect([log.isReached, heard()]).toEqual([false, ['here 1 undefined']]);
    bus.restore();
    await vi.waitFor(() => expect(log.pending).toBe(0));
    await settle();
    expect(heard()).toEqual(['here 1 undefined', 'reached', 'again 1']);
  });

  it('says what the bus refuses for its size', async () => {
    const { log, bus } = open();
    await settle();
    bus.refusal = new busErrors.SIZE(10, '20 bytes');
    await expect(log.publish(message(1))).rejects.toMatchObject({
      code: 'CATZ_REALTIME_SIZE',
      statusCode: 413,
      cause: bus.refusal,
    });
    expect(log.pending).toBe(0);
  });

  it('does not let what the bus refuses for its size hold up what follows', async () => {
    const { log, bus, server, heard } = open();
    await settle();
    bus.cut();
    await log.publish(message(1));
    await log.publish(message('large'));
    const append = vi.spyOn(bus, 'append').mockImplementation(async (topic, payload, options) => {
      if (String(payload).includes('large')) throw new busErrors.SIZE(10, '20 bytes');
      return server.take(topic, String(payload), bus.origin, options?.id);
    });
    bus.restore();
    await vi.waitFor(() => expect(log.pending).toBe(0));
    expect(heard().filter((text) => text === 'given up')).toHaveLength(1);
    expect(await log.publish(message(2))).toBeTypeOf('string');
    append.mockRestore();
  });

  it('takes any other fault of the bus for its absence', async () => {
    const { log, bus, heard } = open();
    await settle();
    bus.refusal = new TypeError('what a bus of somebody else throws');
    expect(await log.publish(message(1))).toBeUndefined();
    expect(heard().at(-1)).toBe('here 1 undefined');
  });

  it.each(['', 'x'.repeat(129)])('does not wait for what is no id: %j', async (id) => {
    const { log } = open();
    await settle();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      expect(await log.hasSoon(id)).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  it('ends, and appends what waits if the bus takes it then', async () => {
    const { log, bus, server } = open();
    await settle();
    bus.cut();
    await log.publish(message(1));
    const waiting = log.hasSoon('nowhere');
    bus.isConnected = true;
    await log.close();
    await log.close();
    expect(await waiting).toBe(false);
    expect(server.all.at(-1)!.payload.toString()).toMatch(/\n1$/);
    await expect(log.publish(message(2))).rejects.toMatchObject({ code: 'CATZ_REALTIME_CLOSED' });
    expect(await log.hasSoon('nowhere')).toBe(false);
  });

  it('ends also where the bus does not answer', async () => {
    const { log, bus } = open();
    await settle();
    bus.cut();
    await log.publish(message(1));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      bus.append = () => new Promise(() => undefined);
      let isClosed = false;
      const closing = log.close().then(() => (isClosed = true));
      await settle();
      expect(isClosed).toBe(false);
      await vi.advanceTimersByTimeAsync(1_000);
      await closing;
    } finally {
      vi.useRealTimers();
    }
  });

  it('refuses what is under way when it is closed and the bus is away', async () => {
    const { log, bus } = open();
    await settle();
    bus.cut();
    const publishing = log.publish(message(1));
    void log.close();
    await expect(publishing).rejects.toMatchObject({ code: 'CATZ_REALTIME_CLOSED' });
  });

  it('forgets what was taken and never came back', async () => {
    const { log, bus } = open({ max: 1, maxBytes: 1e6 });
    await settle();
    bus.cut();
    for (let count = 0; count < 20; count++) await log.publish(message(count));
    expect(log.turn).toBe(20);
    expect(log.pending).toBe(1);
  });
});
