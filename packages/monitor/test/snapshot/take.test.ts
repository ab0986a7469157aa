import { BroadcastChannel, getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import Fastify from 'fastify';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { snapshotsOf, takeSnapshot, THREADS_KEY } from '../../src/snapshot/take.ts';

function open() {
  const app = Fastify();
  onTestFinished(() => app.close());
  app.get('/', async () => '');
  return app;
}

afterEach(() => {
  setEnvironmentData(THREADS_KEY, undefined);
});

it('a snapshot tells of requests that were answered', async () => {
  const app = open();
  await takeSnapshot(app);
  await app.inject('/');
  const { http, process: is } = await takeSnapshot(app);
  expect(http.requests).toBe(1);
  expect(is).toMatchObject({ threads: 1, silent: 0 });
});

it('an application has one source', () => {
  const app = open();
  expect(snapshotsOf(app)).toBe(snapshotsOf(app));
});

it('two applications of a process are told apart', async () => {
  const [a, b] = [open(), open()];
  await takeSnapshot(b);
  await takeSnapshot(a);
  await a.inject('/');
  expect((await takeSnapshot(b)).http.requests).toBe(0);
  expect((await takeSnapshot(a)).http.requests).toBe(1);
});

it('applications that are made in the same order in each thread have the same names there, and only those', async () => {
  setEnvironmentData(THREADS_KEY, 'test');
  expect(getEnvironmentData(THREADS_KEY)).toBe('test');
  const [first, second] = [open(), open()];
  await takeSnapshot(first);
  await takeSnapshot(second);
  // In one thread they have different names, so neither hears of the other.
  expect((await takeSnapshot(first)).process.threads).toBe(1);
  await first.close();
  const third = open();
  const source = snapshotsOf(third);
  const { isFirst, serving } = await source.takeWith();
  expect(isFirst).toBe(true);
  expect(serving).toEqual([undefined]);
});

it('an application that leaves says what parts had counted that closed before it', async () => {
  setEnvironmentData(THREADS_KEY, 'leaving');
  const app = open();
  const source = snapshotsOf(app);
  let isClosed = false;
  let hits = 0;
  app.decorate('static', {
    stats() {
      if (isClosed) throw new Error('it is closed');
      return { hits };
    },
  });
  app.addHook('onClose', async () => void (isClosed = true));
  await source.take();
  const said: unknown[] = [];
  const other = new BroadcastChannel(`catzilla-monitor ${process.pid} leaving 1`);
  onTestFinished(() => other.close());
  other.onmessage = (event) => void said.push((event as { readonly data: unknown }).data);
  hits = 7;
  await app.close();
  await vi.waitFor(() => expect(said).toMatchObject([{ type: 'bye' }]));
  expect(said).toMatchObject([{ reading: { thread: { static: { hits: 7 }, faults: 1 } } }]);
});

it('garbage collections are observed only for those who look', async () => {
  const observe = vi.spyOn(PerformanceObserver.prototype, 'observe');
  onTestFinished(() => observe.mockRestore());
  const app = open();
  await takeSnapshot(app, { isWatched: false });
  expect(observe).not.toHaveBeenCalled();
  await takeSnapshot(app);
  await takeSnapshot(app);
  expect(observe).toHaveBeenCalledOnce();
});

it('nothing runs between two snapshots', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const app = open();
  await takeSnapshot(app);
  expect(vi.getTimerCount()).toBe(0);
});
