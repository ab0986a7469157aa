// The table of epochs: an epoch never falls, and forgetting a name makes entries invalid, never valid again.
import { describe, expect, it } from 'vitest';
import { Epochs } from '../../src/tags/epochs.ts';

describe('epochs', () => {
  it('rise and never fall, hard and soft apart', () => {
    const epochs = new Epochs(true);
    expect([epochs.hard('t'), epochs.soft('t'), epochs.hasSoft]).toEqual([0, 0, false]);
    epochs.raise('t', 'hard', 5, -Infinity);
    epochs.raise('t', 'hard', 3, -Infinity);
    epochs.raise('t', 'soft', 7, -Infinity);
    expect([epochs.hard('t'), epochs.soft('t'), epochs.hasSoft]).toEqual([5, 7, true]);
    epochs.learn('t', 4, 0, 10);
    epochs.learn('u', 9, 8, 10);
    expect([epochs.hard('t'), epochs.hard('u'), epochs.soft('u'), epochs.size]).toEqual([
      5, 9, 8, 2,
    ]);
  });

  it('are unknown until they were learned, past their time, and after doubt, but kept', () => {
    const epochs = new Epochs(true);
    expect(epochs.isUnknown('t', 0)).toBe(true);
    epochs.raise('t', 'hard', 5, -Infinity);
    expect(epochs.isUnknown('t', 0)).toBe(true);
    epochs.learn('t', 6, 0, 10);
    expect([epochs.isUnknown('t', 10), epochs.isUnknown('t', 11)]).toEqual([false, true]);
    epochs.learn('t', 6, 0, Infinity);
    expect(epochs.isUnknown('t', 1e12)).toBe(false);
    epochs.doubt();
    expect([epochs.isUnknown('t', 0), epochs.hard('t')]).toEqual([true, 6]);
  });

  it('that do not fit are forgotten: a server is asked again, and without one nothing becomes valid', () => {
    const shared = new Epochs(true, 2);
    const alone = new Epochs(false, 2);
    for (const epochs of [shared, alone]) {
      epochs.raise('a', 'hard', 5, Infinity);
      epochs.raise('b', 'soft', 9, Infinity);
      epochs.raise('c', 'hard', 1, Infinity);
      epochs.raise('d', 'hard', 2, Infinity);
      expect(epochs.size).toBe(2);
    }
    expect([shared.hard('a'), shared.isUnknown('a', 0)]).toEqual([0, true]);
    expect([alone.hard('a'), alone.hard('b'), alone.hard('never seen')]).toEqual([9, 9, 9]);
  });
});
