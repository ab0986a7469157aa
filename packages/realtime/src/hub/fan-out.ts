// Gives messages to those who have their channel: new ones to live clients at once, old ones to clients that resume, at the
// pace at which they read.
// Invariant: a client gets the messages of its channels in the order of the log, each once, or a gap; what waits for it is
// bounded, as a replay rests while half of its bound is waiting, and takes from the ring, which all share.
import type { FastifyBaseLogger } from 'fastify';
import { gapOf } from '../connection/outbox.ts';
import { Delivery } from '../delivery.ts';
import type { LogEntry, Ring } from '../log/ring.ts';
import type { Tally } from '../stats.ts';
import type { Channel, Client, Subscription } from './client.ts';
import type { Projection } from './hub.ts';

/** What a fan-out is made of. */
export interface FanOutOptions {
  /** Of the log. */
  readonly ring: () => Ring;
  readonly tally: Tally;
  readonly logger: FastifyBaseLogger;
  readonly maxBufferedBytes: number;
}

/** ms after which a replay looks again whether its client has read; longer by one for each hundred that do not. */
const POLL = 10;
/** Entries that a replay looks at in one turn of the loop. */
const SLICE = 2_048;
/** ms that a replay may rest without its client reading anything. */
const STUCK = 30_000;

export class FanOut {
  readonly channels: Map<string, Channel> = new Map();
  readonly #options: FanOutOptions;
  readonly #projections: Projection[] = [];
  /** Channels by the projection that they hear by. */
  readonly #projected = new Map<Projection, Set<Channel>>();
  readonly #behind = new Set<Client>();
  #timer: NodeJS.Timeout | undefined;
  /** Data of the message projected last: a replay asks for it once per channel. */
  #parsed: { readonly delivery: Delivery; readonly data: unknown } | undefined;

  constructor(options: FanOutOptions) {
    this.#options = options;
  }

  addProjection(projection: Projection): void {
    this.#projections.push(projection);
    this.#projected.set(projection, new Set());
  }

  projectionOf(name: string): Projection | undefined {
    return this.#projections.find(({ prefix }) => name.startsWith(prefix));
  }

  addChannel(channel: Channel): void {
    this.channels.set(channel.name, channel);
    if (channel.projection !== undefined) this.#projected.get(channel.projection)!.add(channel);
  }

  /** A channel that nobody here has any more. */
  deleteChannel(channel: Channel): void {
    this.channels.delete(channel.name);
    if (channel.projection !== undefined) this.#projected.get(channel.projection)!.delete(channel);
  }

  /** A message of the log, the newest of the ring. */
  give({ channel: name, delivery, turn }: LogEntry): void {
    const channel = this.channels.get(name);
    if (channel !== undefined) this.#spread(channel, delivery, turn, false);
    this.#spreadProjected(name, delivery, turn, false);
  }

  /** A message that is not in the log yet: for all who are here. */
  giveLocal(delivery: Delivery): void {
    const channel = this.channels.get(delivery.channel);
    if (channel !== undefined) this.#spread(channel, delivery, undefined, true);
    this.#spreadProjected(delivery.channel, delivery, undefined, true);
  }

  /** Tells the others of a channel that somebody came or went. */
  givePresence(channel: Channel, delivery: Delivery, memberId: string): void {
    for (const { client } of channel.subscriptions) {
      if (client.memberId === memberId || client.isGone) continue;
      client.connection.deliver(delivery);
      this.#options.tally.delivered++;
    }
  }

  /** Messages may be missing, in all channels; the ring knows none of them. */
  gap(): void {
    for (const channel of this.channels.values()) {
      const delivery = gapOf(channel.name);
      for (const { client } of channel.subscriptions) this.#tellGap(client, delivery);
    }
    for (const client of this.#behind) this.#setLive(client);
  }

  /** Tells one client a gap. */
  gapFor(client: Client, channel: string): void {
    this.#tellGap(client, gapOf(channel));
  }

  /** Sets a client back to a place: what follows it is for subscriptions that are added now; those it has were given all. */
  rewind(client: Client, place: number): void {
    const from = client.isBehind ? client.cursor : this.#options.ring().last;
    if (place >= from) return;
    for (const subscription of client.subscriptions.values()) {
      subscription.from = Math.max(subscription.from, from);
    }
    client.cursor = place;
    client.isBehind = true;
    client.stuckSince = performance.now();
    this.#behind.add(client);
  }

  /** Gives a client that is behind what it can take now, and goes on with the rest later. */
  replay(client: Client): void {
    if (!client.isBehind) return;
    this.#advance(client);
    this.#schedule(0);
  }

  /** The client is gone. */
  drop(client: Client): void {
    this.#setLive(client);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const client of this.#behind) this.#setLive(client);
  }

  // HOT: benchmarks/realtime
  #spread(
    { subscriptions }: Channel,
    delivery: Delivery,
    turn: number | undefined,
    isLocal: boolean,
  ): void {
    let count = 0;
    for (const { client, born } of subscriptions) {
      if (client.isBehind && !isLocal) continue;
      if (turn !== undefined && born < turn) continue;
      client.connection.deliver(delivery);
      count++;
    }
    this.#options.tally.delivered += count;
  }

