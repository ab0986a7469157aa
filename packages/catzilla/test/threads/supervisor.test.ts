// The supervisor over threads that play an application: what each step that fails, hangs or ends comes to.
// How real applications fare is test/cli-start.
import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCache } from '@catzilla/cache-core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { sharingOf } from '../../src/threads/address.ts';
import { makeLog } from '../../src/threads/log.ts';
import { Supervisor } from '../../src/threads/supervisor.ts';
import type { SupervisorOptions } from '../../src/threads/supervisor.ts';

const entry = new URL('./support/fake-thread.mjs', import.meta.url);

interface Line {
  readonly msg: string;
  readonly level: number;
  readonly thread: number;
  readonly [name: string]: unknown;
}

function supervise(plan: object, options: Partial<SupervisorOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'catzilla-threads-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'plan.json');
  const told = join(folder, 'told.json');
  const setPlan = (next: object) => writeFileSync(file, JSON.stringify({ told, ...next }));
  setPlan(plan);
  const lines: Line[] = [];
  let heard = () => {};
  const stdout = {
    write(text: string) {
      lines.push(JSON.parse(text) as Line);
      heard();
      return true;
    },
  };
  const supervisor = new Supervisor({
    file,
    host: '127.0.0.1',
    port: 0,
    threads: 2,
    shutdownDelay: undefined,
    env: process.env,
    log: makeLog(stdout),
    entry,
    ...options,
  });
  onTestFinished(async () => {
    for (let i = 0; i < 3; i++) supervisor.stop('end of test');
    await supervisor.ended.catch(() => undefined);
  });
  const line = async (words: string, count = 1): Promise<Line> => {
    for (;;) {
      const found = lines.filter(({ msg }) => msg.includes(words));
      if (found.length >= count) return found[count - 1]!;
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
  };
  return { supervisor, setPlan, line, lines, told: () => readFileSync(told, 'utf8') };
}

async function greeting(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  let text = '';
  for await (const part of socket) text += String(part);
  return text;
}

/** Has a thread end by itself. */
function end(supervisor: Supervisor, how: string): void {
  supervisor.ask(how, undefined, 10_000, 1).catch(() => undefined);
}

/** How many sockets, pipes and event loops are open. Not files: Node leaves open what a thread was reading
 * when it was ended. */
const descriptors = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return !readlinkSync(`/proc/self/fd/${fd}`).startsWith('/');
    } catch {
      return false; // that of the folder itself
    }
  }).length;

