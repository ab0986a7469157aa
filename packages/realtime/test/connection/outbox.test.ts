import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gapOf, Outbox } from '../../src/connection/outbox.ts';
import type { Sink, SlowRule } from '../../src/connection/outbox.ts';
import { Delivery } from '../../src/delivery.ts';
import type { DeliveryFields } from '../../src/delivery.ts';
import { newTally } from '../../src/stats.ts';

const encode = ({ kind, channel, data }: DeliveryFields): Buffer =>
  Buffer.from(`${kind} ${channel} ${data}\n`);

/** A socket whose client reads when it is told to. */
class FakeSink implements Sink {
  readonly lines: string[] = [];
  bufferedBytes = 0;
  #callback: (() => void) | undefined;

  write(bytes: Buffer): void {
    this.lines.push(bytes.toString().trimEnd());
    this.bufferedBytes += bytes.length;
  }

  onDrain(callback: () => void): void {
    expect(this.#callback).toBeUndefined();
    this.#callback = callback;
  }

  /** The client reads all. */
  drain(): void {
    this.bufferedBytes = 0;
    const callback = this.#callback;
    this.#callback = undefined;
    callback?.();
  }
}

function message(channel: string, data: string, key?: string): Delivery {
  return new Delivery({ kind: 'message', channel, id: undefined, event: undefined, data, key });
}

function open(slow: SlowRule, maxBufferedBytes = 100) {
  const sink = new FakeSink();
  const tally = newTally();
  let ended = 0;
  const outbox = new Outbox({
    sink,
    encoder: encode,
    slow,
    maxBufferedBytes,
    tally,
    onSlow: () => ended++,
  });
  return { sink, tally, outbox, ended: () => ended };
}

// 'message a 0\n' has 12 bytes; 8 fit into 100, and two of them into the sink's share of 25 before others wait.
const numbers = (count: number): string[] => Array.from({ length: count }, (_, at) => String(at));

describe('an outbox', () => {
  it.each(['disconnect', 'drop-oldest', 'latest'] as const)(
    'writes at once what the client reads at once, by the rule %s',
    (slow) => {
      const { sink, outbox } = open(slow);
      for (const data of numbers(9)) {
        outbox.deliver(message('a', data));
        sink.bufferedBytes = 0;
      }
      expect(sink.lines).toEqual(numbers(9).map((data) => `message a ${data}`));
      expect(outbox.isBehind).toBe(false);
    },
  );

  it('ends a client above the bound, once, by the rule disconnect', () => {
    const { sink, outbox, tally, ended } = open('disconnect');
    for (const data of numbers(9)) outbox.deliver(message('a', data));
    expect(sink.lines).toHaveLength(8);
    outbox.deliver(message('a', '9'));
    expect([ended(), tally.slowClosed, sink.lines.length]).toEqual([1, 1, 8]);
  });

  it('drops the oldest, and tells a gap of their channels before what is newer', () => {
    const { sink, outbox, tally } = open('drop-oldest');
    outbox.deliver(message('b', '-'));
    for (const data of numbers(20).slice(10)) outbox.deliver(message('a', data));
    expect(outbox.isBehind).toBe(true);
    expect(outbox.bufferedBytes).toBeLessThanOrEqual(100);
    const dropped = tally.dropped;
    expect(dropped).toBeGreaterThan(0);
    while (outbox.isBehind) sink.drain();
    expect(sink.lines.slice(0, 4)).toEqual([
      'message b -',
      'message a 10',
      'message a 11',
      'gap a null',
    ]);
    expect(sink.lines.slice(4)).toEqual(
      numbers(20)
        .slice(12 + dropped)
        .map((data) => `message a ${data}`),
    );
    expect(tally.gaps).toBe(1);
    sink.drain();
    outbox.deliver(message('a', 'end'));
    expect(sink.lines.at(-1)).toBe('message a end');
  });

  it('is behind while only a gap is owed', () => {
    const { sink, outbox } = open('drop-oldest', 60);
    sink.bufferedBytes = 60;
    outbox.deliver(message('a', '1'));
    expect(outbox.bufferedBytes).toBe(60);
    expect(outbox.isBehind).toBe(true);
    sink.bufferedBytes = 0;
    outbox.deliver(message('a', '2'));
    expect(sink.lines).toEqual([]);
    sink.drain();
    expect(sink.lines).toEqual(['gap a null', 'message a 2']);
    expect(outbox.isBehind).toBe(false);
  });

  it('keeps the last of each key by the rule latest, in the order in which they came', () => {
    const { sink, outbox, tally } = open('latest', 100);
    sink.bufferedBytes = 26;
    for (let round = 0; round < 50; round++) {
      outbox.deliver(message('a', `x${round}`, 'x'));
      outbox.deliver(message('a', `y${round}`, 'y'));
    }
    sink.drain();
    expect(sink.lines).toEqual(['message a x49', 'message a y49']);
    expect(tally).toMatchObject({ dropped: 98, gaps: 0 });
  });

  it('does not replace by the key of another channel or kind', () => {
    const { sink, outbox } = open('latest', 200);
    sink.bufferedBytes = 60;
    outbox.deliver(message('a', '1', 'x'));
    outbox.deliver(message('b', '2', 'x'));
    outbox.deliver(gapOf('a'));
    sink.drain();
    expect(sink.lines).toEqual(['message a 1', 'message b 2', 'gap a null']);
  });

  it('gives an answer behind what was delivered before it, and never drops it', () => {
    const { sink, outbox } = open('drop-oldest');
    sink.bufferedBytes = 60;
    outbox.deliver(message('a', '1'));
    expect(outbox.say(Buffer.from('answer 1'))).toBe(true);
    for (const data of numbers(9)) outbox.deliver(message('a', data));
    while (outbox.isBehind) sink.drain();
    expect(sink.lines).toEqual(['gap a null', 'answer 1', 'message a 7', 'message a 8']);
    expect(outbox.say(Buffer.from('answer 2'))).toBe(true);
    expect(sink.lines.at(-1)).toBe('answer 2');
  });

  it.each(['disconnect', 'drop-oldest', 'latest'] as const)(
    'takes no answer above its bound, by the rule %s',
    (slow) => {
      const { sink, outbox } = open(slow);
      sink.bufferedBytes = 90;
      expect(outbox.say(Buffer.alloc(10))).toBe(true);
      expect(outbox.say(Buffer.alloc(1))).toBe(false);
      outbox.deliver(message('a', '1'));
      outbox.close();
      expect(outbox.say(Buffer.alloc(1))).toBe(true);
    },
  );

  it('takes nothing after close', () => {
    const { sink, outbox } = open('drop-oldest');
    sink.bufferedBytes = 60;
    outbox.deliver(message('a', '1'));
    outbox.close();
    outbox.deliver(message('a', '2'));
    sink.drain();
    expect(sink.lines).toEqual([]);
    expect(outbox.bufferedBytes).toBe(0);
  });

  it('never holds more than its bound, and hides no loss, whatever the client does', () => {
    const act = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom(undefined, 'x', 'y')),
      },
      { weight: 1, arbitrary: fc.constant('read' as const) },
    );
    fc.assert(
      fc.property(
        fc.constantFrom('drop-oldest', 'latest'),
        fc.array(act, { maxLength: 80 }),
        (slow, acts) => {
          const { sink, outbox } = open(slow, 100);
          const sent = { a: [] as Delivery[], b: [] as Delivery[] };
          for (const [at, one] of acts.entries()) {
            if (one === 'read') sink.drain();
            else {
              const [channel, key] = one;
              const delivery = message(channel, String(at).padStart(3, '0'), key);
              sent[channel as 'a' | 'b'].push(delivery);
              outbox.deliver(delivery);
            }
            // The gaps themselves come on top, when all else has been read.
            expect(outbox.bufferedBytes).toBeLessThanOrEqual(100 + 2 * 11);
          }
          while (outbox.isBehind) sink.drain();
          for (const channel of ['a', 'b'] as const) {
            let next = 0;
            let mayMiss = false;
            for (const line of sink.lines) {
              const [kind, of, data] = line.split(' ');
              if (of !== channel) continue;
              if (kind === 'gap') mayMiss = true;
              else {
                const at = sent[channel].findIndex((one) => one.data === data);
                expect(at).toBeGreaterThanOrEqual(next);
                const missed = sent[channel].slice(next, at);
                const isSaid = (one: Delivery): boolean =>
                  slow === 'latest' &&
                  one.key !== undefined &&
                  sent[channel]
                    .slice(sent[channel].indexOf(one) + 1)
                    .some(({ key }) => key === one.key);
                if (!mayMiss) expect(missed.filter((one) => !isSaid(one))).toEqual([]);
                next = at + 1;
                mayMiss = false;
              }
            }
            if (!mayMiss) expect(next).toBe(sent[channel].length);
          }
        },
      ),
      { numRuns: 500, seed: 9 },
    );
  });
});
