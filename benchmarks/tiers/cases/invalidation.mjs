// How soon another process knows that a value is no longer good. The sender notes the time before its call, the receiver
// the time at which it sees the change; both read the clock that all processes of the machine share. The receiver looks
// once per turn of its loop, whatever it receives by.
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';

import { sharedClock } from '../latency.mjs';
import { openLibrary } from '../libraries.mjs';

export async function open({ library, role, port }) {
  const channel = library === 'ioredis' ? await openRaw(role, port) : await openOurs(port);
  return {
    prepare: ({ keys }) => channel.prepare(keys, role),
    /** Receiver: the time at which each key was seen to go, in order. */
    async watch({ keys }) {
      const times = [];
      const end = performance.now() + 60_000;
      for (const key of keys) {
        while (!channel.isGone(key)) {
          if (performance.now() > end) throw new Error(`${key} was never seen to go`);
          await turn();
        }
        times.push(sharedClock());
      }
      return { times };
    },
    /** Sender: the time before each call, with a pause between them. */
    async send({ keys, operation, pause }) {
      const times = [];
      for (const key of keys) {
        times.push(sharedClock());
        await channel[operation](key);
        if (pause > 0) await delay(pause);
      }
      return { times };
    },
  };
}

async function openOurs(port) {
  const { cache } = await openLibrary({ library: 'catzilla', port, deadline: 5000 });
  return {
    async prepare(keys, role) {
      for (const key of keys) {
        if (role === 'sender') await cache.set(key, { id: key }, { tags: [key] });
        else if ((await cache.get(key))?.id !== key) throw new Error(`${key} is not in Redis`);
      }
    },
    isGone: (key) => cache.getSync(key) === undefined,
    delete: (key) => cache.delete(key),
    invalidateTags: (key) => cache.invalidateTags([key]),
    set: (key) => cache.set(key, { id: key, isNew: true }),
  };
}

/** XADD at the sender, XREAD BLOCK at the receiver; `set-xadd` writes a key first, as who removes from Redis must. */
async function openRaw(role, port) {
  const { Redis } = await import('ioredis');
  const client = new Redis(port, '127.0.0.1');
  const gone = new Set();
  if (role === 'receiver') void read(client, gone);
  return {
    /** The receiver must be reading before the first XADD. */
    prepare: (_keys, role) => delay(role === 'receiver' ? 50 : 0),
    isGone: (key) => gone.has(key),
    xadd: (key) => client.xadd('log', 'MAXLEN', '~', 100_000, '*', 'key', key),
    async setXadd(key) {
      await client.set(key, 'gone', 'PX', 30_000);
      await client.xadd('log', 'MAXLEN', '~', 100_000, '*', 'key', key);
    },
  };
}

async function read(client, gone) {
  for (let last = '$'; ;) {
    const answer = await client.xread('BLOCK', 5000, 'STREAMS', 'log', last);
    for (const [id, fields] of answer?.[0][1] ?? []) {
      last = id;
      gone.add(fields[1]);
    }
  }
}
