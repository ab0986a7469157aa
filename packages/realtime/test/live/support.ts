// What the tests of live invalidation share: a hub that remembers, and caches that are told to tell.
import Fastify from 'fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { onTestFinished, vi } from 'vitest';
import type { ChannelOptions } from '../../src/channel/definition.ts';
import { addLive } from '../../src/live/add-live.ts';
import type { LiveHub } from '../../src/live/live-hub.ts';
import type { LiveMessage } from '../../src/live/message.ts';
import { liveOption } from '../../src/live/options.ts';
import type { LiveOptions } from '../../src/live/options.ts';
import type { Projected } from '../../src/live/project.ts';
import type { PurgeSeen, WatchedCache, WatchedTiers } from '../../src/live/sources.ts';

type Listener = (event: never) => void;

/** A tiered cache that does nothing but tell. */
export class FakeTiers implements WatchedTiers {
  readonly listeners: Record<string, Set<Listener>>;

  /** @param of  another view of the same cache */
  constructor(of?: FakeTiers) {
    this.listeners = of?.listeners ?? { invalidate: new Set(), clear: new Set() };
  }

  on(event: string, listener: Listener): () => void {
    this.listeners[event]!.add(listener);
    return () => this.listeners[event]!.delete(listener);
  }

  invalidateTags(...tags: string[]): void {
    this.#tell('invalidate', { tags, soft: false });
  }

  clear(): void {
    this.#tell('clear', { namespace: '' });
  }

  get listening(): number {
    return Object.values(this.listeners).reduce((sum, { size }) => sum + size, 0);
  }

  #tell(name: string, event: object): void {
    for (const listener of this.listeners[name]!) listener(event as never);
  }
}

/** A response cache that does nothing but tell. */
export class FakeCache implements WatchedCache {
  readonly tiers: FakeTiers | undefined;
  readonly listeners = new Set<(event: PurgeSeen) => void>();

  constructor(tiers?: FakeTiers) {
    this.tiers = tiers;
  }

  onPurge(listener: (event: PurgeSeen) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  purge(...targets: string[]): void {
    this.tell({ kind: 'url', urls: targets.map((target) => ({ target })) });
  }

  tell(event: PurgeSeen): void {
    for (const listener of this.listeners) listener(event);
  }
}

/** A hub that keeps what it was given. */
export class FakeHub implements LiveHub {
  position: string | undefined = '1-0';
  readonly channels = new Map<string, ChannelOptions>();
  readonly published: LiveMessage[] = [];
  /** What publishOn rejects with, for a message. */
  fault: (message: LiveMessage) => Error | undefined = () => undefined;
  projection: Parameters<LiveHub['project']>[0] | undefined;

  define(pattern: string, options: ChannelOptions): void {
    this.channels.set(pattern, options);
  }

  project(projection: Parameters<LiveHub['project']>[0]): void {
    this.projection = projection;
  }

  async publishOn(source: string, data: unknown): Promise<string | undefined> {
    if (source !== 'cache') throw new Error(`unexpected channel ${source}`);
    const fault = this.fault(data as LiveMessage);
    if (fault !== undefined) throw fault;
    this.published.push(JSON.parse(JSON.stringify(data)) as LiveMessage);
    return '1-1';
  }

  /** What was published, without times. */
  get told(): object[] {
    return this.published.map(({ at, ...told }) => {
      if (Math.abs(Date.now() - at) > 60_000) throw new Error(`at is no time: ${at}`);
      return told;
    });
  }

  /** What a channel would get of the messages so far. */
  heardBy(channel: string): object[] {
    return this.published.flatMap((message) => {
      const projected = this.projection!.project(message, channel) as Projected | undefined;
      if (projected === undefined) return [];
      const { at: _, ...data } = JSON.parse(projected.data) as { at: number };
      return [data];
    });
  }

  /** Whether a client may subscribe. */
  async admits(channel: string, request: Partial<FastifyRequest> = {}): Promise<boolean> {
    const kind = channel.split('/')[1];
    const options = [...this.channels].find(([pattern]) => pattern.includes(`/${kind}/`))?.[1];
    const access = { channel, publish: false };
    return (await options?.authorize?.(request as FastifyRequest, {}, access)) === true;
  }
}

/** An application with live invalidation, its caches and its hub. */
export interface Stage {
  readonly app: FastifyInstance;
  readonly hub: FakeHub;
  readonly cache: FakeCache;
  readonly tiers: FakeTiers;
  readonly logged: string[];
}

/** @param found  whether the caches are there when the application looks for them */
export async function stage(options: LiveOptions | true = true, found = true): Promise<Stage> {
  const logged: string[] = [];
  const app = Fastify({
    logger: { level: 'warn', stream: { write: (line) => logged.push(line) } },
  });
  onTestFinished(() => app.close());
  const hub = new FakeHub();
  const tiers = new FakeTiers();
  const cache = new FakeCache(tiers);
  if (found) app.decorate('cache', cache).decorate('tiers', new FakeTiers(tiers));
  const error = (message: string): Error => new Error(message);
  const settings = liveOption.check(options, { path: 'options.live', error });
  if (settings === false) throw new Error('live invalidation is off');
  addLive(app, hub, settings);
  return { app, hub, cache, tiers, logged };
}

/** Timers wait until the end of the test for `nextWindow`. */
export function fakeTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
}

/** Lets the window in which invalidations are collected go by. */
export function nextWindow(): void {
  vi.advanceTimersByTime(10);
}
