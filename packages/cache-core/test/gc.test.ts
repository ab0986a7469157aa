// Garbage collection at bad moments: chunks in use, forgotten caches, views that outlive their cache.
import { expect, it } from 'vitest';
import { runChild } from './support/child.ts';

const flags = ['--expose-gc', '--gc-interval=50'];

it('keeps the memory that native code writes to, however often V8 collects', async () => {
  const output = await runChild(
    `
    const cache = openCache({ maxBytes: 4 * 2 ** 20 });
    const value = (i) => Buffer.alloc((i * 131) % 5000, i);
    for (let i = 0; i < 200; i++) cache.set('k' + i, value(i));
    let wrong = 0;
    const kept = [];
    for (let round = 0; round < 3000; round++) {
      const i = (round * 7) % 200;
      const bytes = cache.get('k' + i);
      if (!bytes.equals(value(i))) wrong++;
      if (round % 13 === 0) kept.push([i, bytes]);
      if (round % 500 === 0) gc();
      if (round % 3 === 0) cache.peek('k' + ((i * 3) % 200));
      if (round % 5 === 0) cache.getRecord('k' + ((i * 5) % 200));
    }
    gc();
    for (const [i, bytes] of kept) if (!bytes.equals(value(i))) wrong++;
    console.log(wrong);`,
    { flags },
  );
  expect(output).toBe('0');
});

it('keeps values readable after their cache was closed', async () => {
  const output = await runChild(
    `
    const values = [];
    for (let round = 0; round < 50; round++) {
      const cache = openCache({ maxBytes: 2 ** 20 });
      cache.set('k', 'value' + round);
      for (let i = 0; i < 6; i++) values.push([round, cache.get('k')]);
      cache.close();
      gc();
    }
    console.log(values.every(([round, bytes]) => bytes.toString() === 'value' + round));`,
    { flags: ['--expose-gc'] },
  );
  expect(output).toBe('true');
});

it('gives back the memory of private caches that nobody can reach any more', async () => {
  const output = await runChild(
    `
    const { setImmediate: turn } = await import('node:timers/promises');
    const rss = () => process.memoryUsage().rss / 2 ** 20;
    const make = () => {
      const cache = openCache({ maxBytes: 8 * 2 ** 20 });
      for (let i = 0; i < 60; i++) cache.set('k' + i, Buffer.alloc(100_000, 1));
      cache.getRecord('k1');
    };
    for (let i = 0; i < 10; i++) { make(); gc(); await turn(); }
    const before = rss();
    for (let i = 0; i < 60; i++) { make(); gc(); await turn(); await turn(); }
    console.log(rss() - before < 100 ? 'flat' : rss() - before);`,
    { flags: ['--expose-gc'] },
  );
  expect(output).toBe('flat');
});

it('gives back the memory of closed caches at once, without waiting for the collector', async () => {
  const output = await runChild(`
    const rss = () => process.memoryUsage().rss / 2 ** 20;
    const make = (name) => {
      const cache = openCache(name, { maxBytes: 8 * 2 ** 20 });
      for (let i = 0; i < 60; i++) cache.set('k' + i, Buffer.alloc(100_000, 1));
      cache.close();
    };
    for (let i = 0; i < 10; i++) make('a');
    const before = rss();
    for (let i = 0; i < 100; i++) make('b');
    console.log(rss() - before < 60 ? 'flat' : rss() - before);`);
  expect(output).toBe('flat');
});

it('lets the process end with caches open and timers armed', async () => {
  const output = await runChild(`
    const cache = openCache('open', { ttl: 1000, sweepInterval: 10 });
    cache.set('k', 'v');
    for (let i = 0; i < 10; i++) cache.get('k');
    process.on('exit', () => console.log('ended', cache.get('k').toString()));`);
  expect(output).toBe('ended v');
});
