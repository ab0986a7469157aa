// Answers of several threads made one.
import { expect, it } from 'vitest';
import { gatherControl } from '../../src/control/gather.ts';

const health = { ok: true, backend: 'native' };

function stats(hits: number, more: object = {}) {
  return {
    http: { hits, misses: 1, reasons: { private: hits }, answers: { raw: hits } },
    routes: [{ method: 'GET', url: '/a', hits, misses: 1, stored: 1, notStored: 0 }],
    health,
    engine: { entries: 5, shared: true, backend: 'native' },
    ...more,
  };
}

function gather(answers: readonly unknown[]) {
  const asked: number[] = [];
  const asks = answers.map((answer, i) => async () => {
    asked.push(i);
    return answer;
  });
  return {
    asked,
    handle: gatherControl(
      () => ({ pid: 1 }),
      () => asks,
    ),
  };
}

it('answers info itself, and asks one thread for anything it need not add up', async () => {
  const { asked, handle } = gather(['one', 'two']);
  expect(await handle('info', {})).toStrictEqual({ pid: 1 });
  expect(asked).toStrictEqual([]);
  expect(await handle('cache.keys', {})).toBe('one');
  expect(await handle('constructor', {})).toBe('one');
  expect(asked).toStrictEqual([0, 0]);
});

it('adds up what each thread has counted, and tells a shared engine once', async () => {
  const other = stats(3, {
    routes: [
      { method: 'GET', url: '/a', hits: 3, misses: 1, stored: 1, notStored: 0 },
      { method: 'GET', url: '/b', hits: 0, misses: 1, stored: 0, notStored: 1 },
    ],
  });
  const { handle } = gather([stats(2), other]);
  expect(await handle('cache.stats', {})).toStrictEqual({
    http: { hits: 5, misses: 2, reasons: { private: 5 }, answers: { raw: 5 } },
    routes: [
      { method: 'GET', url: '/a', hits: 5, misses: 2, stored: 2, notStored: 0 },
      { method: 'GET', url: '/b', hits: 0, misses: 1, stored: 0, notStored: 1 },
    ],
    health,
    engine: { entries: 5, shared: true, backend: 'native' },
  });
});

it('adds up engines that threads have for themselves, and tells the worst health', async () => {
  const sick = { ok: false, backend: 'js' };
  const engine = { entries: 2, shared: false, backend: 'js' };
  const { handle } = gather([stats(1, { engine }), stats(1, { engine, health: sick })]);
  expect(await handle('cache.stats', {})).toMatchObject({
    health: sick,
    engine: { entries: 4, backend: 'js' },
  });
});

it('gives the answer of a single thread as it is', async () => {
  const only = stats(1);
  expect(await gather([only]).handle('cache.stats', {})).toBe(only);
});

it('purges in each thread; a response made stale in each counts once', async () => {
  const answers = [
    { purged: 2, ok: true },
    { purged: 1, ok: false },
  ];
  const { asked, handle } = gather(answers);
  expect(await handle('cache.purge', { all: true })).toStrictEqual({ purged: 3, ok: false });
  expect(asked).toStrictEqual([0, 1]);
  expect(await handle('cache.purge', { soft: true })).toStrictEqual({ purged: 2, ok: false });
});

it('fails where no thread serves, and where one gives no answer', async () => {
  await expect(gather([]).handle('cache.stats', {})).rejects.toThrow('no thread serves');
  const handle = gatherControl(
    () => ({}),
    () => [async () => stats(1), async () => Promise.reject(new Error('gone'))],
  );
  await expect(handle('cache.stats', {})).rejects.toThrow('gone');
});
