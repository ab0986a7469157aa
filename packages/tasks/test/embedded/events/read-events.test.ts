import { afterEach, describe, expect, it, vi } from 'vitest';
import { makeQueue } from '../../../src/embedded/engine/make-queue.ts';
import { readEvents } from '../../../src/embedded/reads/read-events.ts';

const queue = () => makeQueue('q', 'bull');
const never = new AbortController().signal;
const append = (to: ReturnType<typeof queue>, event: string) => {
  to.events.append({ event }, 1);
};

afterEach(() => {
  vi.useRealTimers();
});

describe('readEvents', () => {
  it('answers at once with what came after the id', async () => {
    const read = queue();
    append(read, 'added');
    append(read, 'waiting');
    expect(await readEvents(read, '1-0', 0, never)).toEqual([
      ['bull:q:events', [['1-1', ['event', 'waiting']]]],
    ]);
  });

  it('waits at $ for what comes from now on', async () => {
    const read = queue();
    append(read, 'added');
    const reading = readEvents(read, '$', 0, never);
    append(read, 'waiting');
    expect(await reading).toEqual([['bull:q:events', [['1-1', ['event', 'waiting']]]]]);
  });

  it('answers once with all that one tick brought', async () => {
    const read = queue();
    const reading = readEvents(read, '$', 0, never);
    append(read, 'added');
    append(read, 'waiting');
    expect((await reading)?.[0]?.[1]).toHaveLength(2);
  });

  it('answers each of several readers', async () => {
    const read = queue();
    const readings = [readEvents(read, '$', 0, never), readEvents(read, '0', 0, never)];
    append(read, 'added');
    const answers = await Promise.all(readings);
    expect(answers.map((answer) => answer?.[0]?.[1].length)).toEqual([1, 1]);
  });

  it('answers null when the time is up', async () => {
    vi.useFakeTimers();
    const reading = readEvents(queue(), '$', 500, never);
    await vi.advanceTimersByTimeAsync(500);
    expect(await reading).toBeNull();
  });

  it('leaves no timer behind once it was answered', async () => {
    vi.useFakeTimers();
    const read = queue();
    const reading = readEvents(read, '$', 500, never);
    expect(vi.getTimerCount()).toBe(1);
    append(read, 'added');
    await reading;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps no process alive while it waits', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const ends = new AbortController();
    const reading = readEvents(queue(), '$', 60_000, ends.signal);
    const timer = timers.mock.results.at(-1)?.value as ReturnType<typeof setTimeout> | undefined;
    expect(timer?.hasRef()).toBe(false);
    timers.mockRestore();
    ends.abort();
    await reading;
  });

  it('waits no shorter than a timer can when the time is too long for one', async () => {
    vi.useFakeTimers();
    let answered = false;
    const ends = new AbortController();
    const reading = readEvents(queue(), '$', 2 ** 40, ends.signal).then(() => {
      answered = true;
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(answered).toBe(false);
    ends.abort();
    await reading;
  });

  it('ends with null when it is aborted, before and during the wait', async () => {
    const ends = new AbortController();
    const reading = readEvents(queue(), '$', 0, ends.signal);
    ends.abort();
    expect(await reading).toBeNull();
    expect(await readEvents(queue(), '$', 0, ends.signal)).toBeNull();
  });
});
