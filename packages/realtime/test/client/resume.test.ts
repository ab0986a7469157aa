// The client against the real server, with connections that are cut at random: each subscription gets what was published after
// its place, in order, each once.
import Fastify from 'fastify';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { connect } from '../../src/client/index.ts';
import { realtime } from '../../src/index.ts';

const CHANNELS = ['news/a', 'news/b', 'news/c'];
const STEPS = 400;

interface Entry {
  readonly id: string;
  readonly channel: string;
}

interface Wanted {
  readonly channel: string;
  /** Place in the list of what was published. */
  readonly from: number;
  readonly heard: unknown[];
  end: () => void;
}

it.each([1, 2, 106, 110, 113, 116])(
  'loses nothing and gets nothing twice, seed %i',
  async (seed) => {
    const random = seeded(seed);
    vi.spyOn(Math, 'random').mockImplementation(() => random() * 0.01);
    const app = Fastify();
    const sockets: WebSocket[] = [];
    class Cut extends WebSocket {
      constructor(url: string) {
        super(url);
        sockets.push(this);
      }
    }
    await app.register(realtime, { closeDelay: 0, maxConnections: 10_000 });
    app.realtime.channel('news/:topic', { public: true });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const client = connect(`http://127.0.0.1:${port}/realtime`, { WebSocket: Cut });
    onTestFinished(async () => {
      client.close();
      vi.restoreAllMocks();
      await app.close();
    });
    const gaps: string[] = [];
    client.onGap((channel) => gaps.push(channel));

    const log: Entry[] = [];
    const wanted = new Map<string, Wanted>();
    const publish = async (): Promise<void> => {
      const channel = pick(CHANNELS, random);
      const id = await app.realtime.publish(channel, log.length);
      log.push({ id: id!, channel });
    };
    const subscribe = (channel: string): void => {
      wanted.get(channel)?.end();
      const from = Math.floor(random() * log.length);
      const one: Wanted = { channel, from, heard: [], end: () => {} };
      one.end = client.subscribe(channel, (data) => one.heard.push(data), { after: log[from]!.id });
      wanted.set(channel, one);
    };
    const expected = ({ channel, from }: Wanted): number[] =>
      log.flatMap((entry, n) => (entry.channel === channel && n > from ? [n] : []));

    await publish();
    for (let step = 0; step < STEPS; step++) {
      const dice = random();
      if (dice < 0.6) await publish();
      else if (dice < 0.7) subscribe(pick(CHANNELS, random));
      else if (dice < 0.8) sockets.at(-1)!.terminate();
      else await new Promise((resolve) => setTimeout(resolve, random() * 4));
    }
    const failure = `seed ${seed}`;
    for (const one of wanted.values()) {
      await vi.waitFor(() => expect(one.heard.at(-1), failure).toBe(expected(one).at(-1)), 10_000);
    }
    for (const one of wanted.values()) expect(one.heard, failure).toEqual(expected(one));
    expect(gaps, failure).toEqual([]);
    expect(sockets.length, failure).toBeGreaterThan(5);
  },
);

function pick<T>(list: readonly T[], random: () => number): T {
  return list[Math.floor(random() * list.length)]!;
}

// mulberry32
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
