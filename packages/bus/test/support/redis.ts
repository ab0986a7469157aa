// What tests with real servers share. A server is started when a test first needs it, so that a file of which all is
// skipped starts none. Whatever is opened by `open…` is closed when its test ends.
import { afterAll, beforeAll, describe, expect, it as vitestIt, onTestFinished, vi } from 'vitest';
import type { TestContext } from 'vitest';
import { streamBus } from '../../src/index.ts';
import type { Bus, Message, StreamBusOptions, SubscribeOptions } from '../../src/index.ts';
import { connectRedis } from '../../src/redis/index.ts';
import type { RedisConnection, RedisOptions, RedisRole } from '../../src/redis/index.ts';
import { redisSkipReason, startRedis, until, useDriver } from '../../src/testing/index.ts';
import type { RedisServer, StartRedisOptions } from '../../src/testing/index.ts';

/** A test that needs a server: left out, by name and counted, with CATZ_SKIP_REDIS=1. */
export function it(title: string, work: (context: TestContext) => Promise<void>): void {
  vitestIt(title, async (context) => {
    const reason = redisSkipReason();
    if (reason !== undefined) context.skip(reason);
    const prints = (['log', 'info', 'warn', 'error'] as const).map((name) =>
      vi.spyOn(console, name),
    );
    try {
      await work(context);
      for (const print of prints) expect(print).not.toHaveBeenCalled();
    } finally {
      vi.restoreAllMocks();
    }
  });
}

/** Runs a suite once per version of the driver. */
export function onEachDriver(suite: (driver: string) => void): void {
  for (const driver of ['ioredis5', 'ioredis']) {
    describe(`on ${driver === 'ioredis' ? 'ioredis 6' : 'ioredis 5'}`, () => {
      let undo = (): void => undefined;
      beforeAll(() => {
        undo = useDriver(driver);
      });
      afterAll(() => undo());
      suite(driver);
    });
  }
}

/** One server for the tests of a file. */
export function sharedRedis(options: StartRedisOptions = {}): () => Promise<RedisServer> {
  let server: Promise<RedisServer> | undefined;
  afterAll(async () => (await server)?.stop());
  return () => (server ??= startRedis(options));
}

/** A server that one test kills, stops or fills. */
export async function ownRedis(options: StartRedisOptions = {}): Promise<RedisServer> {
  const server = await startRedis(options);
  onTestFinished(() => server.stop());
  return server;
}

let serial = 0;

/** A prefix no other test has. */
export function uniquePrefix(): string {
  return `t${process.pid}-${serial++}`;
}

/** Appends are waited for, however busy the machine, where a test does not say how long. */
export function openBus(options: StreamBusOptions): Bus {
  const bus = streamBus({ deadline: 5_000, ...options });
  onTestFinished(() => bus.close());
  return bus;
}

/** A connection, and the states it told. */
export function openConnection(
  options: RedisOptions,
  role: RedisRole = 'commands',
): { readonly connection: RedisConnection; readonly states: string[] } {
  const states: string[] = [];
  const connection = connectRedis(options, { role, onState: (state) => states.push(state) });
  onTestFinished(() => connection.close());
  return { connection, states };
}

/** Subscribes, and keeps in one list, in order, what was told: texts of messages, `gap <reason>`, 'live', 'lost'. */
export function listen(bus: Bus, topic: string, options: SubscribeOptions = {}) {
  const log: string[] = [];
  const handler = ({ payload }: Message): number => log.push(payload.toString());
  const subscription = bus.subscribe(topic, handler, {
    onGap: ({ reason }) => log.push(`gap ${reason}`),
    onLive: (isLive) => log.push(isLive ? 'live' : 'lost'),
    ...options,
  });
  return { log, subscription };
}

/** Appends, again and again with one id, until the bus has it. */
export async function appendSurely(bus: Bus, topic: string, text: string): Promise<void> {
  await until(`${text} to be appended`, async () => bus.append(topic, text, { id: text }));
}

/** `from` up to, not including, `to`, as texts. */
export function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => String(from + index));
}
