import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Deadline, Deadlines } from '../../src/faults/deadline.ts';
import { FAILED } from '../../src/faults/guard.ts';
import { expectNoUnhandled, guarded, hangs } from './support.ts';

expectNoUnhandled();

class Call extends Deadline {
  readonly #ended: () => void;

  constructor(due: number, ended: () => void) {
    super();
    this.due = due;
    this.#ended = ended;
  }

  override expire(): void {
    this.#ended();
  }
}

function holdTheLoop(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('deadlines', () => {
  it('expire each, not before they are due, whatever the order in which they were added', async () => {
    const deadlines = new Deadlines();
    const start = performance.now();
    const ended: number[] = [];
    const early: number[] = [];
    await new Promise<void>((resolve) => {
      for (const wait of [30, 5, 20, 10, 5]) {
        const call = new Call(start + wait, () => {
          if (performance.now() < start + wait) early.push(wait);
          ended.push(wait);
          if (ended.length === 5) resolve();
        });
        deadlines.add(call, start);
      }
    });
    expect(ended.toSorted((a, b) => a - b)).toEqual([5, 5, 10, 20, 30]);
    expect(early).toEqual([]);
  });

  it('leave out what was removed, also by the end of another', async () => {
    const deadlines = new Deadlines();
    const start = performance.now();
    const ended: string[] = [];
    await new Promise<void>((resolve) => {
      const third = new Call(start + 4, () => ended.push('third'));
      const first = new Call(start + 2, () => {
        ended.push('first');
        deadlines.remove(third);
      });
      const second = new Call(start + 3, () => ended.push('second'));
      const last = new Call(start + 12, resolve);
      for (const call of [first, second, third, last]) deadlines.add(call, start);
      deadlines.remove(second);
      deadlines.remove(second);
      holdTheLoop(10);
    });
    expect(ended).toEqual(['first']);
    expect(deadlines.clear()).toEqual([]);
  });

  it('give back what is listed when they are cleared', () => {
    const deadlines = new Deadlines();
    const now = performance.now();
    const calls = [new Call(now + 50, () => {}), new Call(now + 5, () => {})];
    for (const call of calls) deadlines.add(call, now);
    expect(deadlines.clear()).toEqual(calls);
    expect(calls.map((call) => call.isListed)).toEqual([false, false]);
  });
});

describe('a held event loop', () => {
  it('does not make time-outs of answers that have arrived', async () => {
    const { guard } = guarded({ deadline: 5 });
    const { port1, port2 } = new MessageChannel();
    const call = guard.read(() => once(port1, 'message'));
    port2.postMessage('answer');
    holdTheLoop(20);
    expect(await call).not.toBe(FAILED);
    expect(guard.faults.timeouts).toBe(0);
    port1.close();
    guard.close();
  });

  it('still ends what has no answer', async () => {
    const { guard } = guarded({ deadline: 5 });
    const call = guard.read(hangs);
    // Vitest's own handles keep the loop alive; the guard's timers do not.
    holdTheLoop(20);
    expect(await call).toBe(FAILED);
    guard.close();
  });

  it('leaves no work behind when the guard is closed meanwhile', async () => {
    const { guard } = guarded({ deadline: 5 });
    const call = guard.read(hangs);
    const closed = new Promise<void>((resolve) => {
      setTimeout(() => {
        guard.close();
        resolve();
      }, 5);
    });
    holdTheLoop(20);
    await closed;
    expect(await call).toBe(FAILED);
    expect(guard.faults.timeouts).toBe(0);
  });
});
