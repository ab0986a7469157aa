// What may go wrong between threads, one hazard each: words that come late, twice, in another order, or never.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Knowledge } from '../../src/peers/knowledge.ts';
import type { Known, PeerReading, Welcome } from '../../src/peers/messages.ts';
import { counted, countOf, foldCounts, total } from './counted.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number): void => void vi.advanceTimersByTime(ms);

/** What a thread knows that has been there for long; `young`: that came just now. */
function knowledge(age: 'old' | 'young' = 'old'): Knowledge {
  const made = new Knowledge('me', foldCounts);
  if (age === 'old') pass(10_000);
  return made;
}

const known = (reading: PeerReading, is: Partial<Known> = {}): Known => ({
  reading,
  isGone: false,
  isFinal: false,
  ...is,
});

/** A welcome by a thread that has been there for long. */
function welcome(given: Partial<Welcome> = {}): Welcome {
  return { known: [], departed: { ids: [], sum: undefined }, settlesIn: 0, ...given };
}

const left = (count: number, ...ids: readonly string[]) => ({
  ids,
  sum: counted('left', 1, count),
});

/** What is told of threads: by name those that serve, as a sum the others. */
function told(one: Knowledge) {
  const serving = one.serving().map(([id, { reading }]) => [id, countOf(reading)]);
  return { serving: Object.fromEntries(serving) as unknown, gone: total(one.gone()) };
}

/** Somebody asks all, and that again after so long. */
function silence(one: Knowledge, ms: number): void {
  one.expect('ask', false);
  pass(ms);
  one.giveUp();
}

describe('a thread that says good-bye', () => {
  it('after it was taken for gone counts once, with what it says at last', () => {
    const one = knowledge();
    one.hear(counted('a', 1, 5), '');
    silence(one, 10_001);
    expect(told(one)).toEqual({ serving: {}, gone: 5 });
    one.end('a', counted('a', 2, 7));
    expect(told(one)).toEqual({ serving: {}, gone: 7 });
    expect(one.gone()).toHaveLength(1);
  });

  it('twice counts once', () => {
    const one = knowledge();
    one.end('a', counted('a', 1, 5));
    one.end('a', counted('a', 1, 5));
    one.end('a');
    expect(told(one)).toEqual({ serving: {}, gone: 5 });
  });

  it('is not brought back by a reading that comes behind it', () => {
    for (const age of ['old', 'young'] as const) {
      const one = knowledge(age);
      one.end('a', counted('a', 2, 5));
      one.hear(counted('a', 1, 4), '');
      one.hear(counted('a', 3, 6), '');
      expect(told(one)).toEqual({ serving: {}, gone: 5 });
    }
  });

  it('with less than it has said before keeps what it has said', () => {
    const one = knowledge();
    one.hear(counted('a', 2, 5), '');
    one.end('a', counted('a', 1, 4));
    expect(told(one)).toEqual({ serving: {}, gone: 5 });
  });

  it('while it is waited for is waited for no more', () => {
    const one = knowledge();
    one.hear(counted('a', 1, 5), '');
    one.expect('ask', true);
    const [, peer] = one.serving()[0]!;
    one.end('a', counted('a', 2, 6));
    expect(peer.isFinal).toBe(true);
  });
});

describe('a thread that ends without a good-bye', () => {
  it('and says so leaves what it has said', () => {
    const one = knowledge();
    one.hear(counted('a', 1, 5), '');
    one.end('a');
    one.hear(counted('a', 2, 6), '');
    expect(told(one)).toEqual({ serving: {}, gone: 5 });
  });

  it('before this thread has heard of it is gone when a welcome tells of it', () => {
    const one = knowledge('young');
    one.end('a');
    one.learn(welcome({ known: [known(counted('a', 1, 5))] }));
    expect(told(one)).toEqual({ serving: {}, gone: 5 });
  });

  it('and without a word is gone when it is silent for ten seconds', () => {
    const one = knowledge();
    one.hear(counted('a', 1, 5), '');
    silence(one, 10_000);
    expect(told(one)).toEqual({ serving: { a: 5 }, gone: 0 });
    silence(one, 1);
    expect(told(one)).toEqual({ serving: {}, gone: 5 });
  });

  it('is kept by itself for ten minutes, and then in the sum', () => {
    const one = knowledge();
    for (const id of ['a', 'b', 'c']) one.hear(counted(id, 1, 5), '');
    silence(one, 10_001);
    silence(one, 600_000);
    expect(one.gone()).toHaveLength(3);
    silence(one, 1);
    expect(one.gone()).toHaveLength(1);
    expect(told(one)).toEqual({ serving: {}, gone: 15 });
  });
});

describe('a thread that was taken for dead', () => {
  it('is back when it speaks, and goes again when it is silent again', () => {
    const one = knowledge();
    one.hear(counted('a', 1, 5), '');
    silence(one, 10_001);
    one.hear(counted('a', 2, 6), '');
    expect(told(one)).toEqual({ serving: { a: 6 }, gone: 0 });
    silence(one, 9000);
    expect(told(one)).toEqual({ serving: { a: 6 }, gone: 0 });
    silence(one, 1001);
    expect(told(one)).toEqual({ serving: {}, gone: 6 });
  });

  it('for ten minutes and more is not counted twice when it speaks again', () => {
    const one = knowledge();
    one.hear(counted('a', 1, 5), '');
    silence(one, 10_001);
    silence(one, 600_001);
    one.hear(counted('a', 2, 9), '');
    one.end('a', counted('a', 3, 9));
    expect(told(one)).toEqual({ serving: {}, gone: 5 });
  });

  it('because this thread was blocked itself is there as soon as its words are heard', () => {
    const one = knowledge();
    one.hear(counted('a', 1, 5), '');
    one.expect('ask', true);
    // Its answer lies there meanwhile.
    pass(3_600_000);
    one.giveUp();
    one.hear(counted('a', 2, 6), 'ask');
    expect(told(one)).toEqual({ serving: { a: 6 }, gone: 0 });
  });
});

