// Stores opened by a test, closed at its end.
import { diskTier } from '../../../src/index.ts';
import type { DiskOptions, DiskState, DiskStore } from '../../../src/index.ts';

const stores: DiskStore[] = [];

/** A store, with the states it went through. */
export interface Opened {
  readonly store: DiskStore;
  readonly states: DiskState[];
}

/** Opens a store and waits until it is no longer 'opening'. Without a bound on what must be left free. */
export async function openStore(options: DiskOptions, name = 'test'): Promise<Opened> {
  const states: DiskState[] = [];
  const tier = diskTier({ minFree: 0, ...options });
  const store = tier.open({ name, onState: (state) => states.push(state) });
  stores.push(store);
  await store.ready;
  return { store, states };
}

/** For afterEach. */
export async function closeStores(): Promise<void> {
  for (const store of stores.splice(0)) await store.close();
}
