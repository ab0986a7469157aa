import { describe, expect, it } from 'vitest';
import { Events } from '../../src/dashboard/events.ts';
import type { EventRow } from '../../src/dashboard/frame.ts';

/** Events at a time that the test sets. */
function eventsAt(start = 1_000_000) {
  const told: EventRow[] = [];
  const clock = { now: start };
  const events = new Events(
    (row) => told.push(row),
    () => clock.now,
  );
  const add = (kind: string, text: string): void =>
    events.add(kind, () => ({ level: 'info', text }));
  const texts = (): string[] => events.between(0, events.last).map(({ text }) => text);
  return { events, told, clock, add, texts };
}

describe('events', () => {
  it('are kept in order with their time, and given after a number', () => {
    const { events, clock, add } = eventsAt();
    add('tier', 'first');
    const { last } = events;
    clock.now += 5;
    add('health', 'second');
    expect(events.between(last, events.last)).toStrictEqual([
      { at: 1_000_005, kind: 'health', level: 'info', text: 'second' },
    ]);
    expect(events.between(0, last)).toHaveLength(1);
    expect(events.between(events.last, events.last)).toStrictEqual([]);
  });

  it('are the last 200', () => {
    const { clock, add, texts } = eventsAt();
    for (let i = 0; i < 250; i++) {
      clock.now += 1000;
      add('tier', `event ${i}`);
    }
    expect(texts()).toHaveLength(200);
    expect(texts()[0]).toBe('event 50');
  });

  it('that come in a flood are counted, and no sentence is made of them', () => {
    const { events, clock, add, texts, told } = eventsAt();
    let made = 0;
    for (let i = 0; i < 500; i++) {
      events.add('purge', () => ({ level: 'info', text: `purge ${++made}` }));
    }
    expect(made).toBe(10);
    add('tier', 'of another kind');
    clock.now += 1000;
    events.settle();
    expect(texts().at(-1)).toBe('490 more of this kind in the same second');
    expect(told).toHaveLength(12);
    add('purge', 'later');
    expect(texts().at(-1)).toBe('later');
    clock.now += 5000;
    events.settle();
    expect(texts()).toHaveLength(13);
  });

  it('that every thread tells at the same moment are one; purges are not', () => {
    const { events, add, texts, clock } = eventsAt();
    add('tier', 'remote is down');
    const row = { kind: 'tier', level: 'info', text: 'remote is down' } as const;
    events.take({ ...row, at: clock.now + 400 });
    events.take({ ...row, at: clock.now + 1400 });
    expect(texts()).toHaveLength(2);
    add('purge', '1 tag was purged');
    add('purge', '1 tag was purged');
    expect(texts()).toHaveLength(4);
  });

  it('of other threads are not told to them again, and long ones are cut', () => {
    const { events, told, add, texts } = eventsAt();
    events.take({ at: 1, kind: 'tier', level: 'info', text: 'there' });
    expect(told).toStrictEqual([]);
    add('tier', 'x'.repeat(5000));
    expect(texts().at(-1)).toHaveLength(301);
  });
});