describe('readings of one thread', () => {
  it('that come in another order never make a count smaller', () => {
    const one = knowledge();
    one.hear(counted('a', 2, 6), '');
    one.hear(counted('a', 1, 5), '');
    expect(told(one).serving).toEqual({ a: 6 });
  });

  it('that come late bring what is added to them', () => {
    const one = knowledge();
    one.hear(counted('a', 2, 6, 'early'), '');
    one.hear(counted('a', 1, 5, 'late'), '');
    expect(one.serving()[0]![1].reading.extra).toBe('late');
    one.hear(counted('a', 3, 7), '');
    expect(one.serving()[0]![1].reading.extra).toBe('late');
  });

  it('that others know are taken where they are newer', () => {
    const one = knowledge('young');
    one.hear(counted('a', 2, 6, 'new'), '');
    one.hear(counted('b', 2, 6, 'old'), '');
    const theirs = [known(counted('a', 1, 5, 'old')), known(counted('b', 3, 7, 'new'))];
    one.learn(welcome({ known: theirs }));
    expect(told(one).serving).toEqual({ a: 6, b: 7 });
    expect(one.serving().map(([, { reading }]) => reading.extra)).toEqual(['new', 'new']);
  });

  it('of this thread itself are none of another one', () => {
    const one = knowledge('young');
    one.hear(counted('me', 1, 5), '');
    one.learn(welcome({ known: [known(counted('me', 1, 5))] }));
    expect(told(one)).toEqual({ serving: {}, gone: 0 });
    expect(one.isAlone).toBe(true);
  });
});

describe('a thread that comes', () => {
  it('and is welcomed by several has what they have in common once', () => {
    const one = knowledge('young');
    const both = [known(counted('a', 1, 1)), known(counted('b', 1, 2))];
    one.learn(welcome({ known: both, departed: left(7, 'x', 'y') }));
    one.learn(welcome({ known: both, departed: left(7, 'x', 'y') }));
    // This one has not added up the second yet.
    const alone = known(counted('y', 1, 4), { isFinal: true });
    one.learn(welcome({ known: [...both, alone], departed: left(3, 'x') }));
    expect(told(one)).toEqual({ serving: { a: 1, b: 2 }, gone: 7 });
  });

  it('hears of one that leaves at that moment, and that a welcome counts as well, once', () => {
    const one = knowledge('young');
    one.end('x', counted('x', 1, 3));
    expect(told(one)).toEqual({ serving: {}, gone: 3 });
    one.learn(welcome({ departed: left(7, 'w', 'x') }));
    expect(told(one)).toEqual({ serving: {}, gone: 7 });
    one.end('x', counted('x', 1, 3));
    expect(told(one)).toEqual({ serving: {}, gone: 7 });
  });

  it('hears of one that leaves before the welcome that still has it among those that serve', () => {
    const one = knowledge('young');
    one.end('x', counted('x', 2, 3));
    one.learn(welcome({ known: [known(counted('x', 1, 2))], departed: left(4, 'w') }));
    expect(told(one)).toEqual({ serving: {}, gone: 7 });
  });

  it('with another one learns nothing from that, and waits for one who knows', () => {
    const one = knowledge('young');
    const other = knowledge('young');
    one.learn(other.tell(counted('other', 1, 1)));
    expect(one.isSettled).toBe(false);
    one.learn(welcome({ departed: left(7, 'x') }));
    expect(one.isSettled).toBe(true);
    expect(told(one)).toEqual({ serving: { other: 1 }, gone: 7 });
    other.learn(one.tell(counted('me', 1, 2)));
    expect(other.isSettled).toBe(true);
    expect(total(other.gone())).toBe(7);
  });

  it('adds nothing up before it is welcomed, or has been there for ten seconds', () => {
    const one = knowledge('young');
    one.end('x', counted('x', 1, 3));
    expect(one.tell(undefined)).toMatchObject({ departed: { ids: [] }, settlesIn: 10_000 });
    expect(one.tell(undefined).known).toMatchObject([{ isFinal: true }]);
    pass(10_000);
    one.giveUp();
    expect(one.tell(undefined)).toMatchObject({ known: [], departed: { ids: ['x'] } });
    expect(told(one)).toEqual({ serving: {}, gone: 3 });
  });

  it('to others that came shortly before does not wait longer than they do', () => {
    const one = knowledge('young');
    one.learn(welcome({ settlesIn: 4000 }));
    pass(3999);
    expect(one.isSettled).toBe(false);
    pass(1);
    expect(one.isSettled).toBe(true);
  });

  it('and is told for the first time when it has been there for long still learns what had left', () => {
    const one = knowledge('young');
    one.learn(
      welcome({ known: [known(counted('x', 1, 3), { isFinal: true })], settlesIn: 10_000 }),
    );
    pass(10_000);
    one.end('y', counted('y', 1, 4));
    expect(told(one)).toEqual({ serving: {}, gone: 7 });
    one.learn(welcome({ departed: left(8, 'w', 'x') }));
    expect(told(one)).toEqual({ serving: {}, gone: 12 });
  });

  it('knows of those who were gone already that they are, and that they may be back', () => {
    const one = knowledge('young');
    one.learn(welcome({ known: [known(counted('x', 1, 3), { isGone: true })] }));
    expect(told(one)).toEqual({ serving: {}, gone: 3 });
    one.hear(counted('x', 2, 4), '');
    expect(told(one)).toEqual({ serving: { x: 4 }, gone: 0 });
  });
});
