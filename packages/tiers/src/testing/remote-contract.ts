// What every implementation of RemoteStore must do, as tests that any runner can run. It needs a server that takes writes;
// what happens without one is the implementation's own to test.
// Invariant: each test works in a namespace of its own, so that all may share one server; one test sweeps the root, so
// nothing else may use that cache's name meanwhile.
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import type { RemoteStore } from '../remote/remote-tier.ts';
import { epochs, locks, walks } from './_contract-shared.ts';
import { HOUR, all, envelope, until } from './_contract-support.ts';
import type { Run } from './_contract-support.ts';
import { batches, fills, removals, values } from './_contract-values.ts';

/** A store to be tested; `open` gives it anew for each test. */
export interface RemoteSubject {
  readonly store: RemoteStore;
  /** Ends it, and what belongs to it. */
  close(): Promise<void>;
}

/** The two functions of a test runner that are used. */
export interface ContractRunner {
  describe(name: string, fn: () => void): void;
  it(name: string, fn: () => Promise<void>): void;
}

/** Runs the contract.
 * @param name    of the implementation, for titles
 * @param open    gives a store that has connected
 * @param runner  `{ describe, it }` of vitest, node:test or mocha */
export function remoteContract(
  name: string,
  open: () => Promise<RemoteSubject>,
  { describe, it }: ContractRunner,
): void {
  let count = 0;
  const run: Run = (title, test) =>
    it(title, async () => {
      const subject = await open();
      try {
        await test(subject.store, `contract-${process.pid}-${Date.now()}-${(count += 1)}`);
      } finally {
        await subject.close();
      }
    });
  describe(`the remote store ${name}`, () => {
    values(run);
    batches(run);
    fills(run);
    removals(run);
    locks(run);
    epochs(run);
    walks(run);
    connection(run);
  });
}

function connection(run: Run): void {
  run('is ready, names its backend, answers, and tells a time that passes', async (store) => {
    assert.equal(store.state, 'ready');
    assert.ok(store.backend.length > 0);
    await store.ping();
    await store.probeWrite();
    const first = await store.time();
    assert.ok(first > 1_600_000_000_000);
    await wait(5);
    assert.ok((await store.time()) >= first);
  });

  run('serves again after a reset', async (store, ns) => {
    await store.set(ns, { key: 'k', bytes: envelope(1, 'v'), ttl: HOUR });
    store.reset();
    await until(() =>
      store.get(ns, 'k').then(
        (found) => found !== undefined,
        () => false,
      ),
    );
  });

  run(
    'rejects every call once it is closed, as down, and may be closed twice',
    async (store, ns) => {
      await store.close();
      await store.close();
      assert.equal(store.state, 'closed');
      const write = { key: 'k', bytes: envelope(1, 'v'), ttl: HOUR };
      const calls: (() => Promise<unknown>)[] = [
        () => store.get(ns, 'k'),
        () => store.set(ns, write),
        () => store.fill(ns, write, { created: 1 }),
        () => store.lock(ns, 'k', 'token', HOUR),
        () => store.extendLock(ns, 'k', 'token', HOUR),
        () => store.unlock(ns, 'k', 'token'),
        () => store.discard(ns, 'k', write.bytes),
        () => store.readEpochs(['e']),
        () => store.raiseEpochs(['e'], 'hard', 1, HOUR),
        () => all(store.scan(ns, '')),
        () => store.sweep(ns, 1),
        () => store.time(),
        () => store.ping(),
        () => store.probeWrite(),
      ];
      for (const [i, call] of calls.entries()) {
        const error = await call().then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        assert.ok(error instanceof Error, `call ${i} did not reject`);
        assert.equal(store.faultOf(error), 'down');
      }
      const failed = await store.get(ns, 'k').catch((error: unknown) => error);
      assert.equal(store.faultOf(failed), 'down');
      for (const batch of [store.getMany(ns, ['k']), store.setMany(ns, [write])]) {
        const results: readonly unknown[] = await batch.catch((error: unknown) => [error]);
        assert.ok(results[0] instanceof Error, 'a batch rejects, or has an Error for each key');
      }
    },
  );
}
