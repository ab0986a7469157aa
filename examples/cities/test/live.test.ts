import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../src/app.ts';
import { running } from './helpers.ts';

/** Reads events until `count` came, or the stream ends. */
async function* events(url: string, signal?: AbortSignal): AsyncGenerator<Snapshot> {
  const response = await fetch(`${url}/events`, signal ? { signal } : {});
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const frames = text.split('\n\n');
    text = frames.pop()!;
    for (const frame of frames) {
      const data = /^data: (.*)$/m.exec(frame);
      if (data) yield JSON.parse(data[1]!) as Snapshot;
    }
  }
}

describe('GET /events', () => {
  it('is an event stream that no cache keeps', async () => {
    const { url } = await running({ interval: 10 });
    const response = await fetch(`${url}/events`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    await response.body!.cancel();
  });

  it('sends the state at once and again as it changes', async () => {
    const { url, get } = await running({ interval: 10 });
    const stream = events(url);
    const first = (await stream.next()).value as Snapshot;
    expect(first).toMatchObject({ places: 135_233, cache: { hits: 0, misses: 0, hitRatio: null } });
    await get('/api/countries/IS/stats');
    await get('/api/countries/IS/stats');
    let last = first;
    for await (const snapshot of stream) {
      last = snapshot;
      if (snapshot.cache.hits === 1) break;
    }
    expect(last.cache).toMatchObject({ hits: 1, misses: 1, hitRatio: 0.5 });
    expect(last.cache.entries).toBeGreaterThan(0);
    expect(last.memory.rss).toBeGreaterThan(0);
  });

  it('ends when the application closes', async () => {
    const { app, url } = await running({ interval: 10 });
    const stream = events(url);
    await stream.next();
    await app.close();
    for await (const _ of stream);
    await expect(fetch(`${url}/events`)).rejects.toThrow();
  });

  it('refuses the 101st listener and takes another when one has left', async () => {
    const { url } = await running({ interval: 1000 });
    const leaving = new AbortController();
    const open = (init?: RequestInit) => fetch(`${url}/events`, init);
    await open({ signal: leaving.signal });
    await Promise.all(Array.from({ length: 99 }, () => open()));
    const refused = await open();
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('10');
    leaving.abort();
    await expect.poll(async () => (await open()).status).toBe(200);
  });

  it('has no HEAD route', async () => {
    const { url } = await running();
    expect((await fetch(`${url}/events`, { method: 'HEAD' })).status).toBe(404);
  });
});
