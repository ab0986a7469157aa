// The stores of tasks in the main thread, for a thread that is a line within this one.
import { MessageChannel } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { embeddedBackend } from '@catzilla/tasks/embedded';
import { KeptTasks } from '../../src/threads/kept-tasks.ts';
import { offerTasks } from '../../src/threads/offer-tasks.ts';
import type { FromThread } from '../../src/threads/protocol.ts';

it('serves what embeddedBackend() of a thread asks for, and tells what is lost', async () => {
  const kept = new KeptTasks((error) => expect.unreachable(error.message));
  expect(await kept.close()).toStrictEqual({});
  const { port1, port2 } = new MessageChannel();
  port2.on('message', (message: FromThread) => {
    if (message.type === 'tasks') kept.connect(message.port);
  });
  offerTasks(port1);
  const backend = embeddedBackend()('q', { connection: {} });
  delete (globalThis as { [name: symbol]: unknown })[Symbol.for('@catzilla/tasks.owner')];
  const job = { name: 'n', data: '1', opts: {}, timestamp: 1 };
  await backend.addJob(job as never, 'a');
  await backend.close();
  expect(await kept.close()).toStrictEqual({ q: 1 });
  port1.close();
});
