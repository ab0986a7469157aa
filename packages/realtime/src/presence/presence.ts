// Who is present in which channel, over all instances of a bus.
// Each instance announces its own members: joins and leaves as they happen, and a sign of life, with the count of both, every
// `every` ms. Whoever hears a count that does not follow asks for the whole state; one that is not heard for `lost` ms is
// dropped with its members. The whole state is not sent at intervals: a bus that keeps its messages would keep each of them.
// Invariant: a member is joined once before it leaves, and leaves once. While the bus is away nobody is dropped: it is not
// their silence. Who is told is left to the hub.
import { randomBytes } from 'node:crypto';
import type { Bus, Message, Subscription } from '@catzilla/bus';
import { Members } from './members.ts';
import type { PresentMember } from './members.ts';
import { decodeTold, partsOf } from './wire.ts';
import type { Announcement, Told, ToldMember } from './wire.ts';

/** What presence is made of. */
export interface PresenceOptions {
  readonly bus: Bus;
  readonly topic: string;
  /** ms between signs of life. Default: 10000. */
  readonly every?: number | undefined;
  /** ms without one after which an instance is lost. Default: 30000. */
  readonly lost?: number | undefined;
  /** Bytes of members that the bus takes in one message, besides a single one. Default: 32768. */
  readonly partBytes?: number | undefined;
  /** Somebody came or went, here or elsewhere. */
  readonly onEvent: (channel: string, event: 'join' | 'leave', member: PresentMember) => void;
}

/** Another instance. */
interface Peer {
  readonly members: Members;
  heard: number;
  /** Its count of joins and leaves; undefined: something was missed, its state is awaited. */
  count: number | undefined;
  /** Parts of its state that came so far. */
  parts: ToldMember[][] | undefined;
}

/** Longest part of a state: whatever a bus takes by default, with room to spare. */
const PART_BYTES = 32_768;

export class Presence {
  readonly #options: PresenceOptions;
  readonly #lost: number;
  readonly #name = randomBytes(9).toString('base64url');
  readonly #own = new Members();
  readonly #peers = new Map<string, Peer>();
  readonly #subscription: Subscription;
  readonly #timer: NodeJS.Timeout;
  #count = 0;
  #isLive = false;
  #isAnswering = false;
  /** When it last looked who is silent. */
  #turned: number = performance.now();
  #isClosed = false;

