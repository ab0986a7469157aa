import { describe, expect, it } from 'vitest';
import { Events } from '../../src/observe/events.ts';
import { expectNoUnhandled } from '../faults/support.ts';

expectNoUnhandled();

const miss = { key: 'k', namespace: '' };

describe('events', () => {
  it('are told to all listeners in order, until each ends', () => {
    const events = new Events();
    const heard: string[] = [];
    expect(events.has('miss')).toBe(false);
    const end = events.on('miss', ({ key }) => heard.push(`first ${key}`));
    const endSecond = events.on('miss', () => heard.push('second'));
    expect([events.has('miss'), events.has('hit')]).toEqual([true, false]);
    events.emit('miss', miss);
    end();
    end();
    events.emit('miss', miss);
    endSecond();
    events.emit('miss', miss);
    expect(heard).toEqual(['first k', 'second', 'second']);
    expect(events.has('miss')).toBe(false);
  });

  it('are told twice to a function that listens twice', () => {
    const events = new Events();
    let count = 0;
    const listener = (): void => {
      count += 1;
    };
    events.on('miss', listener);
    const end = events.on('miss', listener);
    events.emit('miss', miss);
    end();
    events.emit('miss', miss);
    expect(count).toBe(3);
  });

  it('survive listeners that throw, reject or end each other, and count failures', async () => {
    const events = new Events();
    const heard: string[] = [];
    events.on('gap', () => {
      throw new Error('thrown');
    });
    events.on('gap', () => Promise.reject(new Error('rejected')));
    events.on('gap', () => endLast());
    const endLast = events.on('gap', ({ reason }) => heard.push(reason));
    events.emit('gap', { reason: 'trimmed' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual(['trimmed']);
    expect(events.listenerErrors).toBe(2);
    events.emit('gap', { reason: 'missing' });
    expect(heard).toEqual(['trimmed']);
  });

  it('refuse a name that is none, and a listener that is no function', () => {
    const events = new Events();
    expect(() => events.on('hti' as never, () => {})).toThrow(
      expect.objectContaining({
        code: 'CATZ_TIERS_OPTION',
        message: expect.stringMatching(/^expected event to be one of hit, miss, .*, got "hti"$/),
      }),
    );
    expect(() => events.on('hit', 5 as never)).toThrow(
      'expected the listener of hit to be a function, got 5',
    );
  });
});
