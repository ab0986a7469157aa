// The time from a request that changes a URL until the pages that show it have heard so: the request goes to one instance, the
// pages are at another. Both ends are timed by one clock, in the process that plays the browsers.
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@catzilla/realtime/client';
import { WebSocket } from 'ws';
import { delaysOf, EVERY, WARM, withInstances } from '../live-place.mjs';

/** @param task.redis  two instances around a Redis server; else one by itself
 * @returns p50Ms, p99Ms, maxMs of all changes, each until the last of the pages has heard */
export function run({ redis, pages, changes }) {
  return withInstances(redis, async (here, there) => {
    const heard = await openPages(here, pages);
    const agent = new Agent({ keepAlive: true });
    const times = [];
    for (let at = 0; at < WARM + changes; at++) {
      const done = heard.next();
      const start = performance.now();
      await post(agent, there);
      await done;
      if (at >= WARM) times.push(performance.now() - start);
      await sleep(EVERY);
    }
    heard.close();
    agent.destroy();
    return delaysOf(times);
  });
}

/** Pages that show one URL. `next` resolves when all of them have heard. */
async function openPages(port, count) {
  const clients = Array.from({ length: count }, () =>
    connect(`http://127.0.0.1:${port}/realtime`, { WebSocket }),
  );
  let left = 0;
  let resolve = () => {};
  const hear = () => {
    if (--left === 0) resolve();
  };
  const next = () =>
    new Promise((give) => {
      left = count;
      resolve = give;
    });
  for (const client of clients) client.onInvalidate({ url: '/items/1' }, hear);
  // The first change that all hear: whoever has no subscription yet hears none.
  for (let at = 0; at < 400; at++) {
    const all = next();
    await post(undefined, port);
    if (await Promise.race([all.then(() => true), sleep(50).then(() => false)])) break;
  }
  await sleep(100);
  const close = () => clients.forEach((client) => client.close());
  return { next, close };
}

function post(agent, port) {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/items/1', method: 'POST', agent };
    request(options, (response) => response.resume().on('end', resolve).on('error', reject))
      .on('error', reject)
      .end();
  });
}
