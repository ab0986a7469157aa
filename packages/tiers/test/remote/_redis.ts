// What the tests of the Redis tier share: stores that note what they told, and envelopes that are only a stamp.
import type { RedisTierOptions } from '../../src/remote/redis-options.ts';
import { redisTier } from '../../src/remote/redis-tier.ts';
import type { RemoteState, RemoteStore } from '../../src/remote/remote-tier.ts';
import { MAGIC_BYTES } from '../../src/remote/scripts.ts';

/** A store, and what it told of. */
export interface Opened {
  readonly store: RemoteStore;
  readonly states: RemoteState[];
  /** Keys with their namespace in front; null as it came. */
  readonly news: (string | null)[];
}

/** Opens a tier as the cache does. */
export function open(options: RedisTierOptions, name = 'main'): Opened {
  const states: RemoteState[] = [];
  const news: (string | null)[] = [];
  const store = redisTier(options).open({
    name,
    now: Date.now,
    onState: (state) => states.push(state),
    onExternal: (changed) => {
      news.push(...(changed?.map(({ ns, key }) => `${ns}|${key}`) ?? [null]));
    },
  });
  return { store, states, news };
}

/** What is stored: magic, padding, the stamp at byte 8, and some text. */
export function stamped(created: number, text = ''): Buffer {
  const head = Buffer.alloc(16);
  head.write(MAGIC_BYTES);
  head.writeDoubleBE(created, 8);
  return Buffer.concat([head, Buffer.from(text)]);
}

/** How a promise ended: its value, or its error. */
export async function outcome<T>(promise: Promise<T>): Promise<T | Error> {
  try {
    return await promise;
  } catch (error) {
    return error as Error;
  }
}

/** All items of all pages, each once, in order. */
export async function collect(pages: AsyncIterable<string[]>): Promise<string[]> {
  const found = new Set<string>();
  for await (const page of pages) for (const item of page) found.add(item);
  return [...found].toSorted();
}
