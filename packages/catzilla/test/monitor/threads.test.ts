// The metrics of `catzilla start`: threads of one process are told together, whichever of them is asked, and counts never go
// down: not when a thread hangs, crashes, is replaced or leaves.
import { describe, expect, it, vi } from 'vitest';
import { ask, askAll } from '../cli-start/support/client.ts';
import { application, start } from '../cli-start/support/program.ts';

const APP = `
  import { threadId, workerData } from 'node:worker_threads';
  export const config = {
    cache: { ttl: 600_000 },
    shutdown: { shutdownDelay: 0 },
    monitor: { metrics: { public: true } },
  };
  export default async (app) => {
    app.addHook('onRequest', async (request, reply) => {
      reply.header('x-thread', workerData.thread).header('x-worker', threadId);
    });
    const live = { config: { cache: false } };
    app.get('/who', live, async () => 'x');
    app.get('/value', async () => 'value');
    app.get('/exit', live, async () => { process.exit(3); });
    app.get('/block', live, async () => {
      const end = Date.now() + 1500;
      while (Date.now() < end);
      return 'x';
    });
    app.addHook('onReady', async () => {
      const { Counter } = await import(${JSON.stringify(import.meta.resolve('prom-client'))});
      const registers = [app.monitor.registry];
      new Counter({ name: 'shop_starts_total', help: 'Starts', registers }).inc();
    });
  };`;

async function serving(threads = 2) {
  const program = start(await application(APP), ['--threads', String(threads)]);
  return { program, port: await program.port() };
}

/** A value of the page, by the beginning of its line. */
function valueOf(page: string, series: string): number | undefined {
  const line = page.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

const WHO = 'catzilla_http_requests_total{method="GET",route="/who",status="2xx"}';

describe('two threads of one program', () => {
  it('tell the same figures, whichever is asked', async () => {
    const { port } = await serving();
    for (let i = 0; i < 12; i++) await ask(port, '/who');
    await askAll(port, '/who', 2);
    await vi.waitFor(async () => {
      const pages = [...(await askAll(port, '/metrics', 2)).values()].map(({ body }) => body);
      expect(pages).toHaveLength(2);
      const [one, other] = pages.map((page) => valueOf(page, WHO));
      expect(one).toBeGreaterThan(12);
      expect(other).toBe(one);
      for (const page of pages) {
        expect(valueOf(page, 'catzilla_threads')).toBe(2);
        expect(valueOf(page, 'catzilla_threads_silent')).toBe(0);
        // Each thread has a registry of its own.
        expect(valueOf(page, 'shop_starts_total')).toBe(2);
      }
    });
  });

  it('tell of the cache that they share once, and add up their hits', async () => {
    const { port } = await serving();
    for (let i = 0; i < 8; i++) await ask(port, '/value');
    await vi.waitFor(async () => {
      const { body } = await ask(port, '/metrics');
      expect(valueOf(body, 'catzilla_http_cache_total{status="hit"}')).toBe(7);
      expect(valueOf(body, 'catzilla_http_cache_total{status="miss"}')).toBe(1);
      const items = /^catzilla_cache_items\{cache="[^"]+"\} (\d+)$/m.exec(body);
      expect(items?.[1]).toBe('1');
    });
  });
});

describe('a thread of two', () => {
  it('that hangs is silent, and its counts stand', async () => {
    const { port } = await serving();
    await askAll(port, '/who', 2);
    let before = 0;
    await vi.waitFor(async () => {
      before = valueOf((await ask(port, '/metrics')).body, WHO) ?? 0;
      expect(before).toBeGreaterThanOrEqual(2);
    });
    // Whoever has it does nothing else meanwhile; half of the questions come to the other one.
    const blocked = ask(port, '/block');
    const asked: ReturnType<typeof ask>[] = [];
    do {
      for (let i = 0; i < 4; i++) asked.push(ask(port, '/metrics'));
    } while (!(await Promise.race([blocked.then(() => true), nextTurn()])));
    const pages = (await Promise.all(asked)).map(({ body }) => body);
    for (const page of pages) expect(valueOf(page, WHO)).toBe(before);
    expect(pages.some((page) => valueOf(page, 'catzilla_threads_silent') === 1)).toBe(true);
    await vi.waitFor(async () => {
      const { body } = await ask(port, '/metrics');
      expect(valueOf(body, 'catzilla_threads_silent')).toBe(0);
      expect(valueOf(body, WHO)).toBe(before);
    });
  });

  it('that crashes leaves what was last told, and the one that takes its place knows it', async () => {
    const { program, port } = await serving();
    await askAll(port, '/who', 2);
    let before = 0;
    await vi.waitFor(async () => {
      before = valueOf((await ask(port, '/metrics')).body, WHO) ?? 0;
      expect(before).toBeGreaterThanOrEqual(2);
    });
    await ask(port, '/exit').catch(() => undefined);
    await program.line(({ thread, msg }) => thread !== 0 && msg.startsWith('Server listening'), 3);
    const pages = await vi.waitFor(async () => {
      const all = await askAll(port, '/metrics', 2);
      expect(all.size).toBe(2);
      return [...all.values()].map(({ body }) => body);
    });
    for (const page of pages) {
      expect(valueOf(page, WHO)).toBeGreaterThanOrEqual(before);
      // It has said that it ends: nobody waits for it.
      expect(valueOf(page, 'catzilla_threads')).toBe(2);
      expect(valueOf(page, 'catzilla_threads_silent')).toBe(0);
    }
  });

  it('that is replaced leaves all its counts to the next', async () => {
    const { program, port } = await serving();
    await askAll(port, '/who', 2);
    let before = 0;
    await vi.waitFor(async () => {
      before = valueOf((await ask(port, '/metrics')).body, WHO) ?? 0;
      expect(before).toBeGreaterThanOrEqual(2);
    });
    program.signal('SIGHUP');
    await program.line('reloaded');
    await vi.waitFor(async () => {
      for (const { body } of (await askAll(port, '/metrics', 2)).values()) {
        expect(valueOf(body, WHO)).toBe(before);
        expect(valueOf(body, 'catzilla_threads')).toBe(2);
        expect(valueOf(body, 'shop_starts_total')).toBe(4);
      }
    });
  });

  it(
    'that is replaced again and again leaves each count once, its own metrics too',
    { timeout: 90_000 },
    async () => {
      const { program, port } = await serving();
      let asked = 0;
      for (let reloads = 1; reloads <= 4; reloads++) {
        for (let i = 0; i < 3; i++) await ask(port, '/who');
        asked += 3;
        program.signal('SIGHUP');
        await program.line('reloaded', reloads);
        await vi.waitFor(async () => {
          for (const { body } of (await askAll(port, '/metrics', 2)).values()) {
            expect(valueOf(body, WHO)).toBe(asked);
            expect(valueOf(body, 'catzilla_threads')).toBe(2);
            expect(valueOf(body, 'shop_starts_total')).toBe(2 + 2 * reloads);
          }
        });
      }
    },
  );
});

function nextTurn(): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, 50, false));
}
