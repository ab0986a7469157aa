// A thousand clients, and the application closes.
import { describe, expect, it } from 'vitest';
import { maskedFrame, open, openRaw, startApp, until } from '../websocket/support.ts';
import type { Client } from '../websocket/support.ts';

const CLIENTS = 1000;
const CLOSE_DELAY = 2000;
/** What hangs never ends; how long it took is printed, for a busy machine may take longer. */
const HANGS = CLOSE_DELAY + 20_000;

async function openAll<T>(count: number, openOne: () => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  while (all.length < count) {
    all.push(...(await Promise.all(Array.from({ length: 50 }, openOne))));
  }
  return all;
}

describe('with 1,000 clients, the application closes', () => {
  it('within closeDelay and a little, each told when to come back, then 1001', async () => {
    const { app, port } = await startApp({ closeDelay: CLOSE_DELAY });
    const clients = await openAll(CLIENTS, () => open(port));
    const ended: Promise<{ code: number }>[] = clients.map((client: Client) => client.closed);
    const start = performance.now();
    await app.close();
    const took = performance.now() - start;
    for (const { code } of await Promise.all(ended)) expect(code).toBe(1001);
    const retries = new Set<number>();
    for (const { heard } of clients) {
      expect(heard.map(({ type }) => type)).toEqual(['closing']);
      retries.add(heard[0]!['retry'] as number);
    }
    expect(retries.size).toBeGreaterThan(CLIENTS / 10);
    process.stdout.write(`${CLIENTS} WebSockets closed in ${Math.round(took)} ms\n`);
    expect(took).toBeLessThan(HANGS);
  });

  it('within closeDelay and a little, though none of them reads or answers', async () => {
    const { app, port } = await startApp({ closeDelay: CLOSE_DELAY });
    const clients = await openAll(CLIENTS, () => openRaw(port, { reads: false }));
    const subscribe = maskedFrame('{"type":"subscribe","channel":"open/1"}');
    for (const { socket } of clients) socket.write(subscribe);
    await until(() => app.realtime.stats().subscriptions === CLIENTS);
    const start = performance.now();
    await app.close();
    const took = performance.now() - start;
    process.stdout.write(`${CLIENTS} WebSockets closed in ${Math.round(took)} ms\n`);
    expect(took).toBeLessThan(HANGS);
    expect(app.realtime.stats().connections.websocket).toBe(0);
  });
});
