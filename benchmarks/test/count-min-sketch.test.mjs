import { describe, expect, it } from 'vitest';
import { CountMinSketch } from '../hit-ratio/policies/count-min-sketch.mjs';

const add = (sketch, key, times) => {
  for (let time = 0; time < times; time++) sketch.add(key);
};

describe('CountMinSketch', () => {
  it('is never below the true count, and seldom above it', () => {
    const sketch = new CountMinSketch(4096, 1e9);
    for (let key = 0; key < 1000; key++) add(sketch, key, (key % 10) + 1);
    const counts = Array.from({ length: 1000 }, (_, key) => sketch.count(key));
    expect(counts.every((count, key) => count >= (key % 10) + 1)).toBe(true);
    expect(counts.filter((count, key) => count > (key % 10) + 1).length).toBeLessThan(50);
  });

  it('counts to 15 and no further', () => {
    const sketch = new CountMinSketch(64, 1e9);
    add(sketch, 7, 40);
    expect(sketch.count(7)).toBe(15);
  });

  it('halves all counts after so many additions', () => {
    const sketch = new CountMinSketch(64, 20);
    add(sketch, 1, 8);
    add(sketch, 2, 11);
    expect([sketch.count(1), sketch.count(2)]).toEqual([8, 11]);
    sketch.add(2);
    expect([sketch.count(1), sketch.count(2)]).toEqual([4, 6]);
  });

  it('halves again after as many additions as make the sample full', () => {
    const sketch = new CountMinSketch(64, 20);
    add(sketch, 1, 8);
    add(sketch, 2, 12);
    add(sketch, 3, 9);
    expect(sketch.count(1)).toBe(4);
    sketch.add(3); // the halved sample of 10, and 10 more
    expect(sketch.count(1)).toBe(2);
  });
});
