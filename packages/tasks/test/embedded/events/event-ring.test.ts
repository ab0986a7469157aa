import { describe, expect, it, vi } from 'vitest';
import { EventRing } from '../../../src/embedded/collections/event-ring.ts';

function ringOf(count: number, maxLength?: number): EventRing {
  const ring = new EventRing(maxLength);
  for (let n = 0; n < count; n++) ring.append({ event: 'waiting', jobId: String(n) }, 1_000 + n);
  return ring;
}

const jobIdsOf = (ring: EventRing, after = '0') =>
  ring.after(after).map(([, fields]) => fields[fields.indexOf('jobId') + 1]);

describe('EventRing', () => {
  it('gives ids of the time and a sequence within the millisecond', () => {
    const ring = new EventRing();
    ring.append({ event: 'added' }, 5);
    ring.append({ event: 'waiting' }, 5);
    ring.append({ event: 'active' }, 6);
    expect(ring.after('0').map(([id]) => id)).toEqual(['5-0', '5-1', '6-0']);
    expect(ring.lastId).toBe('6-0');
  });

  it('gives growing ids when the clock jumps back', () => {
    const ring = new EventRing();
    ring.append({ event: 'added' }, 5);
    ring.append({ event: 'waiting' }, 3);
    expect(ring.after('0').map(([id]) => id)).toEqual(['5-0', '5-1']);
  });

  it('answers fields as texts and leaves out those that are undefined', () => {
    const ring = new EventRing();
    ring.append({ event: 'delayed', jobId: '1', delay: 12, prev: undefined }, 5);
    expect(ring.after('0')).toEqual([['5-0', ['event', 'delayed', 'jobId', '1', 'delay', '12']]]);
  });

  it('reads what came after an id, and everything when that id is gone', () => {
    const ring = ringOf(5, 3);
    expect(jobIdsOf(ring, '1003-0')).toEqual(['4']);
    expect(jobIdsOf(ring, '1000-0')).toEqual(['2', '3', '4']);
    expect(jobIdsOf(ring, '1004-0')).toEqual([]);
  });

  it('takes an id without a sequence as that of the first event of its millisecond', () => {
    const ring = new EventRing();
    ring.append({ event: 'a', jobId: '0' }, 5);
    ring.append({ event: 'b', jobId: '1' }, 5);
    expect(jobIdsOf(ring, '5')).toEqual(['1']);
    expect(jobIdsOf(ring, '4')).toEqual(['0', '1']);
  });

  it('holds the newest maxLength events through many turns of the ring', () => {
    const ring = ringOf(1_000, 150);
    expect(ring.length).toBe(150);
    expect(jobIdsOf(ring)).toEqual(Array.from({ length: 150 }, (_, n) => String(850 + n)));
  });

  it('holds 10,000 events unless it is told otherwise', () => {
    expect(ringOf(10_005).length).toBe(10_000);
  });

  it('honours a smaller maxLength from the next event on', () => {
    const ring = ringOf(10);
    ring.maxLength = 2;
    expect(ring.length).toBe(10);
    ring.append({ event: 'waiting', jobId: '10' }, 2_000);
    expect(jobIdsOf(ring)).toEqual(['9', '10']);
  });

  it('holds nothing at a maxLength of 0, and goes on counting ids', () => {
    const ring = ringOf(3, 0);
    expect(ring.length).toBe(0);
    expect(ring.lastId).toBe('1002-0');
  });

  it('trims the oldest and says how many', () => {
    const ring = ringOf(5);
    expect(ring.trim(2)).toBe(3);
    expect(jobIdsOf(ring)).toEqual(['3', '4']);
    expect(ring.trim(2)).toBe(0);
  });

  it('appends after a trim in the middle of the ring', () => {
    const ring = ringOf(100);
    ring.trim(1);
    for (let n = 100; n < 300; n++) ring.append({ event: 'waiting', jobId: String(n) }, 3_000);
    expect(jobIdsOf(ring)).toEqual(Array.from({ length: 201 }, (_, n) => String(99 + n)));
  });

  it('goes on with growing ids after it was cleared', () => {
    const ring = ringOf(3);
    ring.clear();
    expect(ring.after('0')).toEqual([]);
    ring.append({ event: 'waiting', jobId: 'new' }, 1);
    expect(ring.after('0').map(([id]) => id)).toEqual(['1002-1']);
  });

  it('tells a listener of one append, and one that left of none', () => {
    const ring = new EventRing();
    const told = vi.fn<() => void>();
    const left = vi.fn<() => void>();
    ring.onceAppended(told);
    ring.onceAppended(left)();
    ring.append({ event: 'a' }, 1);
    ring.append({ event: 'b' }, 1);
    expect(told).toHaveBeenCalledTimes(1);
    expect(left).not.toHaveBeenCalled();
  });
});
