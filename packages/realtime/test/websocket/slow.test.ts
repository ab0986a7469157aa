// Clients that read slowly, or never.
import { describe, expect, it } from 'vitest';
import { maskedFrame, open, openRaw, startApp, until } from './support.ts';

const SUBSCRIBE = maskedFrame('{"type":"subscribe","channel":"open/1"}');
/** Larger than what the kernel takes for a reader that sleeps. */
const PAYLOAD = 'x'.repeat(50_000);

describe('a client that never reads', () => {
  it('waits for a bounded number of bytes, is ended with 1013, and delays nobody', async () => {
    const { app, port } = await startApp({ maxBufferedBytes: 200_000 });
    const other = await open(port);
    await other.subscribe('open/1');
    const slow = await openRaw(port, { reads: false });
    slow.socket.write(SUBSCRIBE);
    await until(() => app.realtime.stats().subscriptions === 2);
    let most = 0;
    let sent = 0;
    while (app.realtime.stats().slowClosed === 0) {
      await app.realtime.publish('open/1', `${sent++}${PAYLOAD}`);
      // The other one has it before the next is published, every time.
      expect(await other.next('message')).toMatchObject({ channel: 'open/1' });
      most = Math.max(most, app.realtime.stats().bufferedBytes);
    }
    expect(most).toBeLessThanOrEqual(200_000);
    expect(most).toBeGreaterThan(100_000);
    expect(app.realtime.stats().connections.websocket).toBe(1);
    // What it was sent, it can still read, and then why it ends.
    slow.socket.resume();
    await slow.closed.catch(() => undefined);
    const tail = Buffer.concat(slow.received).subarray(-8);
    expect(tail).toEqual(Buffer.concat([Buffer.from([0x88, 6, 0x03, 0xf5]), Buffer.from('slow')]));
  });

  // With the second bound less waits than a stream tells the draining of.
  it.for([
    ['drop-oldest', 200_000, PAYLOAD],
    ['latest', 200_000, PAYLOAD],
    ['drop-oldest', 40_000, PAYLOAD.slice(0, 8_000)],
  ] as const)(
    "loses the oldest, gets a gap, and then what is newest: '%s' above %i bytes",
    async ([slow, maxBufferedBytes, payload]) => {
      const { app, port } = await startApp({
        maxBufferedBytes,
        maxMessageBytes: payload.length + 100,
        slow,
      });
      const { socket, received } = await openRaw(port, { reads: false });
      socket.write(SUBSCRIBE);
      await until(() => app.realtime.stats().subscriptions === 1);
      let sent = 0;
      while (app.realtime.stats().dropped < 10) {
        await app.realtime.publish('open/1', `${payload}:${sent++}`);
        await new Promise((resolve) => setImmediate(resolve));
        expect(app.realtime.stats().bufferedBytes).toBeLessThanOrEqual(maxBufferedBytes);
      }
      socket.resume();
      const text = () => Buffer.concat(received).toString('latin1');
      await until(() => text().includes(`:${sent - 1}"`));
      expect(text()).toContain('{"type":"gap","channel":"open/1"}');
      expect(text()).not.toContain(`:${sent - 8}"`);
      await until(() => app.realtime.stats().bufferedBytes === 0);
      await app.realtime.publish('open/1', 'after');
      await until(() => text().includes('"after"'));
    },
  );

  it('is ended after the heartbeat, where it does not answer', async () => {
    const { app, port } = await startApp({ heartbeat: 1_000 });
    const { closed } = await openRaw(port);
    await until(() => app.realtime.stats().connections.websocket === 1);
    await closed;
    await until(() => app.realtime.stats().connections.websocket === 0);
  });

  it('stays where it answers', async () => {
    const { app, port } = await startApp({ heartbeat: 1_000 });
    const client = await open(port);
    const silent = await openRaw(port);
    let pings = 0;
    client.ws.on('ping', () => pings++);
    await silent.closed;
    expect(pings).toBeGreaterThan(0);
    expect(app.realtime.stats().connections.websocket).toBe(1);
    await client.subscribe('open/1');
  });
});
