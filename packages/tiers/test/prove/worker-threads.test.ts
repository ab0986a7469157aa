// Threads of one process share the engine of a name: what one writes or removes, all see at once, and none that ends in the
// middle of its work harms the others.
import { expect, it } from 'vitest';
import { startChild } from './support/child.ts';

it('see each other’s changes at once, and survive each other’s end', async () => {
  const child = startChild('threads.mjs', {});
  const report = await child.next<{ readonly loads: readonly { readonly calls: number }[] }>();
  const none = [null, null, null, null];
  expect(report).toMatchObject({
    set: Array.from({ length: 4 }, () => ({ from: 'one' })),
    deleted: none,
    invalidated: none,
    mine: ['main', 'main', 'main'],
    // What was deleted during the load is given to its caller, and kept by nobody.
    raced: ['old', null, null, null],
    callsAgain: [0, 0, 0],
    sameForAll: 1,
    after: ['well', 'well', 'well'],
    open: 'well',
    isCounted: true,
  });
  // Loads are collapsed within a thread.
  for (const { calls } of report.loads) expect(calls).toBeLessThanOrEqual(1);
  expect(await child.ended).toEqual({ code: 0, signal: null, output: '' });
});
