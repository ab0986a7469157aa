// The owner of the stores and a thread that uses them, both in this thread: a line takes messages wherever its ends are.
import { Queue, QueueEvents, Worker } from 'bullmq';
import { onTestFinished } from 'vitest';
import { embeddedBackend, ownTaskStores, useTaskStores } from '../../../../src/embedded/index.ts';
import type { MessagePort } from 'node:worker_threads';
import type { Processor, QueueOptions, WorkerOptions } from 'bullmq';
import type { EmbeddedFactory, EmbeddedOptions } from '../../../../src/embedded/index.ts';

export interface Guest {
  readonly backend: EmbeddedFactory;
  /** The owner's end of its line. */
  readonly port: MessagePort | undefined;
  queue(name?: string, options?: Partial<QueueOptions>): Queue;
  work(processor: Processor | undefined, options?: Partial<WorkerOptions>): Worker;
  events(): Promise<QueueEvents>;
}

export interface Shared {
  /** Another thread, as the owner sees it. */
  guest(options?: EmbeddedOptions): Guest;
  close(): Promise<unknown>;
}

export function shared(): Shared {
  const owner = ownTaskStores();
  onTestFinished(async () => {
    await owner.close();
  });
  return {
    close: () => owner.close(),
    guest(options = {}) {
      const ports: MessagePort[] = [];
      const stop = useTaskStores((port) => {
        ports.push(port);
        owner.connect(port);
      });
      const backend = embeddedBackend(options);
      stop();
      const connection = {};
      const open = <
        T extends { close(): Promise<unknown>; on(event: 'error', listener: () => void): unknown },
      >(
        one: T,
      ): T => {
        // A line that a test cuts is told to whoever uses it.
        one.on('error', () => undefined);
        onTestFinished(async () => {
          await one.close();
        });
        return one;
      };
      return {
        backend,
        get port() {
          return ports[0];
        },
        queue: (name = 'bench', more = {}) =>
          open(new Queue(name, { ...more, connection }, backend) as unknown as Queue),
        work: (processor, more = {}) =>
          open(
            new Worker('bench', processor, { ...more, connection }, backend) as unknown as Worker,
          ),
        async events() {
          const reader = open(
            new QueueEvents('bench', { connection }, backend) as unknown as QueueEvents,
          );
          await reader.waitUntilReady();
          await new Promise((resolve) => setTimeout(resolve, 10));
          return reader;
        },
      };
    },
  };
}
