import { describe, expect, it } from 'vitest';
import { Turn } from '../../src/connection/turn.ts';

const frames = ['a', 'bb', 'ccc', 'dddd'].map((text) => Buffer.from(text));
const [a, b, c, d] = frames as [Buffer, Buffer, Buffer, Buffer];

/** A place, and what left by it. */
function placeOf(turn: Turn) {
  const left: Buffer[] = [];
  return { left, place: turn.place({ leave: (bytes) => left.push(bytes) }) };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('a turn', () => {
  it('lets all frames of a place leave in one write, in order', async () => {
    const { left, place } = placeOf(new Turn());
    for (const frame of frames) place.write(frame);
    expect(left).toEqual([]);
    expect(place.bytes).toBe(10);
    await nextTurn();
    expect(left.map(String)).toEqual(['abbcccdddd']);
    expect(place.bytes).toBe(0);
  });

  it('lets one frame leave as it is', async () => {
    const { left, place } = placeOf(new Turn());
    place.write(a);
    await nextTurn();
    expect(left[0]).toBe(a);
  });

  it('joins the same sequence once for all', async () => {
    const turn = new Turn();
    const places = Array.from({ length: 5 }, () => placeOf(turn));
    for (const frame of [a, b, c]) for (const { place } of places) place.write(frame);
    await nextTurn();
    const joined = places.map(({ left }) => left[0]);
    expect(joined[0]!.toString()).toBe('abbccc');
    for (const bytes of joined) expect(bytes).toBe(joined[0]);
  });

  it('gives each what it was given, where they differ', async () => {
    const turn = new Turn();
    const [one, two, three] = [placeOf(turn), placeOf(turn), placeOf(turn)];
    for (const place of [one.place, two.place]) place.write(a);
    three.place.write(b);
    one.place.write(c);
    for (const place of [two.place, three.place]) place.write(d);
    one.place.write(a);
    await nextTurn();
    const texts = [one, two, three].map(({ left }) => left.map(String).join('|'));
    expect(texts).toEqual(['accca', 'adddd', 'bbdddd']);
  });

  it('waits for promises that are due', async () => {
    const { left, place } = placeOf(new Turn());
    place.write(a);
    await Promise.resolve();
    await Promise.resolve();
    place.write(b);
    await nextTurn();
    expect(left.map(String)).toEqual(['abb']);
  });

  it('keeps turns apart', async () => {
    const { left, place } = placeOf(new Turn());
    place.write(a);
    await nextTurn();
    place.write(b);
    await nextTurn();
    expect(left.map(String)).toEqual(['a', 'bb']);
  });

  it('lets what was given leave early, and once', async () => {
    const { left, place } = placeOf(new Turn());
    place.write(a);
    place.flush();
    expect(left.map(String)).toEqual(['a']);
    place.write(b);
    await nextTurn();
    expect(left.map(String)).toEqual(['a', 'bb']);
    place.flush();
    expect(left.length).toBe(2);
  });

  it('forgets what is discarded', async () => {
    const { left, place } = placeOf(new Turn());
    place.write(a);
    place.discard();
    expect(place.bytes).toBe(0);
    await nextTurn();
    expect(left).toEqual([]);
  });

  it('takes what is written while frames leave into the next one', async () => {
    const turn = new Turn();
    const second = placeOf(turn);
    const first = turn.place({ leave: () => second.place.write(b) });
    second.place.write(a);
    first.write(a);
    await nextTurn();
    await nextTurn();
    expect(second.left.map(String)).toEqual(['a', 'bb']);
  });
});
