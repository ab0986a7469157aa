// Any order of publishes, clients that come, go and resume at any place, slow readers, gaps, cut-off instances: a client gets
// what followed its place, each message once and in order, or a gap.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../src/delivery.ts';
import type { RealtimeHub } from '../../src/hub/make-hub.ts';
import { decodeWire } from '../../src/log/wire.ts';
import { FakeConnection, openHub } from '../support/hub.ts';
import { ScriptServer, settle } from '../support/script-bus.ts';

const CHANNELS = ['a', 'b', 'c'] as const;
const MAX_BUFFERED = 1_024;

type Step =
  | {
      readonly do: 'publish';
      readonly channel: number;
      readonly count: number;
      readonly node: number;
    }
  | {
      readonly do: 'come';
      readonly channels: number;
      readonly node: number;
      readonly place: number;
    }
  | {
      readonly do: 'add';
      readonly client: number;
      readonly channel: number;
      readonly place: number;
    }
  | { readonly do: 'go'; readonly client: number }
  | { readonly do: 'slow' | 'fast'; readonly client: number }
  | { readonly do: 'gap' | 'cut' | 'restore' | 'trim' | 'deafen'; readonly node: number };

const small = fc.nat(7);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      channel: fc.nat(2),
      count: fc.nat(6),
      node: fc.nat(1),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('come' as const),
      channels: fc.integer({ min: 1, max: 7 }),
      node: fc.nat(1),
      place: fc.nat(60),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      client: small,
      channel: fc.nat(2),
      place: fc.nat(60),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('go' as const), client: small }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('slow' as const, 'fast' as const), client: small }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom(...(['gap', 'cut', 'restore', 'trim', 'deafen'] as const)),
      node: fc.nat(1),
    }),
  },
);

/** A client with what was promised to it. */
class Witness {
  readonly connection: FakeConnection;
  /** Log position from which each channel was promised; undefined: the promise began with a gap, or with the moment. */
  readonly begun = new Map<string, { readonly index: number; readonly isExact: boolean }>();

  constructor(hub: RealtimeHub) {
    this.connection = new FakeConnection(hub);
    this.connection.onDelivery = ({ data }: Delivery) => {
      if (this.isSlow) this.connection.bufferedBytes += data.length + 200;
    };
  }

  isSlow = false;
  /** Channels that it has been told it has. */
  readonly has = new Set<string>();
}

