// Ten thousand WebSockets on loopback: all connect, get one broadcast each, and are gone; and again.
import { describe, expect, it } from 'vitest';
import { roomFor, runCrowd } from './crowd/crowd.mjs';

const CLIENTS = 10_000;

describe('ten thousand clients', () => {
  it('get a broadcast each, and leave nothing behind', async (context) => {
    const room = roomFor();
    if (room < CLIENTS) {
      context.skip(`${CLIENTS} sockets need more open files than \`ulimit -n\` allows: ${room}`);
    }
    const { bytesPerConnection, rss, seen, stats } = await runCrowd(CLIENTS);
    for (const one of seen) {
      expect(one).toEqual({
        subscribed: CLIENTS,
        messages: CLIENTS,
        ended: 0,
        connections: CLIENTS,
        subscriptions: CLIENTS,
      });
    }
    expect(stats).toMatchObject({
      connections: { websocket: 0 },
      channels: 0,
      subscriptions: 0,
      delivered: 2 * CLIENTS,
      bufferedBytes: 0,
      slowClosed: 0,
      refused: 0,
    });
    const toMb = (bytes: number): string => (bytes / 1e6).toFixed(0);
    process.stdout.write(
      `${CLIENTS} WebSockets: ${bytesPerConnection} B of resident memory each; MB before ${toMb(rss.before)}, ` +
        `with all ${rss.full.map(toMb).join(', ')}, after ${rss.after.map(toMb).join(', ')}\n`,
    );
    // The first crowd leaves what a process keeps for good, code and room in the heap; the second must leave no more.
    expect(rss.after[1]).toBeLessThan(rss.after[0]! * 1.1);
    expect(bytesPerConnection).toBeLessThan(40_000);
  });
});
