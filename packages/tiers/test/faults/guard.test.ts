import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FAILED } from '../../src/faults/guard.ts';
import { Fault, expectNoUnhandled, fails, guarded, hangs, ok } from './support.ts';

expectNoUnhandled();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('a guarded call', () => {
  it('gives what the tier answered', async () => {
    const { guard } = guarded();
    expect(await guard.read(ok)).toBe('value');
    expect(await guard.write(() => Promise.resolve(undefined))).toBe(undefined);
    expect(guard.faults).toEqual({ errors: 0, timeouts: 0, skipped: 0 });
    expect(guard.latency.count).toBe(2);
    guard.close();
  });

  it('gives FAILED for a rejection, and for an operation that throws at once', async () => {
    const { guard } = guarded();
    expect(await guard.read(fails('request', 'WRONGTYPE'))).toBe(FAILED);
    expect(guard.lastError).toBe('WRONGTYPE');
    const thrown = guard.read(() => {
      throw new Fault('request', 'thrown');
    });
    expect(await thrown).toBe(FAILED);
    expect(guard.faults.errors).toBe(2);
    expect(guard.lastError).toBe('thrown');
    guard.close();
  });

  it('ends at the deadline, and counts as a time-out', async () => {
    const { guard } = guarded();
    const call = guard.read(hangs);
    await vi.advanceTimersByTimeAsync(99);
    expect(guard.faults.timeouts).toBe(0);
    await vi.advanceTimersByTimeAsync(6);
    expect(guard.faults).toEqual({ errors: 0, timeouts: 1, skipped: 0 });
    expect(await call).toBe(FAILED);
    expect(guard.lastError).toBe('no answer within 100 ms');
    expect(guard.latency.maxMs).toBeGreaterThanOrEqual(100);
    guard.close();
  });

  it('drops a late answer, and handles a late rejection', async () => {
    const { guard } = guarded();
    let answer: (value: string) => void = () => {};
    let refuse: (error: unknown) => void = () => {};
    const first = guard.read(() => new Promise<string>((resolve) => (answer = resolve)));
    const second = guard.read(() => new Promise((_resolve, reject) => (refuse = reject)));
    await vi.advanceTimersByTimeAsync(110);
    answer('late');
    refuse(new Error('late'));
    expect(await Promise.all([first, second])).toEqual([FAILED, FAILED]);
    expect(guard.faults).toEqual({ errors: 0, timeouts: 2, skipped: 0 });
    expect(guard.latency.count).toBe(2);
    guard.close();
  });

  it('keeps to a budget that is shorter, without holding it against the tier', async () => {
    const { guard } = guarded({ failures: 1 });
    const call = guard.read(() => new Promise((resolve) => setTimeout(resolve, 50, 'slow')), 10);
    await vi.advanceTimersByTimeAsync(15);
    expect(await call).toBe(FAILED);
    expect(guard.faults.timeouts).toBe(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(guard.canRead).toBe(true);
    expect(guard.latency.count).toBe(1);
    expect(guard.latency.p50Ms).toBeGreaterThan(45);
    expect(guard.faults).toEqual({ errors: 0, timeouts: 1, skipped: 0 });
    guard.close();
  });

  it('holds it against the tier when the deadline passes after the budget', async () => {
    const { guard } = guarded({ failures: 1 });
    const call = guard.read(hangs, 10);
    await vi.advanceTimersByTimeAsync(15);
    expect(await call).toBe(FAILED);
    expect(guard.canRead).toBe(true);
    await vi.advanceTimersByTimeAsync(95);
    expect(guard.canRead).toBe(false);
    expect(guard.faults.timeouts).toBe(1);
    guard.close();
  });

  it('judges an error that comes after the budget without counting it again', async () => {
    const { guard } = guarded({ failures: 1 });
    const call = guard.read(
      () => new Promise((_resolve, reject) => setTimeout(reject, 50, new Fault('down'))),
      10,
    );
    await vi.advanceTimersByTimeAsync(60);
    expect(await call).toBe(FAILED);
    expect(guard.canRead).toBe(false);
    expect(guard.faults).toEqual({ errors: 0, timeouts: 1, skipped: 0 });
    guard.close();
  });

  it('takes a budget longer than the deadline for the deadline', async () => {
    const { guard } = guarded();
    const call = guard.read(hangs, 5000);
    await vi.advanceTimersByTimeAsync(106);
    expect(await call).toBe(FAILED);
    guard.close();
  });

  it('is not made when nothing is left of the budget', async () => {
    const { guard } = guarded();
    const operation = vi.fn(ok);
    expect(await guard.read(operation, 0)).toBe(FAILED);
    expect(operation).not.toHaveBeenCalled();
    expect(guard.faults.skipped).toBe(1);
    guard.close();
  });

  it('is not made while too many have no answer, those that timed out included', async () => {
    const { guard } = guarded({ maxInFlight: 2, failures: 100 });
    let answer: (value: string) => void = () => {};
    const first = guard.read(() => new Promise<string>((resolve) => (answer = resolve)));
    const second = guard.write(hangs);
    expect(guard.canRead).toBe(false);
    expect(await guard.read(ok)).toBe(FAILED);
    await vi.advanceTimersByTimeAsync(110);
    await Promise.all([first, second]);
    expect(await guard.read(ok)).toBe(FAILED);
    expect(guard.faults).toEqual({ errors: 0, timeouts: 2, skipped: 2 });
    answer('late');
    await Promise.resolve();
    expect(await guard.read(ok)).toBe('value');
    guard.close();
  });

  it('counts each of many calls that end in different turns of one timer', async () => {
    const { guard } = guarded({ failures: 1000, rate: { share: 1, calls: 1000, window: 10_000 } });
    const calls: Promise<unknown>[] = [];
    for (let i = 0; i < 50; i += 1) {
      calls.push(guard.read(i % 2 === 0 ? hangs : ok));
      await vi.advanceTimersByTimeAsync(1);
    }
    await vi.advanceTimersByTimeAsync(110);
    const results = await Promise.all(calls);
    expect(results.filter((result) => result === FAILED)).toHaveLength(25);
    expect(guard.faults.timeouts).toBe(25);
    expect(guard.latency.maxMs).toBeLessThanOrEqual(106);
    guard.close();
  });

  it('shows no secrets and no arguments of commands in the last error', async () => {
    const { guard } = guarded();
    await guard.read(fails('request', 'connect redis://user:secret@host:1 refused'));
    expect(guard.lastError).toBe('connect redis://…@host:1 refused');
    await guard.read(fails('request', "ERR unknown command 'x', with args beginning with: 'key'"));
    expect(guard.lastError).toBe("ERR unknown command 'x'");
    await guard.read(() => Promise.reject(Object.assign(new Error(''), { code: 'ECONNREFUSED' })));
    expect(guard.lastError).toBe('ECONNREFUSED');
    await guard.read(() => Promise.reject(new TypeError('')));
    expect(guard.lastError).toBe('TypeError');
    // oxlint-disable-next-line no-throw-literal, typescript/prefer-promise-reject-errors
    await guard.read(() => Promise.reject(Object.create(null)));
    expect(guard.lastError).toBe('expected an Error, got an object');
    guard.close();
  });

  it('counts from 0 again after resetCounts', async () => {
    const { guard } = guarded();
    await guard.read(fails('request'));
    await guard.read(ok, 0);
    guard.resetCounts();
    expect(guard.faults).toEqual({ errors: 0, timeouts: 0, skipped: 0 });
    expect(guard.latency).toEqual({ count: 0, p50Ms: NaN, p99Ms: NaN, maxMs: NaN });
    guard.close();
  });
});

describe('close', () => {
  it('ends calls under way with FAILED, and skips later ones', async () => {
    const { guard } = guarded();
    let refuse: (error: unknown) => void = () => {};
    const call = guard.read(() => new Promise((_resolve, reject) => (refuse = reject)));
    guard.close();
    guard.close();
    expect(await call).toBe(FAILED);
    refuse(new Error('late'));
    expect(await guard.write(ok)).toBe(FAILED);
    expect(guard.canRead).toBe(false);
    expect(guard.canWrite).toBe(false);
    expect(await guard.probe()).toBe(false);
    expect(guard.faults).toEqual({ errors: 0, timeouts: 0, skipped: 1 });
  });

  it('clears the timers of probes', async () => {
    const { guard } = guarded({ failures: 1 });
    await guard.read(fails('down'));
    await guard.write(fails('down'));
    expect(vi.getTimerCount()).toBeGreaterThanOrEqual(2);
    guard.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a guarded read that may answer at once', () => {
  it('gives the answer itself, and counts it', () => {
    const { guard } = guarded();
    expect(guard.readNow(() => 'value')).toBe('value');
    expect(guard.readNow(() => undefined)).toBe(undefined);
    expect(guard.latency.count).toBe(2);
    guard.close();
  });

  it('waits for a promise as any other call does', async () => {
    const { guard } = guarded();
    expect(await guard.readNow(ok)).toBe('value');
    const late = guard.readNow(hangs);
    await vi.advanceTimersByTimeAsync(110);
    expect(await late).toBe(FAILED);
    expect(guard.faults).toEqual({ errors: 0, timeouts: 1, skipped: 0 });
    expect(await guard.readNow(fails('request', 'WRONGTYPE'))).toBe(FAILED);
    expect(guard.lastError).toBe('WRONGTYPE');
    guard.close();
  });

  it('gives FAILED for what throws, until the breaker opens', () => {
    const { guard } = guarded();
    const torn = (): string => {
      throw new Fault('down', 'torn page');
    };
    for (let i = 0; i < 5; i++) expect(guard.readNow(torn)).toBe(FAILED);
    expect(guard.lastError).toBe('torn page');
    expect(guard.faults).toEqual({ errors: 5, timeouts: 0, skipped: 0 });
    expect(guard.canRead).toBe(false);
    expect(guard.readNow(() => 'not asked')).toBe(FAILED);
    expect(guard.faults.skipped).toBe(1);
    guard.close();
  });

  it('leaves no rejection unhandled when the tier is closed meanwhile', async () => {
    const { guard } = guarded();
    const refused = guard.readNow(() => {
      guard.close();
      return Promise.reject<string>(new Fault('down', 'closed'));
    });
    expect(await refused).toBe(FAILED);
  });
});