describe('start', () => {
  it('gives the address once every thread serves', async () => {
    const { supervisor, line } = supervise({});
    const started = await supervisor.start();
    expect(started).toMatchObject({ threads: 2, address: `http://127.0.0.1:${started!.port}` });
    expect(supervisor.serving).toStrictEqual([1, 2]);
    expect(['1', '2']).toContain(await greeting(started!.port));
    expect(await line('listening at')).toMatchObject({ level: 30, thread: 0, threads: 2 });
  });

  it.each([
    ['load', 'fail', 'thread 1 did not start: no load'],
    ['load', 'exit', 'thread 1 did not start: thread 1 has ended, with exit code 9'],
    ['load', 'throw', 'thread 1 did not start: thrown at load'],
    ['listen', 'fail', 'thread 1 did not start: no listen'],
    ['listen', 'exit', 'thread 1 did not start: thread 1 has ended, with exit code 9'],
    ['load', 'never', 'thread 1 did not start: it was not ready within 400 ms'],
    ['listen', 'never', 'thread 1 did not start: it was not ready within 400 ms'],
  ])('fails with the reason where %s is %s, and leaves nothing', async (step, how, words) => {
    const before = descriptors();
    const limit = how === 'never' ? { startLimit: 400 } : {};
    const { supervisor, lines } = supervise({ [step]: how }, { threads: 1, ...limit });
    await expect(supervisor.start()).rejects.toMatchObject({
      code: 'CATZ_CLI_START',
      message: words,
    });
    expect(await supervisor.ended).toBe(true);
    expect(supervisor.serving).toStrictEqual([]);
    // A thread that has ended may still be giving back its own.
    await vi.waitFor(() => expect(descriptors()).toBe(before));
    expect(lines.at(-1)).toMatchObject({ level: 60, msg: words });
  });

  it('names host and port where it cannot listen', async () => {
    const { supervisor } = supervise({}, { host: '192.0.2.1', port: 1 });
    await expect(supervisor.start()).rejects.toMatchObject({
      code: 'CATZ_CLI_START',
      message: expect.stringMatching(/^a server at 192\.0\.2\.1 port 1 did not start: /) as string,
      cause: { code: 'EADDRNOTAVAIL' },
    });
  });

  it('that is stopped meanwhile gives nothing, and ends in order', async () => {
    const { supervisor } = supervise({ load: 'never' });
    const starting = supervisor.start();
    supervisor.stop('SIGTERM');
    expect(await starting).toBeUndefined();
    expect(await supervisor.ended).toBe(true);
  });

  it('says where one thread is all there can be', async () => {
    const { supervisor, line } = supervise({}, { sharing: 'none', threads: 4 });
    expect(await supervisor.start()).toMatchObject({ threads: 1 });
    expect(await line('one thread alone')).toMatchObject({ level: 40, wanted: 4 });
  });

  it("lets each thread make its own socket by Node's option", async (context) => {
    if (sharingOf(process.platform, process.versions.node, false) !== 'reusePort') {
      context.skip(`Node ${process.version} on ${process.platform} has no reusePort`);
    }
    const { supervisor } = supervise({}, { sharing: 'reusePort' });
    const { port } = (await supervisor.start())!;
    const heard = new Set<string>();
    for (let i = 0; i < 200 && heard.size < 2; i++) heard.add(await greeting(port));
    expect(heard.size).toBe(2);
    await supervisor.reload();
    expect(['1', '2']).toContain(await greeting(port));
  });

  it('says which caches the threads do not share', async () => {
    const caches = [{ name: 'alone', isShared: false }];
    const { supervisor, line } = supervise({ caches });
    await supervisor.start();
    expect(await line('cache of its own')).toMatchObject({ level: 40, caches: ['alone'] });
  });

  it('keeps the caches that they share open until the end', async () => {
    const name = `kept-${process.pid}`;
    const { supervisor } = supervise({ caches: [{ name, isShared: true }] });
    await supervisor.start();
    const mine = openCache(name);
    mine.set('a', 'kept');
    mine.close();
    const again = openCache(name);
    expect(again.get('a')?.toString()).toBe('kept');
    again.close();
    supervisor.stop('test');
    await supervisor.ended;
    const anew = openCache(name);
    expect(anew.get('a')).toBeUndefined();
    anew.close();
  });
});

