// What a thread does, with the main thread's end of the line in the test's hands.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { closeFd, dupFd, reusePortFd } from '@catzilla/cache-core/os';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FromThread, ListenAt, ThreadData, ToThread } from '../../src/threads/protocol.ts';
import { serve } from '../../src/threads/serve.ts';
import { ask, Client, isListening } from '../cli-start/support/client.ts';

let serial = 0;

/** Runs an application as a thread would. */
async function thread(source: string, data: Partial<ThreadData> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'catzilla-serve-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  // Modules are loaded once: each test has its own name.
  const file = join(folder, `app-${serial++}.mjs`);
  await writeFile(file, source);
  const { port1, port2 } = new MessageChannel();
  const heard: FromThread[] = [];
  let wake = () => {};
  port1.on('message', (message: FromThread) => {
    heard.push(message);
    wake();
  });
  const next = async <T extends FromThread['type']>(type: T) => {
    for (;;) {
      const found = heard.find((message) => message.type === type);
      if (found !== undefined) return found as Extract<FromThread, { type: T }>;
      if (heard.some((message) => message.type === 'failed')) {
        throw new Error(JSON.stringify(heard));
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const tell = (message: ToThread) => port1.postMessage(message);
  let listens = false;
  const listen = async (at: ListenAt = ALONE) => {
    await next('loaded');
    tell({ type: 'listen', at });
    listens = true;
    return next('ready');
  };
  serve(port2, { file, thread: 7, shutdownDelay: 0, program: 'test', ...data });
  onTestFinished(async () => {
    if (listens && !heard.some(({ type }) => type === 'stopped')) {
      tell({ type: 'stop', reason: 'end of test', kind: 'shutdown' });
      tell({ type: 'hurry' });
      await next('stopped');
    }
    port1.close();
  });
  return { next, tell, listen, closed: once(port1, 'close'), heard };
}

const ALONE: ListenAt = { kind: 'port', host: '127.0.0.1', port: 0, reusePort: false };
const HELLO = `export const config = { server: { logger: false } };
  export default async (app) => { app.get('/', async () => 'hello'); };`;

describe('serve', () => {
  it('loads, listens and tells the port, its caches, and how long a stop may take', async () => {
    const { listen } = await thread(`
      export const config = { server: { logger: false }, shutdown: { killAfter: 1234 } };
      export default async (app) => { app.get('/', async () => 'hello'); };`);
    const ready = await listen();
    expect(ready).toMatchObject({
      caches: [{ name: 'catzilla-http', isShared: true }],
      stopLimit: 1234,
    });
    expect((await ask(ready.port, '/')).body).toBe('hello');
  });

  it('takes a descriptor of its own of the socket it is given', async (context) => {
    if (process.platform !== 'linux') context.skip('sockets with SO_REUSEPORT are for Linux');
    const { fd, port } = reusePortFd('127.0.0.1', 0);
    const { listen, tell, next } = await thread(HELLO);
    expect((await listen({ kind: 'socket', host: '127.0.0.1', fd })).port).toBe(port);
    expect((await ask(port, '/')).body).toBe('hello');
    tell({ type: 'stop', reason: 'test', kind: 'shutdown' });
    await next('stopped');
    closeFd(dupFd(fd)); // still open
    closeFd(fd);
    expect(await isListening(port)).toBe(false);
  });

  it('tells why the application does not load', async () => {
    const { next } = await thread(`export default 'no function';`);
    expect(await next('failed')).toMatchObject({
      failure: { code: 'CATZ_APP_MODULE', stack: expect.any(String) as string },
    });
  });

  it('tells before it listens that routes do not go together', async () => {
    const { next } = await thread(`export default async (app) => {
      app.get('/', async () => ''); app.get('/', async () => '');
    };`);
    expect((await next('failed')).failure.message).toContain('already declared');
  });

  it('tells why it cannot listen', async () => {
    const first = await thread(HELLO);
    const { port } = await first.listen();
    const second = await thread(HELLO);
    await second.next('loaded');
    second.tell({ type: 'listen', at: { ...ALONE, port } });
    expect(await second.next('failed')).toMatchObject({ failure: { code: 'EADDRINUSE' } });
  });

  it('answers what it runs before it has stopped, and closes its line', async () => {
    const { listen, tell, next, closed } = await thread(`
      export const config = { server: { logger: false } };
      export default async (app) => {
        app.get('/slow', async () => new Promise((resolve) => setTimeout(resolve, 40, 'slow')));
        app.addHook('onClose', async () => { globalThis.closedOrderly = true; });
      };`);
    const { port } = await listen();
    const slow = ask(port, '/slow');
    await new Promise((resolve) => setTimeout(resolve, 20));
    tell({ type: 'stop', reason: 'test', kind: 'shutdown' });
    expect((await slow).body).toBe('slow');
    expect((await next('stopped')).failure).toBeUndefined();
    await closed;
    expect((globalThis as { closedOrderly?: boolean }).closedOrderly).toBe(true);
  });

  it('tells what a stop threw', async () => {
    const { listen, tell, next } = await thread(`
      export const config = { server: { logger: false }, shutdown: { killAfter: 50 } };
      export default async (app) => { app.addHook('onClose', () => new Promise(() => {})); };`);
    await listen();
    tell({ type: 'stop', reason: 'test', kind: 'shutdown' });
    expect((await next('stopped')).failure).toMatchObject({ code: 'CATZ_APP_STOP_TIMEOUT' });
  });

  it('waits for the delay that the command line gives, until it is to hurry', async () => {
    const { listen, tell, next, heard } = await thread(HELLO, { shutdownDelay: 86_400_000 });
    const { port } = await listen();
    tell({ type: 'stop', reason: 'test', kind: 'shutdown' });
    while ((await ask(port, '/readyz')).status === 200);
    expect((await ask(port, '/')).body).toBe('hello');
    expect(heard.some(({ type }) => type === 'stopped')).toBe(false);
    tell({ type: 'hurry' });
    await next('stopped');
  });

  it('answers questions, and refuses those it does not know', async () => {
    const { listen, tell, next } = await thread(HELLO);
    await listen();
    tell({ type: 'ask', id: 1, name: 'state', payload: undefined });
    expect(await next('answer')).toMatchObject({ id: 1, value: 'ready' });
    tell({ type: 'ask', id: 2, name: 'toString', payload: undefined });
    expect(await next('refusal')).toMatchObject({
      id: 2,
      failure: { message: 'there is no answer named toString' },
    });
  });
});

describe('leaving for another thread', () => {
  it('stays ready, sends clients that keep connections away, and ends with the last of them', async (context) => {
    if (process.platform !== 'linux') context.skip('sockets with SO_REUSEPORT are for Linux');
    const { fd, port } = reusePortFd('127.0.0.1', 0);
    onTestFinished(() => closeFd(fd));
    const { listen, tell, next } = await thread(HELLO, { shutdownDelay: 86_400_000 });
    await listen({ kind: 'socket', host: '127.0.0.1', fd });
    const client = new Client(port);
    onTestFinished(() => client.close());
    expect((await client.ask('/')).headers.connection).toBe('keep-alive');
    tell({ type: 'stop', reason: 'reload', kind: 'reload' });
    // Its connection is open, so it is still there, and takes no new one.
    const waiting = ask(port, '/');
    let answer = await client.ask('/readyz');
    expect(answer.status).toBe(200);
    if (answer.headers.connection === 'keep-alive') answer = await client.ask('/readyz');
    expect([answer.status, answer.headers.connection]).toStrictEqual([200, 'close']);
    await next('stopped');
    const other = await thread(HELLO);
    await other.listen({ kind: 'socket', host: '127.0.0.1', fd });
    expect((await waiting).body).toBe('hello');
  });

  it('does not wait where there is no other to take connections meanwhile', async () => {
    const { listen, tell, next } = await thread(HELLO, { shutdownDelay: 86_400_000 });
    const { port } = await listen();
    const client = new Client(port);
    onTestFinished(() => client.close());
    await client.ask('/');
    tell({ type: 'stop', reason: 'reload', kind: 'reload' });
    await next('stopped');
  });

  it('waits no longer once it is to hurry', async (context) => {
    if (process.platform !== 'linux') context.skip('sockets with SO_REUSEPORT are for Linux');
    const { fd, port } = reusePortFd('127.0.0.1', 0);
    onTestFinished(() => closeFd(fd));
    const { listen, tell, next } = await thread(HELLO, { shutdownDelay: 86_400_000 });
    await listen({ kind: 'socket', host: '127.0.0.1', fd });
    const client = new Client(port);
    onTestFinished(() => client.close());
    await client.ask('/');
    tell({ type: 'stop', reason: 'reload', kind: 'reload' });
    tell({ type: 'hurry' });
    await next('stopped');
  });
});
