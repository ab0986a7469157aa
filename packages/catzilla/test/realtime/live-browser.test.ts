// Live invalidation in a real browser.
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { args, executablePath, suiteName } from './browser.ts';
import { makeInstance, newName, put, useRedis } from './live-support.ts';
import type { Instance, InstanceOptions } from './live-support.ts';

// What a page needs to stay right: what it was rendered after, and to ask again.
const html = `<!doctype html><title>Item</title><link rel="icon" href="data:,">
<output id="value"></output> <output id="news"></output> <output id="state"></output>
<script type="module">
import { connect } from '/realtime/client.js';
const show = (id, text) => { document.getElementById(id).textContent = text; };
async function load() {
  const response = await fetch('/items/1');
  show('value', (await response.json()).value);
  return response.headers.get('x-catzilla-stream');
}
const live = connect('/realtime', { after: await load() });
window.live = live;
window.gaps = 0;
live.onInvalidate({ url: '/items/1' }, load);
live.onInvalidate('public:items', load);
const news = [];
live.subscribe('news/a', (n) => { news.push(n); show('news', news.join()); });
live.onGap(() => { window.gaps++; });
live.onState((state) => show('state', state));
</script>`;

describe.skipIf(executablePath === undefined)(suiteName('live invalidation'), () => {
  const redis = useRedis();
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath!, args });
  });
  afterAll(() => browser?.close());

  async function makeTwo(): Promise<[Instance, Instance, InstanceOptions]> {
    const shared: InstanceOptions = {
      redis: redis.url,
      name: newName(),
      values: new Map<string, string>(),
      before(app) {
        app.get('/', { config: { cache: false } }, (_, reply) =>
          reply.type('text/html').send(html),
        );
      },
    };
    return [await makeInstance(shared), await makeInstance(shared), shared];
  }

  async function open({ url }: Instance): Promise<{ page: Page; complaints: string[] }> {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(url);
    await shows(page, 'state', 'open');
    return { page, complaints };
  }

  const shows = (page: Page, id: string, text: string): Promise<unknown> =>
    page.waitForFunction(`document.getElementById('${id}').textContent === '${text}'`);

  it('asks again for what another instance purged, by URL and by tag', async () => {
    const [one, other] = await makeTwo();
    const { page, complaints } = await open(one);
    await shows(page, 'value', '0');
    await put(other, '/items/1', 'first', one);
    await shows(page, 'value', 'first');
    other.values.set('/items/1', 'second');
    await other.app.cache.purgeTags('public:items');
    await shows(page, 'value', 'second');
    expect(complaints).toEqual([]);
  });

  it('goes on where it was when its server comes back', async () => {
    const [one, other, shared] = await makeTwo();
    const { page } = await open(one);
    await other.app.realtime.publish('news/a', 1);
    await shows(page, 'news', '1');
    await one.app.close();
    await shows(page, 'state', 'waiting');
    await other.app.realtime.publish('news/a', 2);
    await put(other, '/items/1', 'meanwhile', one);
    await makeInstance({ ...shared, port: one.port });
    await shows(page, 'value', 'meanwhile');
    await other.app.realtime.publish('news/a', 3);
    await shows(page, 'news', '1,2,3');
    expect(await page.evaluate('gaps')).toBe(0);
  });

  it('goes on where it was when it is online again', async () => {
    const [one, other] = await makeTwo();
    const { page } = await open(one);
    await other.app.realtime.publish('news/a', 1);
    await shows(page, 'news', '1');
    await page.context().setOffline(true);
    // A connection that is there goes on in this browser: what a lost network does to it is done here.
    await one.app.realtime.disconnect({ reason: 'timeout' });
    await shows(page, 'state', 'waiting');
    await other.app.realtime.publish('news/a', 2);
    await put(other, '/items/1', 'meanwhile', one);
    await page.context().setOffline(false);
    await shows(page, 'state', 'open');
    await shows(page, 'news', '1,2');
    await shows(page, 'value', 'meanwhile');
    expect(await page.evaluate('gaps')).toBe(0);
  });
});