describe('a thread that ends by itself', () => {
  it.each([
    ['exit', 'exit code 9'],
    ['throw', 'thrown at its work'],
  ])('by %s is replaced', async (how, reason) => {
    const { supervisor, line } = supervise({}, { threads: 1 });
    const { port } = (await supervisor.start())!;
    end(supervisor, how);
    expect(await line('has ended by itself')).toMatchObject({
      err: { message: reason },
      waitMs: 100,
    });
    await line('serves again');
    expect(await greeting(port)).toBe('1');
    expect(supervisor.serving).toStrictEqual([1]);
  });

  it('leaves the port to the others meanwhile', async () => {
    const { supervisor, setPlan, line } = supervise({});
    const { port } = (await supervisor.start())!;
    setPlan({ load: 'never' });
    end(supervisor, 'exit');
    await line('has ended by itself');
    expect(supervisor.serving).toStrictEqual([2]);
    for (let i = 0; i < 20; i++) expect(await greeting(port)).toBe('2');
  });

  it('is tried again where its successor does not load', async () => {
    const { supervisor, setPlan, line } = supervise({}, { threads: 1 });
    await supervisor.start();
    setPlan({ load: 'fail' });
    end(supervisor, 'exit');
    const second = await line('has ended by itself', 2);
    expect((second['err'] as Error).message).toBe('thread 1 did not start: no load');
    setPlan({});
    await line('serves again');
  });

  it('in the moment in which it says that it serves is seen all the same', async () => {
    const { supervisor, line } = supervise({ after: 'exit' }, { threads: 1 });
    // Its last message and its end may be told in one go, or one after the other.
    const how = await supervisor.start().then(
      async () => (await line('has ended by itself')).level,
      (error: unknown) => (error as { code: string }).code,
    );
    expect([60, 'CATZ_CLI_START']).toContain(how);
    expect(supervisor.serving).toStrictEqual([]);
  });

  it('the fifth time ends all, with the reason', async () => {
    const { supervisor, line, lines } = supervise({});
    await supervisor.start();
    for (let i = 1; i <= 5; i++) {
      end(supervisor, 'throw');
      if (i < 5) await line('serves again', i);
    }
    await expect(supervisor.ended).rejects.toMatchObject({
      code: 'CATZ_CLI_CRASHES',
      message:
        '5 threads ended by themselves within 60 s, the last of them with: thrown at its work',
    });
    expect(lines.filter(({ level }) => level === 60)).toHaveLength(5);
    expect(supervisor.serving).toStrictEqual([]);
  });

  it('is not replaced once all are to stop', async () => {
    const { supervisor, lines } = supervise({ stop: 'exit' });
    await supervisor.start();
    supervisor.stop('SIGTERM');
    expect(await supervisor.ended).toBe(false);
    expect(lines.map(({ msg }) => msg).join()).not.toContain('ended by itself');
  });
});

describe('stop', () => {
  it('ends every thread, and leaves no socket', async () => {
    const before = descriptors();
    const { supervisor, told } = supervise({});
    const { port } = (await supervisor.start())!;
    supervisor.stop('SIGTERM');
    expect(await supervisor.ended).toBe(true);
    await vi.waitFor(() => expect(descriptors()).toBe(before));
    const socket = connect(port, '127.0.0.1');
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(JSON.parse(told())).toContainEqual({
      type: 'stop',
      reason: 'SIGTERM',
      kind: 'shutdown',
    });
  });

  it('ends a thread that leaves something open', async () => {
    const { supervisor } = supervise({ open: true });
    await supervisor.start();
    supervisor.stop('SIGTERM');
    expect(await supervisor.ended).toBe(true);
  });

  it('tells where a thread did not end in order', async () => {
    const { supervisor } = supervise({ stop: 'unclean' });
    await supervisor.start();
    supervisor.stop('SIGTERM');
    expect(await supervisor.ended).toBe(false);
  });

  it('a second time lets them hurry', async () => {
    const { supervisor, line } = supervise({ stop: 'hurry', stopLimit: 1e8 });
    await supervisor.start();
    supervisor.stop('SIGTERM');
    supervisor.stop('SIGINT');
    expect(await supervisor.ended).toBe(true);
    await line('SIGINT again');
  });

  it('a third time cuts them off', async () => {
    const { supervisor, line } = supervise({ stop: 'never', stopLimit: 1e8 });
    await supervisor.start();
    // Their hurry ends them, too: cut off before they hear of it.
    for (let i = 0; i < 3; i++) supervisor.stop('SIGTERM');
    expect(await supervisor.ended).toBe(false);
    expect(await line('SIGTERM once more: cut off')).toMatchObject({ threads: [1, 2] });
  });

  it('cuts off what does not end within the limit of the application', async () => {
    const { supervisor, line } = supervise({ stop: 'never', stopLimit: 0 });
    await supervisor.start();
    supervisor.stop('SIGTERM');
    expect(await supervisor.ended).toBe(false);
    await line('not ended within 2000 ms: cut off');
  });
});

