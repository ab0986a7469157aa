// When a store opens and closes, with journals that a test holds in its hand.
import { expect, test } from 'vitest';
import { SharedStore } from '../../../src/embedded/backend/shared-store.ts';
import { makeStore } from '../../../src/embedded/engine/make-store.ts';
import type { User } from '../../../src/embedded/backend/shared-store.ts';
import type { Journal, JournalState } from '../../../src/embedded/engine/journal.ts';

/** A journal that opens after a while, and may fail to. */
class SlowJournal implements Journal {
  readonly store = makeStore();
  readonly calls: string[] = [];
  state: JournalState = 'closed';
  fault: Error | undefined;
  listener: ((state: JournalState, error: Error | undefined) => void) | undefined;

  run(): unknown {
    return undefined;
  }

  async open(): Promise<void> {
    this.calls.push('open');
    await new Promise(setImmediate);
    if (this.fault !== undefined) throw this.fault;
    this.state = 'open';
  }

  async close(): Promise<void> {
    this.calls.push('close');
    await new Promise(setImmediate);
    this.state = 'closed';
  }

  stats() {
    const { state } = this;
    return { mode: 'memory', durability: 'memory', state, logBytes: 0, flushP99Ms: 0 } as const;
  }

  onState(listener: (state: JournalState, error: Error | undefined) => void): void {
    this.listener = listener;
  }
}

function make(): { journal: SlowJournal; shared: SharedStore } {
  const journal = new SlowJournal();
  return { journal, shared: new SharedStore(() => journal, { maxJobs: 5, maxBytes: 5_000 }) };
}

function makeUser(id: number): User & { readonly reported: Error[] } {
  const reported: Error[] = [];
  return { id, name: '', since: 0, reported, report: (error) => void reported.push(error) };
}

test('the first to join opens the journal, and those who come meanwhile wait for that', async () => {
  const { journal, shared } = make();
  const joins = [1, 2, 3].map((id) => shared.join(makeUser(id)));
  for (const joined of joins) await joined;
  expect(journal.calls).toEqual(['open']);
  expect(shared.join(makeUser(4))).toBeUndefined();
});

test('the last to leave closes it, and it can be opened again', async () => {
  const { journal, shared } = make();
  const [a, b] = [makeUser(1), makeUser(2)];
  await Promise.all([shared.join(a), shared.join(b)]);
  await shared.leave(a);
  await shared.leave(a);
  expect(journal.calls).toEqual(['open']);
  await shared.leave(b);
  expect(journal.calls).toEqual(['open', 'close']);
  await shared.join(a);
  expect(journal.calls).toEqual(['open', 'close', 'open']);
});

test('whoever joins while it closes gets it open', async () => {
  const { journal, shared } = make();
  const [a, b] = [makeUser(1), makeUser(2)];
  await shared.join(a);
  const leaving = shared.leave(a);
  await new Promise((resolve) => queueMicrotask(() => resolve(undefined)));
  const joining = shared.join(b);
  await Promise.all([leaving, joining]);
  expect(journal.state).toBe('open');
});

test('a journal that cannot be opened says so to all who wait, and is tried again by the next', async () => {
  const { journal, shared } = make();
  journal.fault = new Error('locked');
  const results = await Promise.allSettled([shared.join(makeUser(1)), shared.join(makeUser(2))]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  journal.fault = undefined;
  await shared.join(makeUser(3));
  expect(journal.state).toBe('open');
});

test('its users hear of a disk that takes no more', async () => {
  const { journal, shared } = make();
  const user = makeUser(1);
  await shared.join(user);
  journal.listener?.('open', undefined);
  const full = new Error('full');
  journal.listener?.('full', full);
  expect(user.reported).toEqual([full]);
});

test('a store that is not open has nothing to tell of, and takes what comes', () => {
  const { shared } = make();
  expect(shared.stats()).toMatchObject({ state: 'closed', jobs: 0, bytes: 0 });
  expect(shared.admitted(9, 1, () => 'taken')).toBe('taken');
});

test('its bounds hold to the job and to the byte', async () => {
  const { journal, shared } = make();
  await shared.join(makeUser(1));
  journal.store.jobCount = 4;
  journal.store.bytes = 4_000;
  const add = (jobs: number, bytes: number) => () => shared.admitted(jobs, bytes, () => 'taken');
  expect(add(1, 1_000)()).toBe('taken');
  expect(add(2, 0)).toThrow('the store holds 4 jobs, its bound is maxJobs 5');
  expect(add(0, 1_001)).toThrow('4000 bytes, its bound is maxBytes 5000');
});

test.each(['stored', 'refused'])('what is on its way counts until it is %s', async (end) => {
  const { shared } = make();
  await shared.join(makeUser(1));
  let settle: (() => void) | undefined;
  const coming = new Promise<string>((resolve, reject) => {
    settle = () => (end === 'stored' ? resolve('x') : reject(new Error('no room on the disk')));
  });
  const answer = shared.admitted(4, 4_000, () => coming) as Promise<string>;
  const add = (jobs: number, bytes: number) => () => shared.admitted(jobs, bytes, () => 'taken');
  expect(add(1, 1_000)()).toBe('taken');
  expect(add(2, 0)).toThrow('maxJobs 5');
  expect(add(0, 1_001)).toThrow('maxBytes 5000');
  settle?.();
  await answer.catch(() => undefined);
  expect(add(5, 5_000)()).toBe('taken');
});
