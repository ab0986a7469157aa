// What the owner and a thread send to each other, message by message, and what a disk that fails comes to.
import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { errors } from '../../../src/errors.ts';
import { SharedStore } from '../../../src/embedded/backend/shared-store.ts';
import * as commands from '../../../src/embedded/commands/index.ts';
import { memoryJournal } from '../../../src/embedded/engine/journal.ts';
import { makeStore } from '../../../src/embedded/engine/make-store.ts';
import { embeddedBackend, useTaskStores } from '../../../src/embedded/index.ts';
import { ServedThread } from '../../../src/embedded/threads/served-thread.ts';
import type { JournalState } from '../../../src/embedded/engine/journal.ts';
import type { Call, Reply } from '../../../src/embedded/threads/protocol.ts';

type OnState = (state: JournalState, error: Error | undefined) => void;

/** A thread whose store has a disk that does what the test says, and all that is sent. */
function served() {
  let tell: OnState = () => undefined;
  const store = new SharedStore(
    (wake) => {
      const inner = memoryJournal(makeStore(wake), { ...commands });
      let state: JournalState = 'open';
      return {
        ...inner,
        get state() {
          return state;
        },
        stats: () => ({ ...inner.stats(), state }),
        run(...args) {
          if (state === 'failed') throw new errors.STORAGE_FAILED('a folder', 'EIO');
          return inner.run(...args);
        },
        onState(listener) {
          tell = (now, error) => {
            state = now;
            listener(now, error);
          };
        },
      };
    },
    { maxJobs: 100, maxBytes: 1e6 },
  );
  const calls: (readonly Call[])[] = [];
  const replies: Reply[] = [];
  // Between the thread and the owner, to look at what goes by.
  const inner = new MessageChannel();
  const thread = new ServedThread(inner.port2, {
    find: () => store,
    keep: () => undefined,
    left: () => undefined,
  });
  const stop = useTaskStores((port) => {
    port.on('message', (message: number | readonly Call[]) => {
      if (typeof message !== 'number') calls.push(message);
      inner.port1.postMessage(message);
    });
    inner.port1.on('message', (reply: Reply) => {
      replies.push(reply);
      port.postMessage(reply);
    });
    inner.port1.on('close', () => port.close());
  });
  const factory = embeddedBackend();
  stop();
  const backend = factory('q', { connection: {} });
  onTestFinished(async () => {
    await backend.close();
    await thread.close();
  });
  return {
    backend,
    store,
    thread,
    stats: () => factory.stats(),
    calls,
    replies,
    disk: (...args: Parameters<OnState>) => tell(...args),
  };
}

it('sends what one turn of the event loop asks for as one message, and the answers as one', async () => {
  const { backend, calls, replies } = served();
  await backend.waitUntilReady();
  calls.length = replies.length = 0;
  const ask = async (id: string) => {
    await backend.getState(id);
    await backend.getState(id);
  };
  await Promise.all(Array.from({ length: 50 }, (_, i) => ask(String(i))));
  expect(calls.map(({ length }) => length)).toStrictEqual([50, 50]);
  expect(replies.map(({ answers }) => answers.length)).toStrictEqual([50, 50]);
});

it('tells the backends that the disk takes no more, and stats() that it is so', async () => {
  const { backend, stats, disk } = served();
  await backend.waitUntilReady();
  const fault = once(backend, 'error');
  disk('full', new errors.STORAGE_FULL('a folder', 'ENOSPC'));
  const [error] = await fault;
  expect(error).toBeInstanceOf(errors.STORAGE_FULL);
  expect(stats()).toMatchObject({ state: 'full' });
  expect(await backend.moveToActive('t')).toStrictEqual([null, 0, 0, 0]);
  backend.removeAllListeners('error');
  disk('failed', new errors.STORAGE_FAILED('a folder', 'EIO'));
  // Nobody listens: nothing is thrown.
  expect(await backend.getState('x')).toBe('unknown');
  expect(stats()).toMatchObject({ state: 'failed' });
});

it('brings stats() along, now and then, and when it is asked for', async () => {
  const { backend, stats, replies } = served();
  await backend.waitUntilReady();
  const job = { name: 'n', data: '1', opts: {}, timestamp: 1 };
  await backend.addJob(job as never, 'a');
  replies.length = 0;
  stats();
  await expect.poll(() => stats()['jobs']).toBe(1);
  expect(replies.every((reply) => reply.stats !== undefined)).toBe(true);
});

it('leaves what is active as it is where the log takes no more, and ends all the same', async () => {
  const { backend, disk, store, thread } = served();
  const job = { name: 'n', data: '1', opts: {}, timestamp: 1 };
  await backend.addJob(job as never, 'a');
  await backend.moveToActive('t');
  disk('failed', undefined);
  await thread.close();
  expect(store.journal.store.queues.get('bull:q')?.active.size).toBe(1);
});
