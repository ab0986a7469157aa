// The dashboard of a whole application in a real browser: cache over memory and disk, tasks, channels, and traffic over HTTP.
// With CATZ_SCREENSHOTS=1 it also takes the pictures of docs/images, after a minute and a half of traffic, with Redis besides.
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startRedis } from '@catzilla/bus/testing';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { createApp, defineTask } from '../../src/index.ts';
import type { AppOptions } from '../../src/index.ts';

const candidates = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];
const executablePath = candidates.find((path) => path !== '' && existsSync(path));
const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']; // prettier-ignore
const skipped = 'skipped: no Chromium is installed (apt-get install chromium, or set CHROMIUM to one)'; // prettier-ignore
const suite = `the dashboard of an application${executablePath === undefined ? ` (${skipped})` : ''}`; // prettier-ignore
if (executablePath === undefined) process.stderr.write(`catzilla dashboard page test ${skipped}\n`);
const wantsPictures = process.env['CATZ_SCREENSHOTS'] === '1';

describe('the words for what was not cached', () => {
  it('have a sentence each, for all that the guide names', async () => {
    const folder = new URL('../../../', import.meta.url);
    const guide = await readFile(new URL('../docs/guide/http-cache.md', folder), 'utf8');
    const table = guide.slice(guide.indexOf('| `detail`'), guide.indexOf('## Stats and health'));
    const words = [...table.matchAll(/^\| (`.*?) +\|/gm)].flatMap(([, cell]) => [...cell!.matchAll(/`([a-z-]+)`/g)].map(([, word]) => word!)); // prettier-ignore
    expect(words.length).toBeGreaterThan(35);
    const { sentenceOf } = (await import(new URL('monitor/page/reasons.js', folder).href)) as { sentenceOf(word: string): string }; // prettier-ignore
    const without = words.slice(1).filter((word) => sentenceOf(word) === sentenceOf('own word'));
    expect(without).toEqual([]);
  });
});

describe.skipIf(executablePath === undefined)(suite, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath!, args });
  });
  afterAll(() => browser?.close());

  const open = async (url: string, options: Parameters<Browser['newPage']>[0] = {}) => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
    onTestFinished(() => page.close());
    page.setDefaultTimeout(60_000);
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('response', (reply) => {
      if (reply.status() >= 400) complaints.push(`${reply.status()} ${reply.url()}`);
    });
    await page.goto(`${url}/_catzilla/`);
    return { page, complaints };
  };
  const live = (page: Page) => page.locator('#state-word', { hasText: 'Live' }).waitFor();

  it('shows what its snapshot says', async () => {
    const { app, url, ask } = await shop();
    for (let i = 0; i < 40; i += 1) await ask(`/products/${i % 8}`);
    await ask('/cart');
    await ask('/nowhere');
    const { page, complaints } = await open(url);
    await live(page);
    const { http, cache, tasks, realtime } = await app.monitor.snapshot();
    const tile = page.locator('li', { has: page.locator('[data-figure=requests]') });
    await expect.poll(() => tile.textContent()).toContain(`${http.requests} since the start`);
    expect(cache!.hits).toBe(32);
    const products = async () => await rowOf(page, 'routes', 'GET /products/:id');
    await expect.poll(async () => (await products()).slice(0, 2)).toEqual(['40', '0']);
    expect((await products()).slice(5)).toEqual(['32', '80.0 %', '0']);
    expect((await rowOf(page, 'reasons', 'set-cookie'))[1]).toBe(String(cache!.reasons['set-cookie'])); // prettier-ignore
    expect((await rowOf(page, 'tiers', 'Memory'))[0]).toBe('● ok');
    expect((await rowOf(page, 'tiers', 'Disk'))[0]).toBe('● ready');
    expect(tasks!.queues).toHaveLength(1);
    expect(realtime!.channels).toBeGreaterThanOrEqual(0);
    expect(await page.locator('#table-queues tbody tr').count()).toBe(1);
    expect(await page.locator('[data-figure=health]').textContent()).toBe('Healthy');
    expect(complaints).toEqual([]);
  });

  it('shows the time of memory once enough was looked up, and the segments in use', async () => {
    const { url, ask } = await shop();
    await ask('/products/1');
    for (let i = 0; i < 60; i += 1) {
      await Promise.all(Array.from({ length: 10 }, () => ask('/products/1')));
    }
    const { page, complaints } = await open(url);
    await live(page);
    const times = async () => (await rowOf(page, 'tiers', 'Memory')).slice(2, 4);
    await expect.poll(times).toEqual([expect.stringMatching(/^[\d.<]+ (?:µs|ms)$/), expect.stringMatching(/^[\d.<]+ (?:µs|ms)$/)]); // prettier-ignore
    const legend = page.locator('#chart-tiers .legend li', { hasText: 'memory' });
    await expect.poll(() => legend.textContent()).toMatch(/memory [\d.<]+\u00a0(?:µs|ms)/);
    const segments = page.locator('#table-engines tbody tr td').nth(3);
    expect(await segments.textContent()).toMatch(/^\d+ of \d+$/);
    expect(complaints).toEqual([]);
  });

  it('draws while requests come', async () => {
    const { url, ask } = await shop();
    const { page, complaints } = await open(url);
    await live(page);
    const rate = () => page.locator('[data-figure=requests]').textContent();
    await expect.poll(async () => {
      for (let i = 0; i < 30; i += 1) await ask(`/products/${i}`);
      return Number((await rate())!.replaceAll(',', ''));
    }).toBeGreaterThan(20); // prettier-ignore
    await expect.poll(() => inkOf(page, '#chart-requests')).toBeGreaterThan(50); // prettier-ignore
    expect(complaints).toEqual([]);
  });

  it('purges through its dialog, so that the next request goes to the handler', async () => {
    const { url, ask } = await shop();
    await ask('/products/1');
    expect(await ask('/products/1')).toContain('hit');
    const { page, complaints } = await open(url);
    await live(page);
    await page.getByRole('button', { name: 'Purge …' }).click();
    await page.locator('#purge-value').fill('products');
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(await ask('/products/1')).toContain('hit');
    await page.getByRole('button', { name: 'Purge …' }).click();
    await page.getByRole('button', { name: 'Purge this tag' }).click();
    await page.locator('#purge-outcome[data-tone=ok]').waitFor();
    expect(await ask('/products/1')).not.toContain('hit');
    // What was told is of the wish before.
    await page.locator('input[name=purge-kind][value=pattern]').check();
    expect(await page.locator('#purge-outcome').textContent()).toBe('');
    await page.getByRole('button', { name: 'Close' }).click();
    await expect.poll(() => page.locator('#table-events').textContent()).toContain('from the dashboard'); // prettier-ignore
    expect(complaints).toEqual([]);
  });

  it('warms what it is given', async () => {
    const { url, ask } = await shop();
    const { page } = await open(url);
    await live(page);
    await page.getByRole('button', { name: 'Warm …' }).click();
    await page.getByLabel('URLs, one on each line').fill(`${url}/products/5\n${url}/cart`);
    await page.getByRole('button', { name: 'Warm 2 URLs' }).click();
    await page.getByText('1 of 2 stored.').waitFor();
    expect(await page.locator('#warm-outcome li').nth(1).textContent()).toContain('not stored (set-cookie)'); // prettier-ignore
    expect(await ask('/products/5')).toContain('hit');
  });

  it('keeps a key that looks like markup as text', async () => {
    const { url, ask } = await shop();
    const { page, complaints } = await open(url);
    await live(page);
    const nasty = '/search?q=%3Cimg%20src=x%20onerror=alert(1)%3E';
    await expect.poll(async () => {
      await ask(nasty);
      return await page.locator('#table-keys').textContent();
    }).toContain('search'); // prettier-ignore
    expect(await page.locator('img').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('finds one of ten thousand routes', async () => {
    const { app, url } = await shop({}, 0, undefined, (scope) => {
      for (let i = 0; i < 10_000; i += 1) scope.get(`/things/${i}/:id`, { config: { cache: false } }, () => 'x'); // prettier-ignore
    });
    for (let i = 0; i < 10_000; i += 1) await app.inject(`/things/${i}/1`);
    const { page, complaints } = await open(url);
    await live(page);
    const place = page.locator('#routes-place');
    await expect.poll(() => place.textContent()).toBe('1 to 10 of 10,000');
    await page.getByLabel('Search routes').fill('things/7777/');
    await expect.poll(() => place.textContent()).toBe('1 to 1 of 1');
    expect((await rowOf(page, 'routes', 'GET /things/7777/:id'))[0]).toBe('1');
    await page.getByLabel('Search routes').fill('');
    await page.getByRole('button', { name: 'Route', exact: true }).click();
    await expect.poll(() => page.locator('#table-routes tbody th').first().textContent()).toBe('GET /things/0/:id'); // prettier-ignore
    await page.getByRole('button', { name: 'Next' }).click();
    await expect.poll(() => place.textContent()).toBe('11 to 20 of 10,000');
    expect(complaints).toEqual([]);
  });

  it('comes back by itself after the application has started again', async () => {
    const first = await shop();
    const { page } = await open(first.url);
    await live(page);
    await first.app.close();
    await page.locator('#state-word', { hasText: 'Connection lost' }).waitFor();
    const second = await shop({}, Number(new URL(first.url).port));
    await live(page);
    await second.ask('/products/1');
    const tile = page.locator('li', { has: page.locator('[data-figure=requests]') });
    await expect.poll(() => tile.textContent()).toContain('1 since the start');
    expect(Number(await page.locator('#chart-requests .plot').getAttribute('aria-valuemax'))).toBeGreaterThan(0); // prettier-ignore
  });

  it('works behind a guard in production, and not without what the guard asks for', async () => {
    const { url } = await shop({
      mode: 'production',
      monitor: {
        dashboard: {
          guard: async (request, reply) => {
            if (request.headers.cookie !== 'admin=yes') return reply.code(401).send({ message: 'who are you?' }); // prettier-ignore
          },
        },
      },
    });
    expect((await fetch(`${url}/_catzilla/`)).status).toBe(401);
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    await context.addCookies([{ name: 'admin', value: 'yes', url }]);
    const page = await context.newPage();
    await page.goto(`${url}/_catzilla/`);
    await live(page);
    expect(await page.getByRole('button', { name: 'Purge …' }).count()).toBe(0);
    await context.clearCookies();
    await page.reload();
    expect(await page.locator('body').textContent()).toContain('who are you?');
  });

  const whenWanted = wantsPictures ? it : () => undefined;
  whenWanted('takes the pictures of the documentation', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const { app, url, ask } = await shop({}, 0, redis.url);
    const stop = new AbortController();
    const traffic = visitors(app, ask, stop.signal);
    onTestFinished(async () => {
      stop.abort();
      await traffic;
    });
    const { page } = await open(url);
    await delay(95_000);
    // In light colours the first screen, in dark ones the cache below it.
    const folder = new URL('../../../../docs/images/', import.meta.url).pathname;
    for (const look of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: look });
      if (look === 'dark') await page.locator('nav a', { hasText: 'Cache' }).click();
      await delay(1500);
      await page.screenshot({ path: join(folder, `dashboard-${look}.png`) });
    }
    const phone = await open(url, { viewport: { width: 390, height: 844 }, colorScheme: 'light' });
    await live(phone.page);
    await delay(1500);
    await phone.page.screenshot({ path: join(folder, 'dashboard-phone.png') });
  }, 180_000); // prettier-ignore
});

const mail = defineTask({
  name: 'send-mail',
  schema: z.object({}),
  handler: async () => await delay(5),
});

type Application = Awaited<ReturnType<typeof createApp>>;

/** An application with all that the page shows, at a port of its own; `ask` gives the Cache-Status of a URL. */
async function shop(
  options: AppOptions = {},
  port = 0,
  redis?: string,
  declare?: (app: Application) => void,
) {
  const dir = await mkdtemp(join(tmpdir(), 'catz-page-'));
  const app = await createApp({
    env: false,
    mode: 'development',
    server: { forceCloseConnections: true },
    cache: {
      ttl: 60_000,
      cache: {
        memory: { maxBytes: 1 << 23 },
        disk: { dir },
        ...(redis === undefined ? {} : { remote: { url: redis } }),
      },
    },
    tasks: { tasks: [mail] },
    realtime: true,
    monitor: { dashboard: { title: 'Shop', actions: true, showKeys: true } },
    ...options,
  });
  const agent = new Agent({ keepAlive: true });
  let closed = false;
  const close = async () => {
    agent.destroy();
    if (!closed) await app.close();
    closed = true;
    await rm(dir, { recursive: true, force: true });
  };
  app.addHook('onClose', async () => {
    closed = true;
  });
  onTestFinished(close);
  app.realtime.channel('orders', { public: true });
  const slow = (most: number) => delay(Math.random() * most);
  app.get('/products/:id', { config: { cache: { tags: ['products'] } } }, async (request) => {
    await slow(12);
    return { product: request.params };
  });
  app.get('/search', async (request) => {
    await slow(30);
    return { found: request.query };
  });
  app.get('/cart', async (_request, reply) => {
    reply.header('set-cookie', 'cart=1');
    return { items: [] };
  });
  app.get('/api/stock', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
    await slow(4);
    return { stock: 3 };
  });
  app.post('/orders', async (request, reply) => {
    await app.tasks.enqueue(mail, {});
    await app.realtime.publish('orders', { at: request.id });
    return reply.code(202).send();
  });
  declare?.(app);
  const url = (await app.listen({ port, host: '127.0.0.1' })).replace('localhost', '127.0.0.1');
  const ask = (path: string): Promise<string> =>
    new Promise((resolve, reject) => {
      get(`${url}${path}`, { agent }, (reply) => {
        reply.resume();
        reply.on('end', () => resolve(String(reply.headers['cache-status'] ?? '')));
      }).on('error', reject);
    });
  return { app, url, ask };
}

/** Traffic that rises and falls, for the pictures. */
async function visitors(
  app: Application,
  ask: (path: string) => Promise<string>,
  signal: AbortSignal,
): Promise<void> {
  for (let round = 0; !signal.aborted; round += 1) {
    const many = Math.round(8 + 5 * Math.sin(round / 90) + 3 * Math.sin(round / 13));
    const some = Math.random();
    await Promise.all([
      ...Array.from({ length: many }, () =>
        ask(`/products/${Math.floor(400 * Math.random() ** 3)}`),
      ),
      some < 0.5 ? ask(`/search?q=${Math.floor(60 * Math.random() ** 2)}`) : ask('/api/stock'),
      some < 0.2 ? ask('/cart') : undefined,
      some < 0.12 ? app.inject({ method: 'POST', url: '/orders' }) : undefined,
    ]);
    await delay(25);
  }
}

/** The cells of the row of that name, without the name. */
async function rowOf(page: Page, table: string, name: string): Promise<string[]> {
  const row = page.locator(`#table-${table} tbody tr`, { has: page.getByText(name, { exact: true }) }); // prettier-ignore
  const cells = await row.locator('td').allTextContents();
  const shown = cells.map((cell) => cell.replaceAll('\u00a0', ' '));
  return table === 'routes' ? shown.slice(1) : shown;
}

/** Pixels of a chart that are not empty. */
function inkOf(page: Page, chart: string): Promise<number> {
  return page.evaluate<number>(`(() => {
    const canvas = document.querySelector('${chart} canvas');
    if (canvas === null) return 0;
    const wanted = getComputedStyle(document.querySelector('${chart} .swatch')).color.match(/\\d+/g).map(Number);
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    let found = 0;
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] > 200 && wanted.every((part, index) => Math.abs(data[at + index] - part) < 24)) found += 1;
    }
    return found;
  })()`);
}
