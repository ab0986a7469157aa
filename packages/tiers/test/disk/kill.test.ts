// A process that is killed while it writes and drops generations: the next one opens what it left, finds whatever was
// acknowledged, and never a damaged value.
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { endChildren, startChild } from './support/child.ts';
import { removeFolders, temporaryFolder } from './support/folder.ts';
import { closeStores, openStore } from './support/open.ts';
import { versionOf } from './support/values.mjs';

afterEach(async () => {
  await endChildren();
  await closeStores();
});
afterAll(removeFolders);

// Numbers its records from `data.next` on; tells the first number that is not yet written.
const writing = `
  const store = diskTier(data.options).open({ name: 'test', onState() {} });
  await store.ready;
  let next = data.next;
  for (;;) {
    const batch = Array.from({ length: 1 + next % 20 }, (_, i) => {
      const id = 'n:' + (next + i);
      return { id, bytes: makeValue(id, next + i, 64 + (next * 7919 + i * 104729) % 20_000) };
    });
    batch.push({ id: 'last', bytes: makeValue('last', next + batch.length, 300) });
    await store.putMany(batch);
    next += batch.length - 1;
    await send(next);
  }`;

describe.each([
  ['lmdb', 20],
  ['fs', 10],
] as const)('with backend %s, a process killed in the middle of writes', (backend, rounds) => {
  it(
    `loses nothing acknowledged and damages nothing, ${rounds} times`,
    { timeout: 900_000 },
    async () => {
      const options = {
        dir: temporaryFolder(),
        backend,
        maxBytes: 2 * 2 ** 20,
        generations: 2,
        minFree: 0,
      };
      let next = 0;
      let rotated = 0;
      for (let round = 0; round < rounds; round++) {
        const child = startChild(writing, { options, next });
        const batches = 1 + Math.random() * 10;
        for (let i = 0; i < batches; i++) await child.next();
        await setTimeout(Math.random() * 20);
        expect((await child.kill()).signal).toBe('SIGKILL');
        const acknowledged = Math.max(...(child.messages as number[]));

        const { store } = await openStore(options);
        expect(store.state).toBe('ready');
        const last = await store.get('last');
        const newest = versionOf('last', last ?? Buffer.alloc(64));
        expect(newest).toBeGreaterThanOrEqual(acknowledged);
        // Whole generations go, the oldest first: what is left is all from some number on.
        const found: number[] = [];
        for await (const id of store.scan('n:')) found.push(Number(id.slice(2)));
        const oldest = Math.min(...found);
        expect(oldest).toBeLessThan(acknowledged);
        if (oldest > 0) rotated++;
        for (let n = oldest; n < acknowledged; n++) {
          const bytes = await store.get(`n:${n}`);
          expect(bytes === undefined ? `lost ${n}` : versionOf(`n:${n}`, bytes)).toBe(n);
        }
        expect(await store.verify()).toMatchObject({ damaged: 0 });
        await store.close();
        // What was not acknowledged may be there in part: it is written again.
        next = acknowledged;
      }
      expect(rotated).toBeGreaterThan(0);
    },
  );
});
