import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createApp } from '../../src/index.ts';
import type { ShutdownOptions } from '../../src/index.ts';
import { takeSignals } from '../../src/shutdown/signals.ts';
import type { Signalled } from '../../src/shutdown/signals.ts';

/** An application and a process that is none. */
async function open(shutdown: ShutdownOptions = {}) {
  const app = await createApp({ env: false, shutdown });
  onTestFinished(() => void app.close());
  const exit = vi.fn();
  const target = Object.assign(new EventEmitter(), {
    exit,
    exitCode: undefined as number | undefined,
  });
  takeSignals(app, target as unknown as Signalled);
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { app, target, exit };
}

describe('signals', () => {
  it.each(['SIGTERM', 'SIGINT'])(
    '%s stops the application, which then lets go of them',
    async (signal) => {
      const { app, target, exit } = await open();
      target.emit(signal, signal);
      await vi.waitFor(() => expect(target.exitCode).toBe(0));
      expect(app.lifecycle.state).toBe('closed');
      expect(await app.lifecycle.stop()).toMatchObject({ reason: signal, ok: true });
      expect(target.eventNames()).toStrictEqual([]);
      expect(exit).not.toHaveBeenCalled();
    },
  );

  it('the second skips the wait, the third ends the process', async () => {
    const { app, target, exit } = await open({ shutdownDelay: 60_000 });
    let release!: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    vi.spyOn(app, 'close').mockImplementation(() => held as never);
    target.emit('SIGTERM', 'SIGTERM');
    expect(app.lifecycle.state).toBe('draining');
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(app.close).not.toHaveBeenCalled();
    target.emit('SIGINT', 'SIGINT');
    await vi.waitFor(() => expect(app.close).toHaveBeenCalled());
    expect(exit).not.toHaveBeenCalled();
    target.emit('SIGINT', 'SIGINT');
    expect(exit).toHaveBeenCalledWith(1);
    vi.restoreAllMocks();
    release();
  });

  it('an uncaught exception stops the application without the wait, code 1', async () => {
    const { app, target } = await open({ shutdownDelay: 60_000 });
    target.emit('uncaughtException', new Error('on purpose'));
    target.emit('uncaughtException', new Error('and another'));
    await vi.waitFor(() => expect(target.exitCode).toBe(1));
    expect(await app.lifecycle.stop()).toMatchObject({ reason: 'uncaughtException', ok: true });
  });

  it('a stop that was not clean is code 1', async () => {
    const { app, target } = await open({ killAfter: 50, shutdownDelay: 60_000 });
    target.emit('SIGTERM', 'SIGTERM');
    await vi.waitFor(() => expect(target.exitCode).toBe(1));
    expect(await app.lifecycle.stop()).toMatchObject({ ok: false, left: ['drain'] });
  });

  it('are left alone unless they are asked for', async () => {
    const before = process.listenerCount('SIGTERM');
    const without = await createApp({ env: false });
    expect(process.listenerCount('SIGTERM')).toBe(before);
    const withThem = await createApp({ env: false, shutdown: { signals: true } });
    expect(process.listenerCount('SIGTERM')).toBe(before + 1);
    await Promise.all([without.close(), withThem.close()]);
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});

/** Runs a program with built packages until it listens. */
async function start(routes: string, shutdown = '') {
  const cache = new URL('../../.cache/', import.meta.url);
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(fileURLToPath(new URL('signals-', cache)));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(
    `${folder}/app.mjs`,
    `import { createApp } from 'catzilla';
const app = await createApp({ env: false, shutdown: { signals: true, ${shutdown} } });
${routes}
console.log(await app.listen({ port: 0, host: '127.0.0.1' }));`,
  );
  const child = spawn(process.execPath, [`${folder}/app.mjs`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stderr.resume();
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, ended, url: String(line).trim() };
}

describe('a process of its own', () => {
  it('ends by SIGTERM with code 0, after the request under way', async () => {
    const { child, ended, url } = await start(
      `let go;
       const closing = new Promise((resolve) => { go = resolve; });
       app.addHook('preClose', async () => go());
       app.get('/', async () => { process.stdout.write('begun'); await closing; return { late: true }; });`,
    );
    const answer = fetch(url);
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await (await answer).json()).toStrictEqual({ late: true });
    expect(await ended).toStrictEqual([0, null]);
  });

  it('ends with code 0 though something keeps it alive', async () => {
    const { child, ended } = await start('setInterval(() => undefined, 1000);');
    child.kill('SIGINT');
    expect(await ended).toStrictEqual([0, null]);
  });

  it('ends with code 1 after an exception that nobody catches, and without a wait', async () => {
    const { ended, url } = await start(
      "app.get('/', async () => { setTimeout(() => { throw new Error('on purpose'); }, 1); return {}; });",
      'shutdownDelay: 60_000',
    );
    await fetch(url);
    expect(await ended).toStrictEqual([1, null]);
  });
});
