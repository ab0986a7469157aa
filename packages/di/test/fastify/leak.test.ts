// A hundred thousand requests, finished, failed and aborted, leave no scope behind and no heap.
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Signal, asyncToken, defineContainer, di, inject, token } from '../../src/index.ts';
import type { Outcome } from '../../src/index.ts';
import { Client, listen, makeApp, turns } from './support.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

const Db = token<object>('db');
const Repo = token<{ readonly rows: number[] }>('repo');
const Tx = asyncToken<{ readonly rows: number[] }>('tx');

async function settledHeap(): Promise<number> {
  await turns();
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}

describe('scopes of requests', () => {
  it('leave nothing behind after 100,000 requests', async () => {
    const app = makeApp();
    let live = 0;
    const rows = (): { readonly rows: number[] } => {
      live += 1;
      return { rows: Array.from({ length: 64 }, (_, i) => i) };
    };
    let aborts = 0;
    const dispose = (_rows: object, { aborted }: Outcome): void => {
      live -= 1;
      if (aborted) aborts += 1;
    };
    await app.register(di, {
      container: defineContainer()
        .singleton(Db, [], () => ({}))
        .scoped(Repo, [Db], rows, { dispose })
        .scoped(Tx, [Repo], async () => rows(), { dispose, disposeAt: 'handler' }),
    });
    const handler = inject([Repo, Tx, Signal], async (request, _reply, repo, tx, signal) => {
      const { how } = request.query as { how?: string };
      if (how === 'fail') throw new Error('on purpose');
      if (how === 'wait') await once(signal, 'abort');
      return { rows: repo.rows.length + tx.rows.length };
    });
    app.get('/', handler);
    app.post('/', handler);
    const port = await listen(app);

    const finish = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += 200) {
        await Promise.all(
          Array.from({ length: 200 }, async (_, i) => app.inject(i % 8 === 0 ? '/?how=fail' : '/')),
        );
      }
    };
    const abort = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += 20) {
        const { opened } = app.di.stats().scopes;
        // Four connections, each with five requests, four of them behind another one.
        const clients = await Promise.all(
          Array.from({ length: 4 }, async () => Client.connectForNow(port)),
        );
        for (const [i, client] of clients.entries()) {
          for (let n = 0; n < 5; n++) {
            if (i % 2 === 0) client.get('/?how=wait');
            else client.post('/?how=wait', '{}');
          }
        }
        while (app.di.stats().scopes.opened < opened + 20) await turns(1);
        for (const client of clients) client.leave();
      }
    };

    await finish(5_000);
    await abort(500);
    const before = await settledHeap();
    await finish(91_400);
    await abort(3_100);
    while (app.di.stats().scopes.active > 0) await turns(1);
    const grown = (await settledHeap()) - before;
    const { opened, active, forced } = app.di.stats().scopes;
    expect({ live, active, forced }).toEqual({ live: 0, active: 0, forced: 0 });
    // Each had two services.
    expect({ opened, aborts }).toEqual({ opened: 100_000, aborts: 2 * 3_600 });
    // What one request holds is two lists of 64 numbers: if all were kept, this would be exceeded many times.
    expect(grown).toBeLessThan(2 * 1024 * 1024);
  }, 300_000);
});
