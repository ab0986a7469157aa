// Option onSendOnHit: whether onSend hooks of others see hits, which is the difference between two ways of sending them.
import { describe, expect, it } from 'vitest';
import type { FastifyCacheOptions } from '../src/index.ts';
import { get, makeApp } from './helpers.ts';

async function seenBy(options: FastifyCacheOptions): Promise<{ seen: number; marked: unknown[] }> {
  const app = await makeApp({ ttl: 60_000, ...options });
  let seen = 0;
  app.addHook('onSend', async (_request, reply, payload) => {
    void reply.header('x-seen', String(++seen));
    return payload;
  });
  app.get('/a', () => 'x');
  const marked: unknown[] = [];
  for (let i = 0; i < 3; i++) marked.push((await get(app, '/a')).headers['x-seen']);
  return { seen, marked };
}

describe('onSend hooks of others', () => {
  it('run on hits by default', async () => {
    expect(await seenBy({})).toEqual({ seen: 3, marked: ['1', '2', '3'] });
  });

  it('do not run on hits that skip them: these carry what the hook had made of the stored reply', async () => {
    expect(await seenBy({ onSendOnHit: 'skip' })).toEqual({ seen: 1, marked: ['1', '1', '1'] });
  });

  it('run all the same where everything goes through the reply, in mode send', async () => {
    expect((await seenBy({ onSendOnHit: 'skip', mode: 'send' })).seen).toBe(3);
  });
});
