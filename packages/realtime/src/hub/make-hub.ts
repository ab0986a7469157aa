// The hub: connections, their channels, and what they are given, over one log.
// Invariant: a subscription begins after everything was asked; a connection that is gone gets nothing any more, whatever was
// under way for it.
// Who has which channel is subscriptions.ts, order and replay fan-out.ts, the log ../log, who is there ../presence; transports
// know this as Hub.
import { randomBytes } from 'node:crypto';
import type { Bus } from '@catzilla/bus';
import type { FastifyBaseLogger } from 'fastify';
import { defineChannel } from '../channel/definition.ts';
import type { ChannelOptions } from '../channel/definition.ts';
import { checkChannelName } from '../channel/name.ts';
import { ChannelRegistry } from '../channel/registry.ts';
import type { ChannelMatch } from '../channel/registry.ts';
import type { Connection } from '../connection/connection.ts';
import { Delivery } from '../delivery.ts';
import { errors } from '../errors.ts';
import type { RealtimeHealth } from '../health.ts';
import { Log } from '../log/log.ts';
import type { LogMessage } from '../log/wire.ts';
import type { RealtimeSettings } from '../options.ts';
import { Presence } from '../presence/presence.ts';
import { newTally } from '../stats.ts';
import type { RealtimeStats } from '../stats.ts';
import { askUndoubted, authorize } from './authorize.ts';
import type { Client } from './client.ts';
import { disconnect } from './disconnect.ts';
import { FanOut } from './fan-out.ts';
import type {
  ClientMessage,
  ConnectionFilter,
  InnerHub,
  PresentMember,
  Projection,
  Subscribed,
} from './hub.ts';
import { healthOf } from './health-of.ts';
import { besideOf, messageOf } from './message.ts';
import { presenceOf } from './presence-of.ts';
import { Subscriptions } from './subscriptions.ts';
import type { Wanted } from './subscriptions.ts';
import { validate } from './validate.ts';

/** What a hub is made of. */
export interface HubOptions {
  readonly settings: RealtimeSettings;
  readonly bus: Bus;
  readonly logger: FastifyBaseLogger;
  /** Of presence, for tests. */
  readonly presence?: { readonly every: number; readonly lost: number } | undefined;
}

const NOTHING_BESIDE = { event: undefined, key: undefined } as const;
/** Requests of one connection that may be under way. */
const MAX_BUSY = 128;

export class RealtimeHub implements InnerHub {
  readonly tally: ReturnType<typeof newTally> = newTally();
  readonly #options: HubOptions;
  readonly #registry = new ChannelRegistry();
  readonly #clients = new Map<Connection, Client>();
  readonly #fanOut: FanOut;
  readonly #log: Log;
  readonly #subscriptions: Subscriptions;
  /** Resolves when the log was reached, or was waited for long enough. */
  readonly #isReady: Promise<void>;
  #setReady: () => void = () => undefined;
  readonly #readyTimer: NodeJS.Timeout;
  #presence: Presence | undefined;
  /** Member ids begin with it: no other instance has it. */
  readonly #name = randomBytes(9).toString('base64url');
  #serial = 0;
  #isClosing = false;
  /** Those whose channels are being ended. */
  readonly #leaving: Client[] = [];

