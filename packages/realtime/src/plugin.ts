// The plugin: one hub, the transports that reach it, `app.realtime`, and the streaming helpers of replies.
// Order: routes are declared at the registration, so hooks that authenticate are added before it. At preClose the hub stops
// first, then all transports say good-bye at the same time; the log ends at onClose.
// What runs is loaded by the first registration, not by who imports the package.
import type { Bus } from '@catzilla/bus';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import fp from 'fastify-plugin';
import type { ChannelOptions, ChannelOptionsOf } from './channel/definition.ts';
import { logHealth } from './health-log.ts';
import type { RealtimeHealth } from './health.ts';
import type { ConnectionFilter, PresentMember } from './hub/hub.ts';
import type { RealtimeHub } from './hub/make-hub.ts';
import { OVERHEAD } from './log/wire.ts';
import { resolveOptions } from './options.ts';
import type { RealtimeOptions, RealtimeSettings } from './options.ts';
import type { RealtimeStats } from './stats.ts';

/** What goes with a message. */
export interface PublishOptions {
  /** Name of the event: 1 to 128 characters. Default: none. */
  readonly event?: string | undefined;
  /** What it replaces, 1 to 256 characters: of several with one key the slow rule 'latest' keeps the last. Default: none. */
  readonly key?: string | undefined;
}

/** What `app.realtime` is. */
export interface Realtime {
  /** Defines the channels of a pattern: segments joined by slashes, `:name` for any one segment, `*` for the rest.
   * @throws CATZ_REALTIME_CHANNEL_NAME, CATZ_REALTIME_CHANNEL_TAKEN, CATZ_REALTIME_OPTION
   * @example
   * app.realtime.channel('orders/:id', {
   *   authorize: (request, { id }) => request.user.orders.includes(id),
   * }); */
  channel<const P extends string>(pattern: P, options: ChannelOptionsOf<P>): void;
  /** Publishes to all who have the channel, at all instances.
   * @param data  JSON, at most `maxMessageBytes` of it
   * @returns the id of the message; undefined: the bus is away, so only clients of this instance have it now
   * @throws (rejects) CATZ_REALTIME_CHANNEL_NAME, CATZ_REALTIME_UNKNOWN_CHANNEL, CATZ_REALTIME_DATA, CATZ_REALTIME_SIZE,
   *   CATZ_REALTIME_MESSAGE, CATZ_REALTIME_OPTION, CATZ_REALTIME_CLOSED */
  publish(channel: string, data: unknown, options?: PublishOptions): Promise<string | undefined>;
  /** Who is in a channel that has `presence`, at all instances. */
  presence(channel: string): readonly PresentMember[];
  /** Ends connections of this instance: all that match, or only those that `authorize` refuses now.
   * @returns how many
   * @throws (rejects) CATZ_REALTIME_OPTION: a filter with a name that is not known ends nobody */
  disconnect(filter?: ConnectionFilter): Promise<number>;
  /** Id of the newest message: a page that subscribes after it misses nothing that comes later; undefined: not known yet. */
  readonly position: string | undefined;
  /** Counts of this process. */
  stats(): RealtimeStats;
  /** State of the bus and of what waits for it. Never throws. */
  health(): RealtimeHealth;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Live channels. */
    realtime: Realtime;
  }
}

/** Messages that may be published in one turn of the loop. */
const BURST = 10_000;
/** Bytes of them. */
const BURST_BYTES = 64 * 1024 * 1024;

const plugin: FastifyPluginAsync<RealtimeOptions> = async (app, options) => {
  const settings = resolveOptions(options);
  const { RealtimeHub } = await import('./hub/make-hub.ts');
  const { decorateStreams } = await import('./stream/decorate.ts');
  const bus = settings.bus ?? (await ownBus(settings));
  const logger = app.log.child({ part: 'realtime' });
  const hub = new RealtimeHub({ settings, bus, logger });
  app.decorate('realtime', apiOf(hub));
  const closings: { close(): Promise<void> }[] = [];
  // The first of the hooks: nobody may come while the others are sent away.
  app.addHook('preClose', async () => {
    hub.stop();
    await Promise.all(closings.map((one) => one.close()));
  });
  let endLog: (() => void) | undefined;
  app.addHook('onReady', async () => {
    endLog = logHealth(() => hub.health(), logger);
  });
  app.addHook('onClose', async () => {
    endLog?.();
    await hub.close();
    if (bus !== settings.bus) await bus.close();
  });
  closings.push(decorateStreams(app, settings));
  await addRoutes(app, hub, settings, closings);
  if (settings.live !== false) {
    const { addLive } = await import('./live/add-live.ts');
    addLive(app, hub, settings.live);
  }
};

async function addRoutes(
  app: FastifyInstance,
  hub: RealtimeHub,
  settings: RealtimeSettings,
  closings: { close(): Promise<void> }[],
): Promise<void> {
  // A transport that is off is not loaded, nor what it stands on.
  if (settings.websocket) {
    const { addWebSocketRoute } = await import('./websocket/route.ts');
    closings.push(await addWebSocketRoute(app, hub, settings));
  }
  if (settings.sse) {
    const { addEventRoute } = await import('./sse/route.ts');
    closings.push(await addEventRoute(app, hub, settings));
  }
  if (settings.client) {
    const { addClientScript } = await import('./live/client-route.ts');
    await addClientScript(app, settings.path);
  }
}

/** Live channels over WebSocket and server-sent events: replay, presence, backpressure, across instances.
 * Register it after the hooks that authenticate; define channels before the application listens. It makes no scope of its own:
 * `prefix`, `logLevel` and `logSerializers` of register() are refused, and belong to a scope around it.
 * @throws CATZ_REALTIME_OPTION
 * @example
 * await app.register(realtime);
 * app.realtime.channel('prices', { public: true });
 * await app.realtime.publish('prices', { coffee: 4.2 }); */
export const realtime: FastifyPluginAsync<RealtimeOptions> = fp(plugin, {
  name: '@catzilla/realtime',
  fastify: '>=5.5.0 <6',
});

// It has to take what is published in one turn of the loop, however little is kept to replay. Of the threads of one program the
// main thread has the log, if it offers one.
async function ownBus({ maxMessageBytes: longest, history }: RealtimeSettings): Promise<Bus> {
  const { memoryBus } = await import('@catzilla/bus');
  const { threadBus } = await import('@catzilla/bus/port');
  const maxMessageBytes = longest + OVERHEAD;
  const maxLen = Math.max(history.max, BURST);
  const maxBytes = Math.max(history.maxBytes, BURST_BYTES);
  const options = { maxMessageBytes, maxLen, maxBytes };
  return threadBus({ ...options, maxInFlight: maxLen }) ?? memoryBus(options);
}

function apiOf(hub: RealtimeHub): Realtime {
  return {
    // The params of a pattern are what its names are taken apart into.
    channel: (pattern, options) => hub.define(pattern, options as ChannelOptions),
    publish: (channel, data, options) => hub.publish(channel, data, options),
    presence: (channel) => hub.presence(channel),
    disconnect: (filter) => hub.disconnect(filter),
    get position() {
      return hub.position;
    },
    stats: () => hub.stats(),
    health: () => hub.health(),
  };
}
