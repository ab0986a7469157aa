// What counts as a loss, where the server counts (Redis 7) and where it does not.
import { describe, expect, it } from 'vitest';
import { Cursor } from '../../src/stream/cursor.ts';
import type { StreamEntry } from '../../src/stream/cursor.ts';
import { encode } from '../../src/stream/envelope.ts';
import { compareIds, readStreamInfo } from '../../src/stream/position.ts';
import { Subscriber } from '../../src/subscriber.ts';
import { newTally } from '../../src/tally.ts';

const entry = (id: string): StreamEntry => [
  Buffer.from(id),
  [Buffer.from('m'), encode({ origin: 'o', id: undefined, payload: Buffer.from(id) })],
];

/** A cursor, and what its subscriber was told. */
function cursorFrom(from: string): { readonly cursor: Cursor; readonly log: string[] } {
  const log: string[] = [];
  const subscriber = new Subscriber({
    topic: 't',
    handler: ({ payload }) => log.push(payload.toString()),
    options: { from, onGap: ({ reason }) => log.push(`gap ${reason}`) },
    tally: newTally(),
    dedupe: 10,
    onClose: () => undefined,
  });
  return { cursor: new Cursor(subscriber, 'key'), log };
}

/** A stream of the entries `first`-0 to `last`-0, of which there ever were `added`. */
const stream = (first: number, last: number, added: number | undefined) => ({
  length: last - first + 1,
  first: first > last ? undefined : `${first}-0`,
  last: `${last}-0`,
  added,
});

describe.each([
  ['where the server counts', 10],
  ['where it does not', undefined],
])('%s', (_, ten) => {
  const added = (count: number): number | undefined => (ten === undefined ? undefined : count);

  it('tells what was trimmed between what was seen and what is there', () => {
    const { cursor, log } = cursorFrom('now');
    cursor.sync(stream(1, 10, ten), false);
    cursor.check(stream(15, 20, added(20)), [entry('15-0')]);
    cursor.take([entry('15-0')], false);
    expect(log).toEqual(['gap trimmed', '15-0']);
  });

  it('tells nothing when what was seen last is still there', () => {
    const { cursor, log } = cursorFrom('now');
    cursor.sync(stream(1, 10, ten), false);
    cursor.check(stream(10, 12, added(12)), [entry('11-0'), entry('12-0')]);
    cursor.take([entry('11-0'), entry('12-0')], true);
    cursor.lose();
    cursor.sync(stream(12, 12, added(12)), false);
    expect(log).toEqual(['11-0', '12-0']);
    expect(cursor.subscriber.isLive).toBe(true);
  });

  it('tells that the stream went back behind what was seen', () => {
    const { cursor, log } = cursorFrom('now');
    cursor.sync(stream(1, 10, ten), false);
    cursor.sync(stream(1, 7, added(7)), false);
    cursor.check(stream(1, 8, added(8)), [entry('8-0')]);
    cursor.take([entry('8-0')], true);
    expect(log).toEqual(['gap missing', '8-0']);
  });

  it('tells that all was trimmed, and goes on at the end', () => {
    const { cursor, log } = cursorFrom('5-0');
    cursor.sync(stream(11, 10, ten), false);
    expect(log).toEqual(['gap trimmed']);
    expect(cursor.position).toBe('10-0');
    expect(cursor.subscriber.isLive).toBe(true);
  });
});

it('counts exactly: up to the last one seen may be trimmed', () => {
  const { cursor, log } = cursorFrom('now');
  cursor.sync(stream(1, 10, 10), false);
  cursor.check(stream(11, 12, 12), [entry('11-0'), entry('12-0')]);
  cursor.take([entry('11-0'), entry('12-0')], true);
  expect(log).toEqual(['11-0', '12-0']);
});

it('does not tell one loss twice when more is trimmed while it reads', () => {
  const { cursor, log } = cursorFrom('now');
  cursor.sync(stream(1, 10, 10), false);
  // Read from 20 on, but by the time it asks, 25 is the first that is left.
  const read = Array.from({ length: 11 }, (_, index) => entry(`${20 + index}-0`));
  cursor.check(stream(25, 30, 30), read);
  cursor.take(read, true);
  cursor.check(stream(26, 31, 31), [entry('31-0')]);
  cursor.take([entry('31-0')], true);
  expect(log.filter((text) => text.startsWith('gap'))).toEqual(['gap trimmed']);
});

it('stops in the middle of what was read when it is closed', () => {
  const { cursor, log } = cursorFrom('start');
  cursor.sync(stream(1, 2, 2), false);
  cursor.subscriber.close();
  cursor.take([entry('1-0'), entry('2-0')], true);
  expect(log).toEqual([]);
});

it('compares ids as numbers of any length', () => {
  const sorted = ['0-0', '0-1', '9-9', '10-0', '10-2', '10-10', '18446744073709551615-0'];
  for (const [index, a] of sorted.entries()) {
    for (const [other, b] of sorted.entries()) {
      expect(Math.sign(compareIds(a, b))).toBe(Math.sign(index - other));
    }
  }
});

it('reads what a server before Redis 7 says of a stream', () => {
  const reply = ['length', 0, 'last-generated-id', '5-0', 'groups', 0, 'first-entry', null];
  expect(readStreamInfo(reply)).toEqual({
    length: 0,
    last: '5-0',
    first: undefined,
    added: undefined,
  });
});
