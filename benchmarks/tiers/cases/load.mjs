// Misses: with a Redis that does not answer, and many at once for one key.
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';

import { quantilesOf, sharedClock } from '../latency.mjs';
import { openLibrary } from '../libraries.mjs';

const CUT_OFF = Symbol('cut off');

export async function open({ library, port, factoryMs }) {
  let runs = 0;
  const cache = await openLibrary({
    library,
    port,
    async factory(key) {
      runs++;
      await delay(factoryMs);
      return { id: key, made: 'by the factory' };
    },
  });
  // An error event nobody hears would end the process: none of the libraries' callers could help it.
  let unhandled = 0;
  process.on('unhandledRejection', () => unhandled++);

  return {
    /** One miss: connections are up. */
    async warm({ key }) {
      checkValue(key, await cache.getOrSet(key));
    },
    /** `calls` misses of distinct keys, `width` at a time, each cut off after `cutOffMs`. */
    async misses({ label, calls, width, cutOffMs }) {
      const times = [];
      let errors = 0;
      let cutOffs = 0;
      const one = async (key) => {
        const start = performance.now();
        try {
          const value = await within(cutOffMs, cache.getOrSet(key));
          if (value === CUT_OFF) cutOffs++;
          else checkValue(key, value);
        } catch (error) {
          if (/wrong value/.test(error.message)) throw error;
          errors++;
        }
        times.push((performance.now() - start) * 1000);
      };
      for (let at = 0; at < calls; at += width) {
        await Promise.all(
          Array.from({ length: Math.min(width, calls - at) }, (_, i) => one(`${label}:${at + i}`)),
        );
      }
      const { p50Us, p99Us, maxUs } = quantilesOf(times);
      return {
        calls,
        p50Ms: p50Us / 1000,
        p99Ms: p99Us / 1000,
        maxMs: maxUs / 1000,
        errors,
        cutOffs,
        unhandled,
      };
    },
    /** `callers` misses of one key at once, begun at `at` on the clock that all processes share. */
    async storm({ key, callers, at }) {
      while (sharedClock() < at) await turn();
      const before = runs;
      const start = performance.now();
      const values = await Promise.all(Array.from({ length: callers }, () => cache.getOrSet(key)));
      const wallMs = performance.now() - start;
      for (const value of values) checkValue(key, value);
      return { runs: runs - before, wallMs };
    },
  };
}

function checkValue(key, value) {
  if (value?.id !== key) throw new Error(`wrong value for ${key}: ${JSON.stringify(value)}`);
}

async function within(ms, promise) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms, CUT_OFF);
  });
  promise.catch(() => {}); // may fail long after it was cut off
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
