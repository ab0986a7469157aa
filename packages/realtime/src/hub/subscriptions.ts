// Who of this instance has which channel: a channel is here while somebody has it, and who has it is present there.
// Invariant: a subscription begins in one synchronous step, so nothing falls between the replay and what comes; each that begins is
// counted, and ended once. Whether a client may have a channel was asked before: that is the hub's.
import type { ChannelMatch } from '../channel/registry.ts';
import type { Log } from '../log/log.ts';
import type { Presence } from '../presence/presence.ts';
import type { Client, Subscription } from './client.ts';
import type { FanOut } from './fan-out.ts';

/** What subscriptions stand on. */
export interface SubscriptionsOptions {
  readonly fanOut: FanOut;
  readonly log: Log;
  /** Asked each time: it comes with the first channel that has it. */
  readonly presence: () => Presence | undefined;
}

/** One channel that a client is about to get. */
export interface Wanted {
  readonly name: string;
  readonly match: ChannelMatch;
  /** What the channel tells of the client; undefined: it has no presence. */
  readonly shown: { readonly data: unknown } | undefined;
}

export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  #size = 0;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#size;
  }

  /** From here on the client is given what the channels have.
   * @param after  where it stood; undefined: from now on
   * @returns whether it may have missed some */
  begin(client: Client, wanted: readonly Wanted[], after: string | undefined): boolean {
    const { fanOut, log } = this.#options;
    const { ring, isReached } = log;
    const known = after === undefined || !isReached ? undefined : ring.sequenceOf(after);
    const place = known ?? ring.last;
    const isGap = after !== undefined && known === undefined;
    fanOut.rewind(client, place);
    for (const one of wanted) {
      // Another request of the client may have been faster; or a gap was more than it can take, and it is gone.
      if (client.subscriptions.has(one.name) || client.isGone) continue;
      this.#attach(client, one, place);
      if (isGap) fanOut.gapFor(client, one.name);
    }
    fanOut.replay(client);
    return isGap;
  }

  /** @returns whether the client had the channel */
  end(client: Client, channel: string): boolean {
    const subscription = client.subscriptions.get(channel);
    if (subscription === undefined) return false;
    client.subscriptions.delete(channel);
    this.#detach(subscription);
    return true;
  }

  /** Ends all of a client that is gone, and what is under way for it. */
  release(client: Client): void {
    for (const subscription of client.subscriptions.values()) this.#detach(subscription);
    client.subscriptions.clear();
    this.#options.fanOut.drop(client);
  }

  #attach(client: Client, { name, match, shown }: Wanted, from: number): void {
    const { fanOut, log, presence } = this.#options;
    let channel = fanOut.channels.get(name);
    if (channel === undefined) {
      const projection = fanOut.projectionOf(name);
      channel = { name, match, projection, subscriptions: new Set() };
      fanOut.addChannel(channel);
    }
    const subscription = { client, channel, from, born: log.turn, mayPublish: false };
    client.subscriptions.set(name, subscription);
    channel.subscriptions.add(subscription);
    this.#size++;
    if (shown !== undefined) presence()?.join(name, { id: client.memberId, data: shown.data });
  }

  #detach(subscription: Subscription): void {
    const { fanOut, presence } = this.#options;
    const { channel, client } = subscription;
    if (!channel.subscriptions.delete(subscription)) return;
    this.#size--;
    if (channel.match.definition.presence !== false) {
      presence()?.leave(channel.name, client.memberId);
    }
    if (channel.subscriptions.size === 0) fanOut.deleteChannel(channel);
  }
}
