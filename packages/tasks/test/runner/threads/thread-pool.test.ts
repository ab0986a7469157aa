import { expect, it, onTestFinished } from 'vitest';
import { until } from '@catzilla/bus/testing';
import { ThreadPool } from '../../../src/runner/threads/thread-pool.ts';
import type { ThreadOptions } from '../../../src/runner/types.ts';

const meta = {
  id: '7',
  task: 'compute',
  queue: 'compute',
  attempt: 1,
  maxAttempts: 3,
  enqueuedAt: 5,
  deadline: Infinity,
};
const open = new AbortController().signal;
const silent = (): void => undefined;

function openPool(file: string, options: ThreadOptions = {}, max = 2): ThreadPool {
  const pool = new ThreadPool(new URL(file, import.meta.url), max, options, silent);
  onTestFinished(() => pool.close());
  return pool;
}

it('calls the default export with payload and plain facts', async () => {
  const pool = openPool('work.mjs');
  const payload = { do: 'echo', at: new Date(5), map: new Map([[1, 2]]) };
  const answer = await pool.run(payload, meta, open, silent);
  expect(answer).toMatchObject({
    // Infinity is null in JSON, and a Date a text.
    payload: { do: 'echo', at: '1970-01-01T00:00:00.005Z', map: {} },
    meta: { ...meta, deadline: null, progress: 'function' },
  });
  expect((answer as { threadId: number }).threadId).toBeGreaterThan(0);
  expect(pool.threads).toBe(1);
});

it('hears all progress before the result', async () => {
  const pool = openPool('work.mjs');
  const heard: unknown[] = [];
  await pool.run({ do: 'progress' }, meta, open, (value) => heard.push(value));
  expect(heard).toEqual([{ done: 1 }, { done: 2 }]);
});

it('throws what the thread threw, with name, code and cause', async () => {
  const pool = openPool('work.mjs');
  await expect(pool.run({ do: 'throw' }, meta, open, silent)).rejects.toMatchObject({
    name: 'OddError',
    message: 'odd',
    code: 'E_ODD',
    stack: expect.stringContaining('work.mjs'),
    cause: { name: 'TypeError', message: 'inside' },
  });
});

it('fails a call whose module has no default export, and one whose module is not there', async () => {
  await expect(openPool('no-default.mjs').run({}, meta, open, silent)).rejects.toThrow(
    'expected the module of task compute to have a function as default export',
  );
  await expect(openPool('missing.mjs').run({}, meta, open, silent)).rejects.toMatchObject({
    code: 'ERR_MODULE_NOT_FOUND',
  });
});

it('ends a thread that computes for ever when the call is aborted, before it says so', async () => {
  const pool = openPool('work.mjs');
  const steps = new Int32Array(new SharedArrayBuffer(4));
  const stop = new AbortController();
  const running = pool.run({ do: 'spin', steps }, meta, stop.signal, silent);
  await until('it computes', () => Atomics.load(steps, 0) > 1_000);
  const reason = new Error('enough');
  stop.abort(reason);
  await expect(running).rejects.toBe(reason);
  const after = Atomics.load(steps, 0);
  await expect(pool.run({ do: 'echo' }, meta, open, silent)).resolves.toMatchObject({
    payload: { do: 'echo' },
  });
  expect(Atomics.load(steps, 0)).toBe(after);
});

it('waits for the end of a thread that cannot be interrupted at once', async () => {
  let hasEnded = false;
  process.once('worker', (thread) => {
    thread.once('exit', () => {
      hasEnded = true;
    });
  });
  const pool = openPool('work.mjs');
  const steps = new Int32Array(new SharedArrayBuffer(4));
  const stop = new AbortController();
  const running = pool.run({ do: 'hash', steps }, meta, stop.signal, silent);
  await until('it computes', () => Atomics.load(steps, 0) > 0);
  stop.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
  expect(hasEnded).toBe(true);
});

it('keeps a thread for the next call', async () => {
  const pool = openPool('work.mjs');
  const threadOf = async (): Promise<unknown> =>
    ((await pool.run({ do: 'echo' }, meta, open, silent)) as { threadId: number }).threadId;
  const first = await threadOf();
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(await threadOf()).toBe(first);
});

it('refuses a call whose signal is aborted already', async () => {
  const pool = openPool('work.mjs');
  const reason = new Error('before');
  await expect(pool.run({}, meta, AbortSignal.abort(reason), silent)).rejects.toBe(reason);
  expect(pool.threads).toBe(0);
});

it('fails the call of a thread that runs out of memory, and goes on', async () => {
  const pool = openPool('work.mjs', { maxHeapBytes: 16 * 1_048_576 });
  await expect(pool.run({ do: 'fill' }, meta, open, silent)).rejects.toMatchObject({
    code: 'ERR_WORKER_OUT_OF_MEMORY',
  });
  await pool.run({ do: 'echo' }, meta, open, silent);
});

it('fails the call whose result cannot be sent, and goes on', async () => {
  const pool = openPool('work.mjs');
  await expect(pool.run({ do: 'bigint' }, meta, open, silent)).rejects.toThrow(/BigInt/);
  await pool.run({ do: 'echo' }, meta, open, silent);
});

it('fails the call whose payload cannot be sent', async () => {
  const pool = openPool('work.mjs');
  await expect(pool.run({ do: () => 1 }, meta, open, silent)).rejects.toThrow(
    /could not be cloned/,
  );
  await pool.run({ do: 'echo' }, meta, open, silent);
});

it('ends threads that have nothing to do', async () => {
  const pool = openPool('work.mjs', { idleTimeout: 1 });
  await pool.run({ do: 'echo' }, meta, open, silent);
  await until('no thread is left', () => pool.threads === 0);
});

it('ends its threads when it closes, and the calls in them', async () => {
  const pool = openPool('work.mjs');
  const running = pool.run({ do: 'wait' }, meta, open, silent);
  const outcome = expect(running).rejects.toThrow();
  await until('a thread runs', () => pool.threads === 1);
  await pool.close();
  await outcome;
  expect(pool.threads).toBe(0);
});
