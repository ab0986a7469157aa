// What goes over the port, seen by a bus that a test plays: windows, batches, memory.
import { MessageChannel } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { PROTOCOL } from '../../src/port/protocol.ts';
import type { Batch, Call, Reply } from '../../src/port/protocol.ts';
import type { BusServer } from '../../src/port/index.ts';
import { until } from '../../src/testing/index.ts';
import { openPort, openServer } from './support.ts';

/** Says to the server what a bus would, and keeps what it is told. */
class Played {
  readonly port: MessagePort;
  readonly replies: Reply[] = [];

  constructor(server: BusServer) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    onTestFinished(() => port1.close());
    server.connect(port2);
    port1.on('message', (reply: Reply) => this.replies.push(reply));
    this.say(['hello', PROTOCOL, 'played', { maxLen: 1, maxBytes: 1 }]);
  }

  say(...calls: Call[]): void {
    this.port.postMessage({ calls, bytes: new Uint8Array() });
  }

  get batches(): Batch[] {
    return this.replies.filter((reply) => reply.type === 'batch');
  }

  /** Resolves when the server has taken what was said, and said what it had to. */
  async settle(): Promise<void> {
    const count = this.replies.filter(({ type }) => type === 'placed').length;
    this.say(['subscribe', 1_000 + count, 'elsewhere', 'now']);
    await until('an answer', () => this.batches.some((b) => b.subscription === 1_000 + count));
  }

  of(subscription: number): Batch[] {
    return this.batches.filter((batch) => batch.subscription === subscription);
  }
}

it('sends four batches of a subscription, and another one for each that is done', async () => {
  const server = openServer();
  const { bus } = openPort(server);
  await Promise.all(Array.from({ length: 2_000 }, (_, n) => bus.append('t', String(n))));
  const played = new Played(server);
  played.say(['subscribe', 1, 't', 'start']);
  await played.settle();
  expect(played.of(1).map(({ steps }) => steps.length)).toEqual([256, 256, 256, 256]);
  played.say(['done', 1]);
  await played.settle();
  expect(played.of(1)).toHaveLength(5);
  played.say(['done', 1], ['done', 1], ['done', 1]);
  await played.settle();
  expect(played.of(1).map(({ steps }) => steps.length)).toEqual([...Array(7).fill(256), 208]);
  expect(played.of(1).map(({ isLive }) => isLive)).toEqual([...Array(7).fill(false), true]);
  // Unknown, or ended: nothing comes of it.
  played.say(['unsubscribe', 1], ['done', 1], ['done', 77]);
  await bus.append('t', 'more');
  await played.settle();
  expect(played.of(1)).toHaveLength(8);
});

it('sends nothing where there is nothing to say', async () => {
  const server = openServer();
  const played = new Played(server);
  played.say(['subscribe', 1, 't', 'now']);
  await played.settle();
  for (let n = 0; n < 5; n++) {
    played.say(['done', 1]);
    await played.settle();
  }
  expect(played.of(1)).toEqual([expect.objectContaining({ steps: [], isLive: true })]);
});

it('counts windows by subscription: one that is full holds up no other', async () => {
  const server = openServer();
  const { bus } = openPort(server);
  const played = new Played(server);
  played.say(['subscribe', 1, 't', 'now'], ['subscribe', 2, 'u', 'now']);
  await played.settle();
  for (let n = 0; n < 10; n++) {
    await bus.append('t', 't');
    await played.settle();
  }
  await bus.append('u', 'u');
  await played.settle();
  // The first of them only said that it is live.
  expect(played.of(1).map(({ steps }) => steps.length)).toEqual([0, 1, 1, 1]);
  expect(played.of(2).map(({ steps }) => steps.length)).toEqual([0, 1]);
  played.say(['done', 1]);
  await played.settle();
  expect(played.of(1).at(-1)!.steps).toHaveLength(7);
});

it('ends a batch by its bytes, and sends bytes of its messages alone', async () => {
  const server = openServer();
  const { bus } = openPort(server, { maxMessageBytes: 300_000 });
  const sizes = [200_000, 200_000, 300_000, 0, 5];
  for (const [n, size] of sizes.entries()) await bus.append('t', Buffer.alloc(size, n));
  const played = new Played(server);
  played.say(['subscribe', 1, 't', 'start']);
  await played.settle();
  expect(played.of(1).map(({ bytes }) => bytes.buffer.byteLength)).toEqual([400_000, 300_000, 5]);
});
