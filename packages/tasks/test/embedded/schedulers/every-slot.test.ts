import { describe, expect, it } from 'vitest';
import { everySlot } from '../../../src/embedded/commands/_every-slot.ts';

describe('everySlot', () => {
  it('begins now when nothing else is said, and remembers the offset of now', () => {
    expect(everySlot(undefined, 1_000, 12_345, 0, undefined)).toEqual({
      nextMillis: 12_345,
      offset: 345,
    });
  });

  it('begins at the start date, or now when that has passed', () => {
    expect(everySlot(undefined, 1_000, 12_345, 0, 20_000).nextMillis).toBe(20_000);
    expect(everySlot(undefined, 1_000, 12_345, 0, 5_000).nextMillis).toBe(12_345);
  });

  it('begins at the next slot of a given offset', () => {
    expect(everySlot(undefined, 1_000, 12_345, 400, undefined)).toEqual({
      nextMillis: 12_400,
      offset: 400,
    });
    expect(everySlot(undefined, 1_000, 12_400, 400, undefined).nextMillis).toBe(13_400);
  });

  it('goes on from the last run', () => {
    expect(everySlot(12_345, 1_000, 12_350, 345, undefined)).toEqual({
      nextMillis: 13_345,
      offset: 345,
    });
  });

  it('runs once after a pause, at the next slot that keeps the offset', () => {
    expect(everySlot(12_345, 1_000, 60_200, 345, undefined).nextMillis).toBe(60_345);
    expect(everySlot(12_345, 1_000, 60_400, 345, undefined).nextMillis).toBe(61_345);
  });

  it('keeps a run that is due at this very moment', () => {
    expect(everySlot(12_345, 1_000, 13_345, 345, undefined).nextMillis).toBe(13_345);
  });
});
