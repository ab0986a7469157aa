// Telling and hearing: in batches, again until the log has it, each once, and everything to be forgotten when too much
// could not be told.
import { memoryBus } from '@catzilla/bus';
import type { Bus } from '@catzilla/bus';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Announcer, topicOf } from '../../src/invalidation/announcer.ts';
import type { Invalidation } from '../../src/invalidation/message.ts';
import { until } from '../cache/support/open.ts';

interface Listener {
  readonly announcer: Announcer;
  readonly heard: Invalidation[];
  readonly gaps: string[];
  readonly positions: string[];
  readonly stamps: number[];
}

function listenTo(bus: Bus): Listener {
  const heard: Invalidation[] = [];
  const gaps: string[] = [];
  const positions: string[] = [];
  const stamps: number[] = [];
  const host = {
    onChange(change: Invalidation, position: string): void {
      heard.push(change);
      positions.push(position);
    },
    onOwn: () => undefined,
    onGap: (reason: string) => void gaps.push(reason),
    onLive: () => undefined,
    witness: (stamp: number) => void stamps.push(stamp),
    stamp: () => 99,
  };
  const announcer = new Announcer(bus, 'main', host, undefined);
  onTestFinished(() => announcer.close());
  return { announcer, heard, gaps, positions, stamps };
}

/** One log, seen by two: as two processes see theirs. */
interface Log {
  readonly near: Bus;
  readonly far: Bus;
  /** Whether the near one can append, and whether it is told that it could. */
  readonly fault: { refuses: boolean; isLate: boolean };
  appends: number;
}

function openLog(): Log {
  const far = memoryBus();
  onTestFinished(() => far.close());
  const fault = { refuses: false, isLate: false };
  const log: Log = { far, fault, near: far, appends: 0 };
  const append: Bus['append'] = async (...args) => {
    log.appends++;
    if (fault.refuses) throw new Error('away');
    const position = await far.append(...args);
    if (fault.isLate) throw new Error('late');
    return position;
  };
  // Of another origin, though it is one log.
  const near = new Proxy(far, {
    get(target, name) {
      if (name === 'append') return append;
      if (name === 'origin') return 'near';
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return Object.assign(log, { near });
}

describe('telling', () => {
  it('sends the keys of one turn in one message for each namespace, each with its newest stamp', async () => {
    const log = openLog();
    const { announcer: teller } = listenTo(log.near);
    const { heard } = listenTo(openOther(log.far));
    const told = [
      teller.keys('', ['a', 'b'], 3),
      teller.keys('n', ['c'], 5),
      teller.keys('', ['b', 'd'], 2),
    ];
    expect(await Promise.all(told)).toEqual(['ok', 'ok', 'ok']);
    await until(() => heard.length === 2);
    expect(heard).toEqual([
      { kind: 'keys', ns: '', keys: ['a', 'b', 'd'], stamp: 3, stamps: [3, 3, 2] },
      { kind: 'keys', ns: 'n', keys: ['c'], stamp: 5 },
    ]);
    expect(log.appends).toBe(2);
  });

  it('tells again what the log did not take, and says so meanwhile', async () => {
    const log = openLog();
    const { announcer: teller } = listenTo(log.near);
    const { heard } = listenTo(openOther(log.far));
    log.fault.refuses = true;
    expect(await teller.keys('', ['a'], 1)).toBe('failed');
    expect(await teller.tags(['t'], true, 2)).toBe('failed');
    expect(await teller.clear('n', 3)).toBe('failed');
    expect(teller.backlog).toBe(3);
    await until(() => log.appends > 4);
    log.fault.refuses = false;
    await until(() => heard.length === 3);
    expect(heard.map(({ kind }) => kind).toSorted()).toEqual(['clear', 'keys', 'tags']);
    expect(teller.backlog).toBe(0);
  });

  it('is heard once, and asks with one message, where the log takes it and says so too late', async () => {
    const log = openLog();
    const { announcer: teller } = listenTo(log.near);
    const { heard } = listenTo(openOther(log.far));
    log.fault.isLate = true;
    for (let i = 0; i < 10; i++) expect(await teller.tags([`t${i}`], false, i)).toBe('failed');
    await until(() => log.appends >= 12);
    expect(log.appends).toBeLessThan(15);
    log.fault.isLate = false;
    await until(() => teller.backlog === 0);
    expect(await teller.tags(['last'], false, 10)).toBe('ok');
    await until(() => heard.length >= 11);
    expect(heard.map(({ stamp }) => stamp)).toEqual(Array.from({ length: 11 }, (_, i) => i));
  });

  it('makes all forget all when more could not be told than it keeps', async () => {
    const log = openLog();
    const { announcer: teller } = listenTo(log.near);
    const { heard } = listenTo(openOther(log.far));
    log.fault.refuses = true;
    const tags = Array.from({ length: 10_001 }, (_, i) => `t${i}`);
    await Promise.all(tags.map((tag, i) => teller.tags([tag], false, i)));
    expect(teller.backlog).toBeLessThan(10_000);
    log.fault.refuses = false;
    await until(() => heard.some(({ kind }) => kind === 'clear'));
    expect(heard.find(({ kind }) => kind === 'clear')).toEqual({
      kind: 'clear',
      ns: '',
      stamp: 99,
    });
  });

  it('fails once it is closed', async () => {
    const log = openLog();
    const { announcer: teller } = listenTo(log.near);
    log.fault.refuses = true;
    await teller.tags(['t'], false, 1);
    await teller.close();
    log.fault.refuses = false;
    expect(await teller.keys('', ['a'], 1)).toBe('failed');
    expect(await teller.tags(['t'], false, 1)).toBe('failed');
  });
});

describe('hearing', () => {
  it('takes stamps and places into account, and not its own messages', async () => {
    const log = openLog();
    const { announcer: teller } = listenTo(log.near);
    const other = listenTo(openOther(log.far));
    await other.announcer.ready;
    await until(() => other.announcer.isLive);
    await teller.clear('n', 42);
    await until(() => other.heard.length === 1);
    expect(other.stamps).toEqual([42]);
    expect(other.announcer.position).toBe(other.positions[0]);
    await other.announcer.clear('m', 43);
    await until(() => log.far.stats().appended === 2);
    expect(other.heard).toHaveLength(1);
  });

  it('takes what it does not understand for a gap', async () => {
    const log = openLog();
    const other = listenTo(openOther(log.far));
    await log.near.append(topicOf('main'), '{"v":2}');
    await until(() => other.gaps.length === 1);
    expect(other.gaps).toEqual(['unknown message']);
  });
});

// What the near one appends carries the far one's origin: a third name, so that only its own messages are passed over.
function openOther(bus: Bus): Bus {
  const origin = 'other';
  return new Proxy(bus, {
    get(target, name) {
      if (name === 'origin') return origin;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
