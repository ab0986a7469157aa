import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FAILED } from '../../src/faults/guard.ts';
import type { Guard } from '../../src/faults/guard.ts';
import { Fault, expectNoUnhandled, fails, guarded, hangs, ok } from './support.ts';

expectNoUnhandled();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const refused = (): Promise<void> => Promise.reject(new Fault('down'));
const oom = (): Promise<void> => Promise.reject(new Fault('write', 'OOM'));

async function failReads(guard: Guard, times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) await guard.read(fails('down'));
}

describe('the breaker of a guard', () => {
  it('opens after five failures in a row, and lets no user call through', async () => {
    const { guard, probes } = guarded();
    await failReads(guard, 4);
    await guard.read(ok);
    await failReads(guard, 4);
    expect(guard.breaker).toEqual({ read: 'closed', write: 'closed' });
    await failReads(guard, 1);
    expect(guard.breaker).toEqual({ read: 'open', write: 'closed' });
    const operation = vi.fn(ok);
    expect(await guard.read(operation)).toBe(FAILED);
    expect(operation).not.toHaveBeenCalled();
    expect(await guard.write(operation)).toBe('value');
    expect(probes.changes).toBe(1);
    guard.close();
  });

  it('counts time-outs as failures', async () => {
    const { guard } = guarded();
    const calls = Array.from({ length: 5 }, () => guard.read(hangs));
    await vi.advanceTimersByTimeAsync(106);
    await Promise.all(calls);
    expect(guard.breaker.read).toBe('open');
    guard.close();
  });

  it('leaves requests that were refused out of account', async () => {
    const { guard } = guarded();
    for (let i = 0; i < 50; i += 1) await guard.read(fails('request'));
    expect(guard.breaker.read).toBe('closed');
    expect(guard.faults.errors).toBe(50);
    guard.close();
  });

  it('opens for writes alone at a refusal to write, whichever call found out', async () => {
    const { guard, probes } = guarded();
    probes.write = oom;
    await guard.write(fails('write', 'OOM command not allowed'));
    expect(guard.breaker).toEqual({ read: 'closed', write: 'open' });
    await vi.advanceTimersByTimeAsync(1000);
    expect(guard.breaker).toEqual({ read: 'closed', write: 'open' });
    expect([probes.pings, probes.writes]).toEqual([0, 1]);
    probes.write = () => Promise.resolve();
    await vi.advanceTimersByTimeAsync(2000);
    expect(guard.breaker).toEqual({ read: 'closed', write: 'closed' });
    await guard.read(fails('write', 'READONLY'));
    expect(guard.breaker).toEqual({ read: 'closed', write: 'open' });
    expect(probes.resets).toBe(0);
    guard.close();
  });

  it('opens at once when it is refused itself, and asks again each 30 s', async () => {
    const { guard, probes } = guarded();
    probes.ping = () => Promise.reject(new Fault('misconfigured', 'WRONGPASS'));
    await guard.read(fails('misconfigured', 'NOAUTH'));
    expect(guard.breaker.read).toBe('open');
    await vi.advanceTimersByTimeAsync(29_000);
    expect(probes.pings).toBe(0);
    await vi.advanceTimersByTimeAsync(1000);
    expect(probes.pings).toBe(1);
    expect(guard.lastError).toBe('WRONGPASS');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(probes.pings).toBe(2);
    probes.ping = () => Promise.resolve();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(guard.breaker.read).toBe('closed');
    expect(probes.resets).toBe(0);
    guard.close();
  });

  it('asks each 30 s from the probe on that finds it refused', async () => {
    const { guard, probes } = guarded({ failures: 1 });
    probes.ping = () => Promise.reject(new Fault('misconfigured'));
    const late = guard.read(
      () => new Promise((_, reject) => setTimeout(reject, 20, new Fault('misconfigured'))),
    );
    await guard.read(fails('down'));
    await vi.advanceTimersByTimeAsync(20);
    expect(await late).toBe(FAILED);
    await vi.advanceTimersByTimeAsync(1000);
    expect(probes.pings).toBe(1);
    await vi.advanceTimersByTimeAsync(29_000);
    expect(probes.pings).toBe(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(probes.pings).toBe(2);
    guard.close();
  });

  it('takes an error that faultOf itself fails on for a failure', async () => {
    const { guard } = guarded({
      failures: 1,
      faultOf: () => {
        throw new Error('not mine');
      },
    });
    await guard.read(fails('request'));
    expect(guard.breaker.read).toBe('open');
    guard.close();
  });

  it('tells when its state changed', async () => {
    const { guard, probes } = guarded({ failures: 1 });
    const before = guard.since;
    await vi.advanceTimersByTimeAsync(500);
    await guard.read(fails('down'));
    expect(guard.since).toBe(before + 500);
    await vi.advanceTimersByTimeAsync(1000);
    // open, probing, closed
    expect(probes.changes).toBe(3);
    expect(guard.since).toBe(before + 1500);
    guard.close();
  });

  it('bears an onChange and a reset that throw', async () => {
    const { guard, probes } = guarded({
      failures: 1,
      onChange: () => {
        throw new Error('onChange');
      },
      reset: () => {
        throw new Error('reset');
      },
    });
    probes.ping = refused;
    await guard.read(fails('down'));
    expect(guard.lastError).toBe('onChange');
    await vi.advanceTimersByTimeAsync(60_000);
    probes.ping = () => Promise.resolve();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(guard.breaker.read).toBe('closed');
    guard.close();
  });
});

describe('the background probe', () => {
  it('runs after 1 s, doubling to 30 s', async () => {
    const { guard, probes } = guarded();
    probes.ping = refused;
    await failReads(guard, 5);
    const start = performance.now();
    const at: number[] = [];
    probes.ping = () => {
      at.push(Math.round((performance.now() - start) / 1000));
      return refused();
    };
    await vi.advanceTimersByTimeAsync(130_000);
    expect(at).toEqual([1, 3, 7, 15, 31, 61, 91, 121]);
    guard.close();
  });

  it('takes up to a fifth off at random', async () => {
    const { guard, probes } = guarded({ random: () => 0.999 });
    await failReads(guard, 5);
    await vi.advanceTimersByTimeAsync(795);
    expect(probes.pings).toBe(0);
    await vi.advanceTimersByTimeAsync(10);
    expect(probes.pings).toBe(1);
    guard.close();
  });

  it('is bounded by the deadline, and shows in the state', async () => {
    const { guard, probes } = guarded();
    probes.ping = hangs;
    await failReads(guard, 5);
    await vi.advanceTimersByTimeAsync(1000);
    expect(guard.breaker.read).toBe('probing');
    expect(guard.canRead).toBe(false);
    await vi.advanceTimersByTimeAsync(100);
    expect(guard.breaker.read).toBe('open');
    expect(guard.lastError).toBe('no answer to a probe within 100 ms');
    guard.close();
  });

  it('handles one that throws at once, and one that is rejected late', async () => {
    const { guard, probes } = guarded();
    probes.ping = () => {
      throw new Fault('down', 'thrown');
    };
    await failReads(guard, 5);
    await vi.advanceTimersByTimeAsync(1000);
    expect(guard.lastError).toBe('thrown');
    probes.ping = () =>
      new Promise((_, reject) => setTimeout(reject, 500, new Fault('down', 'late')));
    await vi.advanceTimersByTimeAsync(2600);
    expect(guard.breaker.read).toBe('open');
    guard.close();
  });

  it('connects anew after three without an answer in a row', async () => {
    const { guard, probes } = guarded();
    probes.ping = hangs;
    await failReads(guard, 5);
    await vi.advanceTimersByTimeAsync(1000 + 2000 + 100 + 100);
    expect([probes.pings, probes.resets]).toEqual([2, 0]);
    await vi.advanceTimersByTimeAsync(4200);
    expect([probes.pings, probes.resets]).toEqual([3, 1]);
    await vi.advanceTimersByTimeAsync(8000 + 16_000 + 30_000 + 400);
    expect([probes.pings, probes.resets]).toEqual([6, 2]);
    guard.close();
  });

  it('connects anew once, though reads and writes both probe', async () => {
    const { guard, probes } = guarded();
    probes.ping = hangs;
    probes.write = hangs;
    await failReads(guard, 5);
    for (let i = 0; i < 5; i += 1) await guard.write(fails('down'));
    await vi.advanceTimersByTimeAsync(7400);
    expect([probes.pings, probes.writes, probes.resets]).toEqual([3, 3, 1]);
    guard.close();
  });

  it('no longer counts what was under way before it connected anew', async () => {
    const { guard, probes } = guarded({ maxInFlight: 3, failures: 3 });
    const answers: ((value: string) => void)[] = [];
    const calls = Array.from({ length: 3 }, () =>
      guard.read(() => new Promise<string>((resolve) => answers.push(resolve))),
    );
    await vi.advanceTimersByTimeAsync(106);
    await Promise.all(calls);
    expect(guard.canWrite).toBe(false);
    probes.ping = refused;
    await vi.advanceTimersByTimeAsync(7500);
    expect(probes.resets).toBe(1);
    expect(guard.canWrite).toBe(true);
    // Answers of the old connection must not make room twice.
    for (const answer of answers) answer('late');
    await vi.advanceTimersByTimeAsync(0);
    const more = Array.from({ length: 4 }, () => guard.write(hangs));
    expect(await more[3]).toBe(FAILED);
    expect(guard.faults.skipped).toBe(1);
    guard.close();
    await Promise.all(more);
  });

  it('goes on to probe more rarely when a tier answers probes but fails calls', async () => {
    const { guard, probes } = guarded();
    await failReads(guard, 5);
    await vi.advanceTimersByTimeAsync(1000);
    expect([guard.breaker.read, probes.pings]).toEqual(['closed', 1]);
    await failReads(guard, 5);
    await vi.advanceTimersByTimeAsync(1000);
    expect([guard.breaker.read, probes.pings]).toEqual(['open', 1]);
    await vi.advanceTimersByTimeAsync(1000);
    expect([guard.breaker.read, probes.pings]).toEqual(['closed', 2]);
    // As long in order as it was out of order: forgiven.
    await vi.advanceTimersByTimeAsync(2001);
    await failReads(guard, 5);
    await vi.advanceTimersByTimeAsync(1000);
    expect([guard.breaker.read, probes.pings]).toEqual(['closed', 3]);
    guard.close();
  });
});

describe('probe', () => {
  it('closes the breaker at once when the tier answers', async () => {
    const { guard, probes } = guarded({ failures: 1 });
    await guard.read(fails('down'));
    await guard.write(fails('down'));
    expect(await guard.probe()).toBe(true);
    expect(guard.breaker).toEqual({ read: 'closed', write: 'closed' });
    expect([probes.pings, probes.writes]).toEqual([1, 1]);
    await vi.advanceTimersByTimeAsync(5000);
    expect([probes.pings, probes.writes]).toEqual([1, 1]);
    guard.close();
  });

  it('tells of a tier that does not answer, and changes nothing', async () => {
    const { guard, probes } = guarded();
    probes.ping = refused;
    expect(await guard.probe()).toBe(false);
    expect(guard.breaker).toEqual({ read: 'closed', write: 'closed' });
    expect(guard.faults).toEqual({ errors: 0, timeouts: 0, skipped: 0 });
    await guard.probe();
    await guard.probe();
    expect(probes.resets).toBe(1);
    guard.close();
  });

  it('leaves one timer when it comes between a background probe and its answer', async () => {
    const { guard, probes } = guarded({ failures: 1 });
    await guard.read(fails('down'));
    probes.ping = hangs;
    await vi.advanceTimersByTimeAsync(1000);
    expect(guard.breaker.read).toBe('probing');
    probes.ping = () => Promise.resolve();
    expect(await guard.probe()).toBe(true);
    await guard.read(fails('down'));
    await vi.advanceTimersByTimeAsync(150);
    expect(guard.breaker.read).toBe('open');
    const before = probes.pings;
    await vi.advanceTimersByTimeAsync(2000);
    expect(probes.pings).toBe(before + 1);
    expect(guard.breaker.read).toBe('closed');
    guard.close();
  });
});
