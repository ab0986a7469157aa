import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Heartbeat } from '../../src/connection/heartbeat.ts';

describe('a heartbeat', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('beats each once per period, spread over it, by one timer', () => {
    const heartbeat = new Heartbeat({ period: 30_000 });
    const beats = Array.from({ length: 60 }, () => 0);
    let most = 0;
    let now = 0;
    for (const at of beats.keys()) {
      heartbeat.add({
        beat: () => {
          beats[at]!++;
          now++;
        },
      });
    }
    expect(vi.getTimerCount()).toBe(1);
    for (let second = 0; second < 30; second++) {
      now = 0;
      vi.advanceTimersByTime(1_000);
      most = Math.max(most, now);
    }
    expect(new Set(beats)).toEqual(new Set([1]));
    expect(most).toBe(2);
    vi.advanceTimersByTime(60_000);
    expect(new Set(beats)).toEqual(new Set([3]));
    heartbeat.close();
  });

  it('lets those expire that give no sign within the deadline, once', () => {
    const heartbeat = new Heartbeat({ period: 30_000, deadline: 10_000 });
    const log: string[] = [];
    const start = performance.now();
    const seconds = (): number => Math.round((performance.now() - start) / 1_000);
    heartbeat.add({
      beat: () => log.push(`ask ${seconds()}`),
      expire: () => log.push(`expire ${seconds()}`),
    });
    const lively = heartbeat.add({
      beat: () => lively.touch(),
      expire: () => log.push('never'),
    });
    vi.advanceTimersByTime(120_000);
    expect(log).toEqual(['ask 30', 'expire 40']);
    expect(heartbeat.size).toBe(1);
    heartbeat.close();
  });

  it('expects no sign of those that have no expire', () => {
    const heartbeat = new Heartbeat({ period: 15_000 });
    let beats = 0;
    heartbeat.add({ beat: () => beats++ });
    vi.advanceTimersByTime(60_000);
    expect([beats, heartbeat.size]).toEqual([4, 1]);
    heartbeat.close();
  });

  it('has no timer while there is nobody', () => {
    const heartbeat = new Heartbeat({ period: 1_500 });
    const watched = heartbeat.add({ beat: () => undefined });
    watched.remove();
    watched.remove();
    expect([heartbeat.size, vi.getTimerCount()]).toEqual([0, 0]);
    let beats = 0;
    heartbeat.add({ beat: () => beats++ });
    vi.advanceTimersByTime(3_000);
    expect(beats).toBe(2);
    heartbeat.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets nobody expire while the process was held up', () => {
    const heartbeat = new Heartbeat({ period: 30_000, deadline: 10_000 });
    let expired = 0;
    heartbeat.add({ beat: () => undefined, expire: () => expired++ });
    vi.advanceTimersByTime(39_000);
    const now = performance.now();
    // The loop stood still for long: answers are there, but unread.
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now + 60_000);
    vi.advanceTimersByTime(1_000);
    clock.mockRestore();
    expect(expired).toBe(0);
    heartbeat.close();
  });
});