describe('reload', () => {
  it.each(['socket', 'none'] as const)('replaces the threads, sharing %s', async (sharing) => {
    const { supervisor, line } = supervise({}, { sharing });
    const { port } = (await supervisor.start())!;
    await supervisor.reload();
    await line('reloaded');
    expect(['1', '2']).toContain(await greeting(port));
    expect(supervisor.serving).toHaveLength(sharing === 'none' ? 1 : 2);
    supervisor.stop('SIGTERM');
    expect(await supervisor.ended).toBe(true);
  });

  it('called while one runs, runs once more after it', async () => {
    const { supervisor, lines } = supervise({}, { threads: 1 });
    await supervisor.start();
    await Promise.all([supervisor.reload(), supervisor.reload(), supervisor.reload()]);
    expect(lines.filter(({ msg }) => msg === 'reloaded')).toHaveLength(2);
  });

  it.each(['load', 'listen'])(
    'keeps the old threads where the new one fails to %s',
    async (step) => {
      const { supervisor, setPlan, line } = supervise({});
      const { port } = (await supervisor.start())!;
      setPlan({ [step]: 'fail' });
      await supervisor.reload();
      expect(await line('reload failed')).toMatchObject({
        level: 50,
        err: { code: 'CATZ_CLI_START' },
      });
      expect(supervisor.serving).toStrictEqual([1, 2]);
      expect(['1', '2']).toContain(await greeting(port));
    },
  );

  it('tries again where the old one had to go first, and the new one does not listen', async () => {
    const { supervisor, setPlan, line } = supervise({}, { sharing: 'none' });
    await supervisor.start();
    setPlan({ listen: 'fail' });
    await supervisor.reload();
    await line('has ended by itself');
    setPlan({});
    await line('serves again');
    expect(supervisor.serving).toStrictEqual([1]);
  });

  it('that is stopped meanwhile ends in order', async () => {
    const { supervisor, setPlan, line } = supervise({});
    await supervisor.start();
    setPlan({ load: 'never' });
    const reloading = supervisor.reload();
    await line('reloading');
    supervisor.stop('SIGTERM');
    await reloading;
    expect(await supervisor.ended).toBe(true);
  });

  it('does nothing before the start and after the end', async () => {
    const { supervisor, lines } = supervise({});
    await supervisor.reload();
    await supervisor.start();
    supervisor.stop('SIGTERM');
    await supervisor.ended;
    await supervisor.reload();
    expect(lines.filter(({ msg }) => msg === 'reloading')).toStrictEqual([]);
  });
});

describe('ask', () => {
  it('gets the answer of a thread', async () => {
    const { supervisor } = supervise({});
    await supervisor.start();
    expect(await supervisor.ask('echo', { a: 1 }, 10_000)).toStrictEqual({ a: 1 });
    const all = Array.from({ length: 20 }, (_, i) =>
      supervisor.ask('echo', i, 10_000, 1 + (i % 2)),
    );
    expect(await Promise.all(all)).toStrictEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('throws what the answer threw', async () => {
    const { supervisor } = supervise({});
    await supervisor.start();
    await expect(supervisor.ask('refuse', 1, 10_000)).rejects.toMatchObject({
      message: 'I will not',
      code: 'E_REFUSED',
    });
  });

  it('waits as long as it may', async () => {
    const { supervisor } = supervise({});
    await supervisor.start();
    await expect(supervisor.ask('silence', 1, 20, 2)).rejects.toThrow(
      'thread 2 gives no answer: none within 20 ms',
    );
  });

  it('says where no such thread serves', async () => {
    const { supervisor } = supervise({});
    const any = supervisor.ask('echo', 1, 10);
    await expect(any).rejects.toMatchObject({ code: 'CATZ_CLI_THREAD' });
    await supervisor.start();
    await expect(supervisor.ask('echo', 1, 10, 3)).rejects.toThrow(
      'thread 3 gives no answer: it does not serve now',
    );
  });
});