  constructor(options: PresenceOptions) {
    this.#options = options;
    const { bus, topic, every = 10_000, lost = 30_000 } = options;
    this.#lost = lost;
    this.#subscription = bus.subscribe(topic, (message) => this.#take(message), {
      onGap: () => this.#doubt(),
      onLive: (isLive) => this.#setLive(isLive),
    });
    this.#timer = setInterval(() => this.#turn(), every).unref();
  }

  /** One of ours came. */
  join(channel: string, member: PresentMember): void {
    if (this.#isClosed || !this.#own.add(channel, member)) return;
    this.#count++;
    this.#announce({ k: 'join', m: [channel, member.id, member.data] });
    this.#options.onEvent(channel, 'join', member);
  }

  /** One of ours went. */
  leave(channel: string, id: string): void {
    if (this.#isClosed) return;
    const member = this.#own.delete(channel, id);
    if (member === undefined) return;
    this.#count++;
    this.#announce({ k: 'leave', c: channel, i: id });
    this.#options.onEvent(channel, 'leave', member);
  }

  /** Who is there: ours first. */
  members(channel: string): PresentMember[] {
    const members = [...this.#own.of(channel)];
    for (const peer of this.#peers.values()) members.push(...peer.members.of(channel));
    return members;
  }

  /** Takes all of ours away at once, elsewhere. Nothing is told here any more. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#announce({ k: 'bye' });
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#subscription.close();
  }

  #announce(announcement: Announcement): void {
    const { bus, topic } = this.#options;
    const told = { v: 1, n: this.#name, q: this.#count, ...announcement };
    // One that is lost leaves a hole in the count, which others find.
    bus.append(topic, JSON.stringify(told)).catch(() => undefined);
  }

  // Once for all who ask in one turn: after a failover every instance asks every other one.
  #answer(): void {
    if (this.#isAnswering) return;
    this.#isAnswering = true;
    setImmediate(() => {
      this.#isAnswering = false;
      if (!this.#isClosed) this.#announceState();
    });
  }

  #announceState(): void {
    const { partBytes = PART_BYTES } = this.#options;
    const parts = partsOf(toldOf(this.#own), Math.min(partBytes, PART_BYTES));
    for (const [p, m] of parts.entries()) this.#announce({ k: 'state', p, of: parts.length, m });
  }

  #setLive(isLive: boolean): void {
    this.#isLive = isLive;
    if (isLive) this.#announce({ k: 'hello' });
  }

  #doubt(): void {
    for (const peer of this.#peers.values()) peer.count = undefined;
    if (this.#isLive) this.#announce({ k: 'hello' });
  }

  #turn(): void {
    this.#announce({ k: 'alive' });
    const now = performance.now();
    // A process that was held up has not heard them yet.
    const isDeaf = !this.#isLive || now - this.#turned > this.#lost;
    this.#turned = now;
    for (const [name, peer] of this.#peers) {
      if (isDeaf) peer.heard = now;
      else if (now - peer.heard > this.#lost) this.#drop(name, peer);
    }
  }

  #drop(name: string, { members }: Peer): void {
    this.#peers.delete(name);
    for (const [channel, member] of members.all()) this.#options.onEvent(channel, 'leave', member);
  }

  #take({ payload }: Message): void {
    const told = decodeTold(payload);
    if (told === undefined || told.n === this.#name) return;
    const peer = this.#peers.get(told.n);
    if (told.k === 'bye') {
      if (peer !== undefined) this.#drop(told.n, peer);
      return;
    }
    const known = peer ?? this.#newPeer(told);
    known.heard = performance.now();
    this.#apply(known, told, peer === undefined);
    if (told.k === 'hello' && (told.to === undefined || told.to === this.#name)) {
      this.#answer();
    }
  }

  #newPeer({ n, q, k }: Told): Peer {
    // One that has counted nothing has nobody.
    const count = q === 0 && k !== 'state' ? 0 : undefined;
    const peer: Peer = { members: new Members(), heard: 0, count, parts: undefined };
    this.#peers.set(n, peer);
    return peer;
  }

  #apply(peer: Peer, told: Told, isNew: boolean): void {
    if (told.k === 'state') {
      this.#collect(peer, told);
      return;
    }
    const isChange = told.k === 'join' || told.k === 'leave';
    if (peer.count !== undefined) {
      const isNext = told.q === peer.count + Number(isChange);
      peer.count = isNext ? told.q : undefined;
      if (!isNext) this.#announce({ k: 'hello', to: told.n });
    } else if (isNew || told.k === 'alive') {
      // It was not asked yet, or did not answer.
      this.#announce({ k: 'hello', to: told.n });
    }
    if (told.k === 'join') this.#add(peer, told.m);
    if (told.k === 'leave') this.#delete(peer, told.c, told.i);
  }

  // The parts of a state follow each other, as they were announced in one go.
  #collect(peer: Peer, told: Told & { readonly k: 'state' }): void {
    if (told.p === 0) peer.parts = [];
    if (peer.parts?.length !== told.p) {
      peer.parts = undefined;
      return;
    }
    peer.parts.push([...told.m]);
    if (peer.parts.length < told.of) return;
    const members = peer.parts.flat();
    peer.parts = undefined;
    peer.count = told.q;
    const there = new Set(members.map(([channel, id]) => `${id} ${channel}`));
    for (const [channel, { id }] of peer.members.all()) {
      if (!there.has(`${id} ${channel}`)) this.#delete(peer, channel, id);
    }
    for (const member of members) this.#add(peer, member);
  }

  #add({ members }: Peer, [channel, id, data]: ToldMember): void {
    const member = { id, data };
    if (members.add(channel, member)) this.#options.onEvent(channel, 'join', member);
  }

  #delete({ members }: Peer, channel: string, id: string): void {
    const member = members.delete(channel, id);
    if (member !== undefined) this.#options.onEvent(channel, 'leave', member);
  }
}

function* toldOf(members: Members): Generator<ToldMember> {
  for (const [channel, { id, data }] of members.all()) yield [channel, id, data];
}
