// What no client would send, and sockets that break: the process lives on, and nothing is left behind.
import { Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { maskedFrame, open, openRaw, startApp, until } from './support.ts';
import type { RawClient } from './support.ts';

/** mulberry32 (Tommy Ettinger, public domain). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Bytes after the handshake: noise, and frames that are almost right. */
function makeNoise(random: () => number): Buffer {
  const int = (below: number): number => Math.floor(random() * below);
  const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, () => int(256)));
  const parts = Array.from({ length: 1 + int(6) }, () => {
    switch (int(6)) {
      case 0:
        return noise(int(300));
      case 1:
        // A text frame of noise.
        return maskedFrame(noise(int(200)));
      case 2:
        // Any first byte: reserved bits and opcodes, fragments, control frames that are too long.
        return maskedFrame(noise(int(200)), int(256));
      case 3:
        // JSON that is no request.
        return maskedFrame(JSON.stringify({ type: 'publish', channel: int(9), data: int(9) }));
      case 4:
        // A length that never comes.
        return Buffer.concat([Buffer.from([0x81, 0xff]), noise(8)]);
      default:
        // Not masked, as a client's must be.
        return Buffer.from([0x81, 3, 0x61, 0x62, 0x63]);
    }
  });
  return Buffer.concat(parts);
}

describe('noise after the handshake', () => {
  it.for([1, 2, 3, 4])('does no harm, seed %i', async (seed) => {
    const { app, port } = await startApp({ maxMessageBytes: 2000 });
    const random = seeded(seed);
    const witness = await open(port);
    await witness.subscribe('open/1');
    await Promise.all(
      Array.from({ length: 100 }, async () => {
        const bytes = makeNoise(random);
        const { socket, closed } = await openRaw(port);
        socket.removeAllListeners('error').on('error', () => undefined);
        for (let at = 0; at < bytes.length && !socket.destroyed;) {
          const size = 1 + Math.floor(random() * 100);
          socket.write(bytes.subarray(at, at + size));
          at += size;
        }
        socket.end();
        await closed;
      }),
    );
    await until(() => app.realtime.stats().connections.websocket === 1);
    await app.realtime.publish('open/1', `after ${seed}`);
    expect(await witness.next('message'), `seed ${seed}`).toMatchObject({ data: `after ${seed}` });
  });
});

describe('connections that are reset', () => {
  it('leave nothing behind: 1,000 at once', async () => {
    const { app, port } = await startApp();
    const clients: RawClient[] = [];
    for (let at = 0; at < 1000; at += 100) {
      clients.push(...(await Promise.all(Array.from({ length: 100 }, () => openRaw(port)))));
    }
    const subscribe = maskedFrame('{"type":"subscribe","channel":"open/1"}');
    for (const { socket } of clients) socket.write(subscribe);
    await until(() => app.realtime.stats().subscriptions === 1000);
    for (const { socket } of clients) socket.resetAndDestroy();
    // Written to sockets that are gone.
    for (let at = 0; at < 20; at++) await app.realtime.publish('open/1', 'x'.repeat(1000));
    await until(() => app.realtime.stats().connections.websocket === 0);
    expect(app.realtime.stats()).toMatchObject({ subscriptions: 0, channels: 0, bufferedBytes: 0 });
    const count = await new Promise((resolve) =>
      app.server.getConnections((_error, open) => resolve(open)),
    );
    expect(count).toBe(0);
  });

  it('in the middle of an answer, do no harm', async () => {
    let go = (): void => undefined;
    const { app, port } = await startApp({}, (it) =>
      it.realtime.channel('slow', {
        authorize: () => new Promise<boolean>((resolve) => (go = () => resolve(true))),
      }),
    );
    const { socket } = await openRaw(port);
    socket.write(maskedFrame('{"type":"subscribe","channel":"slow"}'));
    socket.write(maskedFrame('{"type":"subscribe","channel":"open/1"}'));
    const arrived = go;
    await until(() => go !== arrived);
    socket.resetAndDestroy();
    await until(() => app.realtime.stats().connections.websocket === 0);
    go();
    await new Promise((resolve) => setImmediate(resolve));
    expect(app.realtime.stats()).toMatchObject({ subscriptions: 0, channels: 0 });
  });
});

describe('many messages of one turn', () => {
  it('leave in one write, and arrive whole and in order', async () => {
    const { app, port } = await startApp();
    const clients = await Promise.all(Array.from({ length: 5 }, () => open(port)));
    await Promise.all(clients.map((client) => client.subscribe('open/1')));
    // Of all sockets of this process: the clients write nothing now.
    const write = vi.spyOn(Socket.prototype, 'write');
    onTestFinished(() => write.mockRestore());
    await Promise.all(
      Array.from({ length: 100 }, (_, at) => app.realtime.publish('open/1', { at })),
    );
    for (const client of clients) {
      for (let at = 0; at < 100; at++) {
        expect(await client.next('message')).toMatchObject({ data: { at } });
      }
    }
    expect(write).toHaveBeenCalledTimes(5);
    const [first] = write.mock.calls[0]!;
    for (const [bytes] of write.mock.calls) expect(bytes).toBe(first);
  });
});
