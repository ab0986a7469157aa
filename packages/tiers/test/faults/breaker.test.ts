import { describe, expect, it } from 'vitest';
import { Breaker } from '../../src/faults/breaker.ts';

function breaker(random = 0): Breaker {
  return new Breaker({
    failures: 5,
    rate: { share: 0.5, calls: 20, window: 10_000 },
    openFor: { first: 1000, max: 30_000, jitter: 0.2 },
    random: () => random,
  });
}

describe('a breaker', () => {
  it('opens when half of at least 20 calls within the window failed', () => {
    const it = breaker();
    let opened = false;
    for (let i = 0; i < 19; i += 1) {
      if (i % 2 === 0) opened ||= it.failed(i * 100);
      else it.answered(i * 100);
    }
    expect(opened).toBe(false);
    it.answered(1900);
    // 10 of 20 had failed; the 21st call makes it 11 of 21.
    expect(it.failed(1950)).toBe(true);
    expect(it.phase).toBe('open');
  });

  it('forgets calls older than the window', () => {
    const it = breaker();
    for (let i = 0; i < 12; i += 1) {
      it.failed(0);
      it.answered(0);
      if (i === 8) break;
    }
    for (let i = 0; i < 8; i += 1) it.answered(10_500);
    // 1 of 9, not 10 of 27.
    expect(it.failed(10_500)).toBe(false);
    for (let i = 0; i < 40; i += 1) it.answered(10_600);
    expect(it.failed(10_700)).toBe(false);
    expect(it.isClosed).toBe(true);
  });

  it('keeps counting when the clock stands or goes back', () => {
    const it = breaker();
    it.failed(50_000);
    it.failed(20_000);
    it.failed(20_000);
    it.failed(20_000);
    expect(it.failed(20_000)).toBe(true);
  });

  it('ignores what is told while it is open', () => {
    const it = breaker();
    expect(it.trip(0)).toBe(true);
    expect(it.trip(1)).toBe(false);
    expect(it.failed(1)).toBe(false);
    it.answered(1);
    expect(it.phase).toBe('open');
    it.probe();
    expect(it.phase).toBe('probing');
    it.reopen();
    it.reopen();
    expect(it.phase).toBe('open');
    // Reopened once: the second call found nothing to reopen.
    expect(it.pause()).toBe(2000);
    expect(it.close(10)).toBe(true);
    expect(it.close(10)).toBe(false);
    it.probe();
    expect(it.phase).toBe('closed');
  });

  it('never pauses longer than the longest, nor shorter than the jitter allows', () => {
    const late = breaker(0);
    const early = breaker(0.9999);
    for (const each of [late, early]) {
      each.trip(0);
      for (let i = 0; i < 2000; i += 1) {
        each.probe();
        each.reopen();
      }
    }
    expect(late.pause()).toBe(30_000);
    expect(early.pause()).toBeCloseTo(24_000, -1);
  });
});
