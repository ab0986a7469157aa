// A tiered cache as far as wrapped functions see one: values by key, as getOrSet keeps them.
import type { LoadOptions } from '../../src/load/options.ts';
import type { TieredCache, WriteResult } from '../../src/tiered-cache.ts';

/** A cache over a Map, and what was asked of it. */
export interface ModelCache extends TieredCache {
  readonly values: Map<string, unknown>;
  /** Options of each getOrSet. */
  readonly asked: (LoadOptions | undefined)[];
  isClosed: boolean;
}

const done: WriteResult = { ok: true, memory: 'ok', remote: 'off', disk: 'off', bus: 'off' };

/** Makes a cache that keeps values for ever, as they are. */
export function modelCache(): ModelCache {
  const values = new Map<string, unknown>();
  const asked: (LoadOptions | undefined)[] = [];
  const model: Partial<ModelCache> = {
    values,
    asked,
    isClosed: false,
    async getOrSet<T>(key: string, factory: (context: never) => T | Promise<T>, options?: object) {
      const load = options as LoadOptions<unknown> | undefined;
      asked.push(load);
      if (!values.has(key) || load?.fresh === true) {
        values.set(key, await factory(undefined as never));
      }
      return values.get(key) as T;
    },
    async delete(keys) {
      for (const key of [keys].flat()) values.delete(key as string);
      return done;
    },
    async close() {
      model.isClosed = true;
    },
  };
  return model as ModelCache;
}