async function run(steps: readonly Step[]): Promise<void> {
  const server = new ScriptServer();
  const buses = [server.bus(), server.bus()] as const;
  const nodes = buses.map(
    (bus) =>
      openHub({
        bus,
        history: { max: 12 },
        maxMessageBytes: 64,
        maxBufferedBytes: MAX_BUFFERED,
        replayTimeout: 0,
      }).hub,
  );
  for (const hub of nodes) for (const name of CHANNELS) hub.define(name, { public: true });
  await settle();
  const witnesses: Witness[] = [];
  let serial = 0;
  /** Of each message: the clients that had its channel at the instance where it was published. */
  const publishes: { readonly data: string; readonly witnesses: readonly Witness[] }[] = [];

  const log = (): { id: string; channel: string; data: string }[] =>
    server.all.flatMap(({ position, payload }) => {
      const message = decodeWire(payload);
      return message === undefined
        ? []
        : [{ id: position, channel: message.channel, data: message.data }];
    });
  const subscribe = async (
    witness: Witness,
    hub: RealtimeHub,
    channels: readonly string[],
    place: number,
  ): Promise<void> => {
    const known = log();
    // Now and then what is no place; now and then none.
    const after =
      place < 8 ? undefined : place === 59 ? 'bogus' : known[known.length - 1 - (place % 20)]?.id;
    const fresh = channels.filter((name) => !witness.begun.has(name));
    for (const name of fresh) witness.begun.set(name, { index: 0, isExact: false });
    const subscribing = hub.subscribe(witness.connection, channels, after).then(
      (results) => {
        for (const [index, { gap }] of results.entries()) {
          const name = channels[index]!;
          witness.has.add(name);
          if (!fresh.includes(name) || gap || after === undefined) continue;
          witness.begun.set(name, {
            index: known.findIndex(({ id }) => id === after) + 1,
            isExact: true,
          });
        }
      },
      // Gone meanwhile.
      () => undefined,
    );
    void subscribing;
    // A place that is ahead of the instance is waited for; nothing else takes this long.
    await settle(3);
  };

  for (const one of steps) {
    const witness =
      'client' in one ? witnesses[one.client % Math.max(1, witnesses.length)] : undefined;
    if (one.do === 'publish') {
      for (let count = 0; count < one.count; count++) {
        const channel = CHANNELS[one.channel]!;
        const hub = nodes[one.node]!;
        const here = witnesses.filter(
          ({ connection, has }) => hubOf.get(connection) === hub && has.has(channel),
        );
        const data = String(serial++);
        publishes.push({ data, witnesses: here });
        await hub.publish(channel, Number(data));
      }
    } else if (one.do === 'come') {
      const hub = nodes[one.node]!;
      const fresh = new Witness(hub);
      fresh.isSlow = one.place % 3 === 0;
      hubOf.set(fresh.connection, hub);
      witnesses.push(fresh);
      const channels = CHANNELS.filter((_name, index) => (one.channels & (1 << index)) !== 0);
      await subscribe(fresh, hub, channels, one.place);
    } else if (one.do === 'gap') buses[one.node]!.gap();
    else if (one.do === 'cut') buses[one.node]!.cut();
    else if (one.do === 'restore') buses[one.node]!.restore();
    else if (one.do === 'trim') server.trim(3);
    else if (one.do === 'deafen') buses[one.node]!.losesAnswers = !buses[one.node]!.losesAnswers;
    else if (witness !== undefined) {
      const hub = hubOf.get(witness.connection)!;
      if (one.do === 'add') await subscribe(witness, hub, [CHANNELS[one.channel]!], one.place);
      else if (one.do === 'go') {
        hub.remove(witness.connection);
        hubOf.delete(witness.connection);
        witnesses.splice(witnesses.indexOf(witness), 1);
        check(witness, log(), false);
      } else {
        witness.isSlow = one.do === 'slow';
        witness.connection.bufferedBytes = 0;
      }
    }
    if (one.do !== 'publish' || one.count % 2 === 0) await settle(2);
  }

  // All is well again: every promise must be kept.
  for (const bus of buses) {
    bus.losesAnswers = false;
    bus.restore();
  }
  const isDone = (): boolean =>
    nodes.every((hub) => hub.stats().pending === 0 && hub.position === log().at(-1)?.id) &&
    witnesses.every(
      ({ connection }) => hubOf.get(connection)!.positionOf(connection) === log().at(-1)?.id,
    );
  for (const witness of witnesses) {
    witness.isSlow = false;
    witness.connection.bufferedBytes = 0;
  }
  for (let turn = 0; turn < 2_000 && !isDone(); turn++)
    await new Promise((resolve) => setTimeout(resolve, 1));
  expect(isDone()).toBe(true);
  for (const witness of witnesses) check(witness, log(), true);
  // Who was there when it was published, at the same instance, has it: with an id or without, whatever the bus did.
  for (const { data, witnesses: here } of publishes) {
    for (const { connection } of here) {
      if (!witnesses.some((one) => one.connection === connection)) continue;
      const times = connection.got.filter(
        (got) => got.kind === 'message' && got.data === data,
      ).length;
      const hasGap = connection.got.some(({ kind }) => kind === 'gap');
      if (!hasGap) expect(times, `message ${data}`).toBe(1);
      else expect(times, `message ${data}`).toBeLessThanOrEqual(1);
    }
  }
  for (const hub of nodes) await hub.close();
}

const hubOf = new Map<FakeConnection, RealtimeHub>();

/** What a client got of each channel: runs without a hole, a gap between two of them, and nothing twice. */
function check(
  { connection, begun }: Witness,
  log: readonly { readonly id: string; readonly channel: string; readonly data: string }[],
  isOver: boolean,
): void {
  for (const [channel, { index, isExact }] of begun) {
    const inLog = log.flatMap((entry, at) => (entry.channel === channel ? [{ ...entry, at }] : []));
    const order = new Map(inLog.map(({ id }, at) => [id, at]));
    const local = new Set(
      connection.got
        .filter((got) => got.kind === 'message' && got.channel === channel && got.id === undefined)
        .map(({ data }) => data),
    );
    // Where the next one has to be; undefined: anywhere later, as a gap was told.
    let next: number | undefined = isExact ? inLog.findIndex(({ at }) => at >= index) : undefined;
    if (next === -1) next = inLog.length;
    let last = -1;
    for (const got of connection.got) {
      if (got.channel !== channel) continue;
      if (got.kind === 'gap') next = undefined;
      else if (got.id !== undefined) {
        const at = order.get(got.id)!;
        expect(at, `${channel}: order`).toBeGreaterThan(last);
        if (next !== undefined) {
          const missed = inLog.slice(next, at).filter(({ data }) => !local.has(data));
          expect(missed, `${channel}: nothing between`).toEqual([]);
        }
        last = at;
        next = at + 1;
      }
    }
    if (!isOver || next === undefined) continue;
    const missed = inLog.slice(next).filter(({ data }) => !local.has(data));
    expect(missed, `${channel}: up to the end`).toEqual([]);
  }
}

describe('a client', () => {
  it('gets each message after its place once and in order, or a gap, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        hubOf.clear();
        await run(steps);
      }),
      { numRuns: Number(process.env['CATZ_REALTIME_RUNS'] ?? 300), seed: 20_260 },
    );
  });
});