  #spreadProjected(
    source: string,
    delivery: Delivery,
    turn: number | undefined,
    isLocal: boolean,
  ): void {
    for (const projection of this.#projections) {
      if (projection.source !== source) continue;
      for (const channel of this.#projected.get(projection)!) {
        const projected = this.#project(projection, delivery, channel.name);
        if (projected !== undefined) this.#spread(channel, projected, turn, isLocal);
      }
    }
  }

  #project(projection: Projection, delivery: Delivery, channel: string): Delivery | undefined {
    try {
      if (this.#parsed?.delivery !== delivery) {
        this.#parsed = { delivery, data: JSON.parse(delivery.data) as unknown };
      }
      const heard = projection.project(this.#parsed.data, channel);
      if (heard === undefined) return undefined;
      const { kind, data, event, key } = heard;
      return new Delivery({ kind, channel, id: delivery.id, event, data, key });
    } catch (error) {
      this.#options.logger.error({ err: error }, 'a message could not be projected');
      return undefined;
    }
  }

  #tellGap(client: Client, delivery: Delivery): void {
    this.#options.tally.gaps++;
    client.connection.deliver(delivery);
  }

  // Gives a client that is behind what it can take. @returns 0: it is to go on at once; undefined: it is live, or
  // has to read first
  #advance(client: Client): number | undefined {
    const { maxBufferedBytes } = this.#options;
    const ring = this.#options.ring();
    const { connection } = client;
    const start = client.cursor;
    this.#skipLost(client, ring);
    const stop = Math.min(ring.last, client.cursor + SLICE);
    let isFull = false;
    while (client.cursor < stop && client.isBehind) {
      isFull = connection.bufferedBytes > maxBufferedBytes / 2;
      if (isFull) break;
      this.#giveOld(client, ring.at(++client.cursor)!);
    }
    if (client.cursor > start) client.stuckSince = performance.now();
    if (client.cursor >= ring.last || !client.isBehind) {
      this.#setLive(client);
      return undefined;
    }
    if (isFull && performance.now() - client.stuckSince > STUCK) {
      this.#options.tally.slowClosed++;
      connection.close('slow');
    }
    return isFull ? undefined : 0;
  }

  // The ring has gone past it.
  #skipLost(client: Client, ring: Ring): void {
    if (client.cursor >= ring.floor) return;
    client.cursor = ring.floor;
    for (const subscription of client.subscriptions.values()) {
      if (subscription.from < ring.floor) this.gapFor(client, subscription.channel.name);
    }
  }

  #giveOld(client: Client, entry: LogEntry): void {
    const own = client.subscriptions.get(entry.channel);
    if (own !== undefined) this.#giveOldTo(own, entry, entry.delivery);
    for (const projection of this.#projections) {
      if (projection.source !== entry.channel) continue;
      for (const subscription of client.subscriptions.values()) {
        const { channel } = subscription;
        if (channel.projection !== projection) continue;
        const projected = this.#project(projection, entry.delivery, channel.name);
        if (projected !== undefined) this.#giveOldTo(subscription, entry, projected);
      }
    }
  }

  #giveOldTo({ client, from, born }: Subscription, entry: LogEntry, delivery: Delivery): void {
    if (entry.sequence <= from || (entry.turn !== undefined && born < entry.turn)) return;
    client.connection.deliver(delivery);
    this.#options.tally.delivered++;
    this.#options.tally.replayed++;
  }

  #setLive(client: Client): void {
    client.isBehind = false;
    this.#behind.delete(client);
    for (const resolve of client.onLive.splice(0)) resolve();
  }

  #schedule(delay: number): void {
    if (this.#behind.size === 0 || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      let next = POLL + this.#behind.size / 100;
      for (const client of this.#behind) next = Math.min(next, this.#advance(client) ?? Infinity);
      this.#schedule(next);
    }, delay).unref();
  }
}
