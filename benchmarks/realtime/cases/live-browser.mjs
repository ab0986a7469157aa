// The same in a real browser: a page of one instance asks another to change a URL, and hears from its own that it has changed.
// Both ends are timed by the clock of the page.
import { createRequire } from 'node:module';
import { chromium, delaysOf, EVERY, WARM, withInstances } from '../live-place.mjs';

const ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking']; // prettier-ignore

/** @returns p50Ms, p99Ms, maxMs of all changes */
export function run({ redis, changes }) {
  // Of the workspace: the tests of the browser client bring it.
  const playwright = createRequire(import.meta.url)('playwright-core');
  return withInstances(redis, async (here, there) => {
    const browser = await playwright.chromium.launch({ executablePath: chromium, args: ARGS });
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${here}/`);
      const times = await page.evaluate(measure, { there, count: WARM + changes, every: EVERY });
      return delaysOf(times.slice(WARM));
    } finally {
      await browser.close();
    }
  });
}

// Runs in the page.
/* eslint-disable no-undef */
async function measure({ there, count, every }) {
  const { connect } = await import('/realtime/client.js');
  const live = connect('/realtime');
  let resolve = () => {};
  live.onInvalidate({ url: '/items/1' }, () => resolve());
  const sleep = (ms) => new Promise((give) => setTimeout(give, ms));
  const change = async () => {
    const heard = new Promise((give) => (resolve = give));
    const start = performance.now();
    // Another origin, which has not to be asked first for a request without fields.
    const done = fetch(`http://127.0.0.1:${there}/items/1`, { method: 'POST', mode: 'no-cors' });
    await heard;
    const ms = performance.now() - start;
    await done;
    return ms;
  };
  while ((await Promise.race([change(), sleep(50)])) === undefined);
  await sleep(100);
  const times = [];
  for (let at = 0; at < count; at++) {
    times.push(await change());
    await sleep(every);
  }
  live.close();
  return times;
}