  constructor(options: HubOptions) {
    const { settings, bus, logger } = options;
    this.#options = options;
    this.#isReady = new Promise((resolve) => (this.#setReady = resolve));
    this.#readyTimer = setTimeout(this.#setReady, settings.replayTimeout).unref();
    this.#fanOut = new FanOut({
      ring: () => this.#log.ring,
      tally: this.tally,
      logger,
      maxBufferedBytes: settings.maxBufferedBytes,
    });
    this.#log = new Log({
      bus,
      topic: `realtime:${settings.name}`,
      bounds: settings.history,
      onEntry: (entry) => this.#fanOut.give(entry),
      onLocal: (delivery) => this.#fanOut.giveLocal(delivery),
      onGap: () => this.#fanOut.gap(),
      onReached: () => {
        // Whoever did not wait for it knows nothing of what others published meanwhile.
        this.#fanOut.gap();
        this.#setReady();
      },
      onGivenUp: () =>
        logger.warn(
          'a message was given up: the bus was away for too long, or it is too long for it',
        ),
    });
    this.#subscriptions = new Subscriptions({
      fanOut: this.#fanOut,
      log: this.#log,
      presence: () => this.#presence,
    });
  }

  get position(): string | undefined {
    return this.#log.isReached ? this.#log.ring.lastId : undefined;
  }

  positionOf(connection: Connection): string | undefined {
    const client = this.#clients.get(connection);
    return client?.isBehind === true ? this.#log.ring.idOf(client.cursor) : this.position;
  }

  define(pattern: string, options: ChannelOptions): void {
    const definition = defineChannel(pattern, options);
    this.#registry.add(definition);
    if (definition.presence !== false) this.#presence ??= this.#startPresence();
  }

  project(projection: Projection): void {
    this.#fanOut.addProjection(projection);
  }

  admit(): void {
    if (this.#isClosing) throw this.#refuse(new errors.CLOSED());
    if (this.#clients.size >= this.#options.settings.maxConnections) {
      throw this.#refuse(new errors.CONNECTIONS_LIMIT());
    }
  }

  add(connection: Connection): void {
    if (this.#clients.has(connection)) return;
    this.admit();
    this.#clients.set(connection, {
      connection,
      subscriptions: new Map(),
      memberId: `${this.#name}-${(this.#serial++).toString(36)}`,
      cursor: 0,
      isBehind: false,
      stuckSince: 0,
      onLive: [],
      reserved: 0,
      busy: 0,
      doubts: 0,
      isGone: false,
    });
  }

  remove(connection: Connection): void {
    const client = this.#clients.get(connection);
    if (client === undefined) return;
    this.#clients.delete(connection);
    client.isGone = true;
    this.#leaving.push(client);
    // Others may be too slow to be told of it, and leave as well: one after another, for one within another fills the stack.
    if (this.#leaving.length > 1) return;
    try {
      for (const one of this.#leaving) this.#subscriptions.release(one);
    } finally {
      this.#leaving.length = 0;
    }
  }

  subscribe(
    connection: Connection,
    channels: readonly string[],
    after: string | undefined,
  ): Promise<readonly Subscribed[]> {
    return this.#asked(connection, async (client) => {
      const names = [...new Set(channels.map(checkChannelName))];
      const fresh = names.filter((name) => !client.subscriptions.has(name));
      const { maxChannelsPerConnection } = this.#options.settings;
      const sum = client.subscriptions.size + client.reserved + fresh.length;
      if (sum > maxChannelsPerConnection) throw new errors.CHANNELS_LIMIT();
      client.reserved += fresh.length;
      let wanted: readonly Wanted[];
      try {
        const matches = fresh.map((name) => ({ name, match: this.#find(name) }));
        wanted = await askUndoubted(client, async () => {
          const granted = await Promise.all(matches.map((match) => this.#ask(client, match)));
          await this.#isReady;
          if (after !== undefined && this.#log.isReached) await this.#log.hasSoon(after);
          return granted;
        });
      } finally {
        client.reserved -= fresh.length;
      }
      if (client.isGone || this.#isClosing) throw new errors.CLOSED();
      const gap = this.#subscriptions.begin(client, wanted, after);
      await this.#isGivenAll(client);
      const id = this.positionOf(connection);
      return channels.map((name) => ({
        id,
        gap: gap && fresh.includes(name),
        members: client.subscriptions.get(name)?.channel.match.definition.presence
          ? this.presence(name)
          : undefined,
      }));
    });
  }

  unsubscribe(connection: Connection, channel: string): boolean {
    const client = this.#clients.get(connection);
    return client !== undefined && this.#subscriptions.end(client, channel);
  }

  publishFrom(connection: Connection, message: ClientMessage): Promise<string | undefined> {
    return this.#asked(connection, async (client) => {
      const { channel } = message;
      const match = this.#find(checkChannelName(channel));
      if (!match.definition.publish) throw new errors.PUBLISH_OFF();
      const ready = messageOf(message, this.#options.settings.maxMessageBytes);
      const subscription = client.subscriptions.get(channel);
      if (subscription?.mayPublish !== true) {
        const { request } = connection;
        const { logger } = this.#options;
        const access = { channel, publish: true };
        await askUndoubted(client, () => authorize(match, request, access, logger));
        if (client.isGone) throw new errors.CLOSED();
        if (subscription !== undefined) subscription.mayPublish = true;
      }
      validate(match.definition, message.data, this.#options.logger);
      return this.#publish(ready);
    });
  }

  /** Publishes for the application.
   * @throws (rejects) CATZ_REALTIME_CHANNEL_NAME, UNKNOWN_CHANNEL, OPTION, MESSAGE, DATA, SIZE, CLOSED */
  async publish(
    channel: string,
    data: unknown,
    options?: { readonly event?: string | undefined; readonly key?: string | undefined },
  ): Promise<string | undefined> {
    if (this.#registry.find(checkChannelName(channel)) === undefined) {
      throw new errors.UNKNOWN_CHANNEL();
    }
    const { event, key } = options === undefined ? NOTHING_BESIDE : besideOf(options);
    const { maxMessageBytes } = this.#options.settings;
    return this.#publish(messageOf({ channel, data, event, key }, maxMessageBytes));
  }

  async publishOn(source: string, data: unknown): Promise<string | undefined> {
    const { maxMessageBytes } = this.#options.settings;
    const message = { channel: source, data, event: undefined, key: undefined };
    return this.#publish(messageOf(message, maxMessageBytes));
  }

  /** Who is in a channel, over all instances. */
  presence(channel: string): readonly PresentMember[] {
    return this.#presence?.members(channel) ?? [];
  }

  /** Ends connections, at once or where `authorize` refuses now.
   * @returns how many
   * @throws (rejects) CATZ_REALTIME_OPTION */
  disconnect(filter?: ConnectionFilter): Promise<number> {
    return disconnect(this.#clients.values(), filter, this.#options.logger);
  }

  stats(): RealtimeStats {
    const connections = { websocket: 0, sse: 0 };
    let bufferedBytes = 0;
    for (const { transport, bufferedBytes: bytes } of this.#clients.keys()) {
      connections[transport]++;
      bufferedBytes += bytes;
    }
    return {
      ...this.tally,
      connections,
      channels: this.#fanOut.channels.size,
      subscriptions: this.#subscriptions.size,
      bufferedBytes,
      pending: this.#log.pending,
    };
  }

  health(): RealtimeHealth {
    if (this.#isClosing) return { state: 'closed', reasons: ['the application is closing'] };
    return healthOf(this.#options.bus, this.#log);
  }

  /** Nobody comes any more, and those who are here are no longer present elsewhere. Idempotent. */
  stop(): void {
    this.#isClosing = true;
    this.#presence?.close();
    this.#setReady();
  }

  /** Ends the log. Idempotent. */
  async close(): Promise<void> {
    this.stop();
    clearTimeout(this.#readyTimer);
    this.#fanOut.close();
    await this.#log.close();
  }

  // What a client asks for: refused ones are counted, and no client has too many under way.
  async #asked<T>(connection: Connection, work: (client: Client) => Promise<T>): Promise<T> {
    const client = this.#clients.get(connection);
    if (client === undefined || this.#isClosing) throw new errors.CLOSED();
    if (client.busy >= MAX_BUSY) {
      throw this.#refuse(new errors.MESSAGE(`at most ${MAX_BUSY} requests at a time`));
    }
    client.busy++;
    try {
      return await work(client);
    } catch (error) {
      if (!client.isGone) this.tally.refused++;
      throw error;
    } finally {
      client.busy--;
    }
  }

  #refuse(error: Error): Error {
    this.tally.refused++;
    return error;
  }

  #find(name: string): ChannelMatch {
    const match = this.#registry.find(name);
    if (match === undefined) throw new errors.UNKNOWN_CHANNEL();
    return match;
  }

  async #ask(
    { connection: { request } }: Client,
    { name, match }: Omit<Wanted, 'shown'>,
  ): Promise<Wanted> {
    const { logger } = this.#options;
    await authorize(match, request, { channel: name, publish: false }, logger);
    return { name, match, shown: presenceOf(match.definition, request, logger) };
  }

  async #isGivenAll(client: Client): Promise<void> {
    if (!client.isBehind) return;
    await new Promise<void>((resolve) => {
      client.onLive.push(resolve);
    });
  }

  #publish(message: LogMessage): Promise<string | undefined> {
    this.tally.published++;
    return this.#log.publish(message);
  }

  #startPresence(): Presence {
    const { bus, settings, presence } = this.#options;
    return new Presence({
      bus,
      topic: `realtime:${settings.name}:presence`,
      // The bus takes that, and what a message has besides.
      partBytes: settings.maxMessageBytes,
      ...presence,
      onEvent: (name, event, member) => {
        const channel = this.#fanOut.channels.get(name);
        if (channel === undefined) return;
        const data = JSON.stringify(member);
        const fields = { kind: 'presence', channel: name, id: undefined, event, data } as const;
        this.#fanOut.givePresence(channel, new Delivery({ ...fields, key: undefined }), member.id);
      },
    });
  }
}
