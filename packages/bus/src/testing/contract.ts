// What every bus does, as a suite of its own: run it for an implementation with the `describe` and `it` of any test runner.
// Invariant: nothing here waits for a while, only for a condition; buses are closed whatever the outcome.
import assert from 'node:assert/strict';
import type { Bus, Message, SubscribeOptions, Subscription } from '../bus.ts';
import { until } from './until.ts';

/** What is used of a test runner. */
export interface ContractRunner {
  readonly describe: (title: string, work: () => void) => void;
  readonly it: (title: string, work: () => Promise<void>) => void;
}

/** Options the contract asks of a bus. */
export interface ContractOptions {
  readonly maxLen?: number;
  readonly maxMessageBytes?: number;
}

/** An implementation. */
export interface ContractTarget {
  readonly title: string;
  /** Opens buses over one log that no other test uses; each closes by itself. `peer` may be `bus` where there is one only. */
  open(options: ContractOptions): Promise<{ readonly bus: Bus; readonly peer: Bus }>;
}

/** What a subscriber was told, in order. */
interface Told {
  readonly log: string[];
  readonly messages: Message[];
  readonly subscription: Subscription;
}

/** Describes what a bus does. */
export function busContract({ describe, it }: ContractRunner, target: ContractTarget): void {
  const test = (
    title: string,
    work: (bus: Bus, peer: Bus) => Promise<void>,
    options: ContractOptions = {},
  ): void => {
    it(title, async () => {
      const { bus, peer } = await target.open(options);
      try {
        await work(bus, peer);
      } finally {
        await Promise.all([bus.close(), peer.close()]);
      }
    });
  };

  describe(`a bus (${target.title})`, () => {
    test('delivers what is appended, in order, to its own and other subscribers', async (bus, peer) => {
      const own = await listen(bus, 'cities');
      const other = await listen(peer, 'cities');
      const texts = Array.from({ length: 300 }, (_, index) => `city ${index}`);
      const positions = await Promise.all(texts.map((text) => bus.append('cities', text)));
      for (const { log, messages } of [own, other]) {
        await until('all messages', () => messages.length === texts.length);
        assert.deepEqual(log, ['live', ...texts]);
        assert.deepEqual(
          messages.map(({ position }) => position),
          positions,
        );
        assert.ok(
          messages.every(({ origin, topic }) => origin === bus.origin && topic === 'cities'),
        );
      }
      assert.equal(own.subscription.position, positions.at(-1));
      assert.equal(own.subscription.isLive, true);
    });

    test('calls nobody inside append or subscribe', async (bus) => {
      let isInside = true;
      let wasInside = false;
      let count = 0;
      const note = (): void => {
        count++;
        wasInside ||= isInside;
      };
      await bus.append('t', 'first');
      isInside = true;
      bus.subscribe('t', note, { from: 'start', onLive: note });
      isInside = false;
      await until('the first', () => count === 2);
      isInside = true;
      const appended = bus.append('t', 'second');
      isInside = false;
      await appended;
      await until('the second', () => count === 3);
      assert.equal(wasInside, false);
    });

    test('begins with now, with the start, or after a position', async (bus) => {
      await bus.append('t', 'a');
      const position = await bus.append('t', 'b');
      await bus.append('t', 'c');
      const now = await listen(bus, 't');
      const start = await listen(bus, 't', { from: 'start' });
      const after = await listen(bus, 't', { from: position });
      await bus.append('t', 'd');
      await until('the last', () => [now, start, after].every(({ log }) => log.includes('d')));
      const texts = [now, start, after].map(({ messages }) => messages.map(textOf).join(''));
      assert.deepEqual(texts, ['d', 'abcd', 'cd']);
      assert.equal(bus.stats().gaps, 0);
    });

    test('keeps topics apart', async (bus) => {
      const topics = ['t', 't:t', '{t}', '}{', 'ü 🏙', 'x'.repeat(256)];
      const told = await Promise.all(topics.map((topic) => listen(bus, topic)));
      for (const topic of topics) await bus.append(topic, topic);
      for (const [index, { messages }] of told.entries()) {
        await until('its message', () => messages.length > 0);
        assert.deepEqual(messages.map(textOf), [topics[index]]);
      }
      assert.deepEqual(Object.keys(bus.health().topics).sort(), topics.toSorted());
    });

    test('keeps the bytes of a payload as they were when appended', async (bus) => {
      const { messages } = await listen(bus, 't');
      const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
      const appended = bus.append('t', bytes);
      bytes.fill(0);
      await appended;
      await bus.append('t', 'Zürich 🏔');
      await bus.append('t', '');
      await until('three messages', () => messages.length === 3);
      assert.deepEqual(
        [...messages[0]!.payload],
        Array.from({ length: 256 }, (_, index) => index),
      );
      assert.deepEqual(messages.slice(1).map(textOf), ['Zürich 🏔', '']);
    });

    test('delivers what is appended again with the same id once', async (bus, peer) => {
      const { messages } = await listen(bus, 't');
      await bus.append('t', 'once', { id: '1' });
      await bus.append('t', 'once', { id: '1' });
      await bus.append('t', 'twice');
      await bus.append('t', 'twice');
      if (peer !== bus) await peer.append('t', 'of another', { id: '1' });
      await bus.append('t', 'last', { id: '2' });
      await until('the last', () => messages.map(textOf).includes('last'));
      const others = peer === bus ? [] : ['of another'];
      assert.deepEqual(messages.map(textOf), ['once', 'twice', 'twice', ...others, 'last']);
      assert.equal(bus.stats().duplicates, 1);
    });

    test(
      'tells a gap before the next message when the position is no longer kept',
      async (bus) => {
        const lost = await bus.append('t', 'seen');
        for (let index = 0; index < 1000; index++) await bus.append('t', String(index));
        const { log, messages } = await listen(bus, 't', { from: lost });
        await until('the last', () => log.includes('999'));
        assert.equal(log[0], 'gap trimmed');
        assert.ok(messages.length >= 10 && messages.length < 1000);
        const first = 1000 - messages.length;
        assert.deepEqual(
          messages.map(textOf),
          Array.from({ length: messages.length }, (_, index) => String(first + index)),
        );
        assert.equal(bus.stats().gaps, 1);
      },
      { maxLen: 10 },
    );

    test('tells a gap for a position of another log', async (bus) => {
      await bus.append('t', 'kept');
      const { log } = await listen(bus, 't', { from: 'elsewhere-1' });
      await until('the gap', () => log.length > 0);
      assert.equal(log[0], 'gap replaced');
    });

    test('goes on when a handler or callback throws', async (bus) => {
      const good = await listen(bus, 't');
      let calls = 0;
      const bad = bus.subscribe(
        't',
        () => {
          calls++;
          throw new Error('of the handler');
        },
        { onLive: () => assert.fail('of the callback') },
      );
      const late = bus.subscribe('t', (() => Promise.reject(new Error('late'))) as () => void);
      await Promise.all([bad.ready, late.ready]);
      await bus.append('t', 'a');
      await bus.append('t', 'b');
      await until('both', () => calls === 2 && good.messages.length === 2);
      await until('all counted', () => bus.stats().handlerErrors === 5);
    });

    test('delivers nothing after a subscription is closed, also from within its handler', async (bus) => {
      const other = await listen(bus, 't');
      const texts: string[] = [];
      const subscription = bus.subscribe('t', (message) => {
        texts.push(textOf(message));
        subscription.close();
      });
      await subscription.ready;
      await Promise.all(['a', 'b', 'c'].map((text) => bus.append('t', text)));
      await until('the others', () => other.messages.length === 3);
      assert.deepEqual(texts, ['a']);
      assert.equal(subscription.isLive, false);
      {
        using another = bus.subscribe('t', () => texts.push('never'));
        await another.ready;
      }
      await bus.append('t', 'd');
      await until('the last', () => other.messages.length === 4);
      assert.deepEqual(texts, ['a']);
    });

    test(
      'refuses what is no topic, payload, id or option',
      async (bus) => {
        const wrong = (code: string): object => ({ code: `CATZ_BUS_${code}` });
        for (const topic of ['', 'x'.repeat(257), '\ud800', 7]) {
          await assert.rejects(bus.append(topic as string, 'x'), wrong('TOPIC'));
          assert.throws(() => bus.subscribe(topic as string, () => undefined), wrong('TOPIC'));
        }
        for (const payload of ['x'.repeat(9), 'üüüüü', new Uint8Array(9), {}, undefined]) {
          await assert.rejects(bus.append('t', payload as string), wrong('SIZE'));
        }
        for (const id of ['', 'x'.repeat(65), 'a b', 7]) {
          await assert.rejects(bus.append('t', 'x', { id: id as string }), wrong('ID'));
        }
        await assert.rejects(bus.append('t', 'x', { ttl: 1 } as object), wrong('OPTION'));
        const subscribe = (handler: unknown, options?: object): (() => Subscription) => {
          return () => bus.subscribe('t', handler as () => void, options);
        };
        assert.throws(subscribe(undefined), wrong('OPTION'));
        for (const options of [{ form: 'now' }, { from: 1 }, { onGap: 1 }, { onLive: 1 }]) {
          assert.throws(
            subscribe(() => undefined, options),
            wrong('OPTION'),
          );
        }
        await bus.append('t', 'x'.repeat(8));
      },
      { maxMessageBytes: 8 },
    );

    test('counts and tells its state', async (bus) => {
      const { messages } = await listen(bus, 't');
      const position = await bus.append('t', 'a');
      await until('the message', () => messages.length === 1);
      const { state, kind, since, lastError, topics } = bus.health();
      assert.deepEqual([state, kind, lastError], ['live', bus.kind, undefined]);
      assert.ok(since <= Date.now() && since > Date.now() - 60_000);
      assert.deepEqual(topics, { t: position });
      const none = { duplicates: 0, gaps: 0, reconnects: 0, failures: 0, handlerErrors: 0 };
      assert.deepEqual(bus.stats(), { appended: 1, delivered: 1, ...none });
    });

    test('ends with close()', async (bus) => {
      const { log, subscription } = await listen(bus, 't');
      const closing = bus.close();
      await assert.rejects(bus.append('t', 'x'), { code: 'CATZ_BUS_CLOSED' });
      assert.throws(() => bus.subscribe('t', () => undefined), { code: 'CATZ_BUS_CLOSED' });
      await closing;
      await bus.close();
      await bus[Symbol.asyncDispose]();
      subscription.close();
      assert.equal(bus.health().state, 'closed');
      assert.equal(subscription.isLive, false);
      assert.deepEqual(log, ['live']);
    });
  });
}

async function listen(bus: Bus, topic: string, options: SubscribeOptions = {}): Promise<Told> {
  const log: string[] = [];
  const messages: Message[] = [];
  const subscription = bus.subscribe(
    topic,
    (message) => {
      messages.push(message);
      log.push(textOf(message));
    },
    {
      onGap: ({ reason }) => log.push(`gap ${reason}`),
      onLive: (isLive) => log.push(isLive ? 'live' : 'lost'),
      ...options,
    },
  );
  await subscription.ready;
  if (options.from === undefined) await until('it to be live', () => subscription.isLive);
  return { log, messages, subscription };
}

function textOf({ payload }: Message): string {
  return payload.toString();
}
